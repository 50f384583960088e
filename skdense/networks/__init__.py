"""What a network is, without TensorFlow: its architecture, initial weights and forward pass."""
