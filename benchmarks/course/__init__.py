"""The examples of the documentation's deep-learning course, and what writes them into its page."""
