"""Comparing models, and the parameters worth searching."""
