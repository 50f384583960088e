"""Training a Keras model that the user built."""
