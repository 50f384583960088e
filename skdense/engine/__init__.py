"""Training: all that speaks TensorFlow and Keras."""
