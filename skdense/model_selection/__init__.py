"""Comparison of models, and search spaces."""
