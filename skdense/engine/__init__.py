"""Training: speaks TensorFlow and Keras, takes and returns NumPy arrays, knows no scikit-learn.

Nothing outside this package imports TensorFlow or Keras, and this package is imported only
when something has to be trained or turned into a Keras model.
"""

from skdense.startup import limit_threads, quiet_tensorflow_import

limit_threads()
with quiet_tensorflow_import():
    import keras
    import tensorflow

    # The first compiled call starts XLA, which announces itself; so does its first exponential.
    tensorflow.function(tensorflow.exp, jit_compile=True)(tensorflow.zeros(8))

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"skdense trains on Keras's TensorFlow backend, but Keras was loaded with the "
        f"{keras.backend.backend()!r} backend. Set the environment variable "
        "KERAS_BACKEND=tensorflow before Python starts."
    )
