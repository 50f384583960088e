"""Errors of networks and other models, all at their defaults, on a suite of public tables."""
