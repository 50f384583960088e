"""From the user's data to arrays that a network can learn from, and back."""
