"""Private names of TensorFlow and Keras that the package leans on, all in one place."""

from __future__ import annotations


def tensorflow_seed() -> int | None:
    """Give what ``tf.random.set_seed`` was last given."""
    # Not before the package's own import of TensorFlow, which is quiet and sets the threads.
    from tensorflow.python.eager import context

    return context.global_seed()
