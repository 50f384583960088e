"""The examples of a first course on neural networks, and what writes them into their page."""
