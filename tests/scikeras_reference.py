"""scikeras as an oracle: what it routes where."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager

import keras

CLASSES = (keras.Model, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer)
METHODS = ("__reduce__", "__deepcopy__")


@contextmanager
def unpatched() -> Iterator[None]:
    """Leave pickling and copying of Keras's classes alone, which scikeras changes when imported."""
    before = [(cls, method, vars(cls).get(method)) for cls in CLASSES for method in METHODS]
    yield
    for cls, method, own in before:
        if own is not None:
            setattr(cls, method, own)
        elif method in vars(cls):
            delattr(cls, method)


with unpatched():
    from scikeras._utils import route_params, unflatten_params
    from scikeras.utils import metric_name
    from scikeras.wrappers import BaseWrapper

__all__ = ["metric_name", "reference", "route_params", "unflatten_params"]


def reference(net, meta):
    """Give what scikeras routes where, for the parameters of an estimator of ours.

    Parameters
    ----------
    net : NetworkClassifier or NetworkRegressor
    meta : dict
        What a fit has found out.

    Returns
    -------
    dict
    """
    wrapper = BaseWrapper(**net.get_params())
    vars(wrapper).update(meta)
    wrapper._random_state = None
    # Else all that it does not know itself would be for the function.
    wrapper._user_params = set(net._user_params)
    wrapper._initialize_callbacks()
    given = {}

    def record(**arguments):
        given.update(arguments)

    record.__signature__ = inspect.signature(net.model)
    wrapper.model = record
    wrapper._build_keras_model()
    if "params" in given:
        given["params"] = {**given["params"], "model": net.model}
        del given["params"]["build_fn"]
    params = wrapper.get_params()
    return {
        "model": given,
        "compile": wrapper._get_compile_kwargs(),
        "callbacks": wrapper._fit_callbacks,
        "fit": route_params(params, "fit", pass_filter=set()),
        "predict": route_params(params, "predict", pass_filter=set(), strict=True),
    }
