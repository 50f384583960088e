"""Saving, loading and exporting fitted estimators."""
