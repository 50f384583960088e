"""Preprocessing: from X and y to the arrays of a training, and back."""
