"""The four estimators, and what they share."""
