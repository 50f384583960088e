"""Parameters reach what scikeras routes them to."""

import inspect

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdense import NetworkClassifier
from skdense.estimators.parameter_routing import (
    build_arguments,
    compile_arguments,
    make,
    make_callbacks,
    routed,
)
from tests import scikeras_reference as scikeras

META = {"n_features_in_": 4, "n_classes_": 3}


def of_units(units=3):
    pass


def of_meta(meta, units=3):
    pass


def of_compilation(compile_kwargs, *, params):
    pass


def of_anything(**arguments):
    pass


def halved(epoch, rate):
    return rate / 2


MODELS = {
    "units": {"model": of_units, "model__units": 4},
    "units without a route": {"model": of_units, "units": 5},
    "meta": {"model": of_meta, "model__units": 6, "model__units__further": 7},
    "compilation": {"model": of_compilation, "loss": "mse", "metrics": ["mae"]},
    "anything": {"model": of_anything, "model__a": 1, "b": 2, "inputs": {"x": [0]}, "loss": "mse"},
}
SGD, HUBER, ACCURACY = keras.optimizers.SGD, keras.losses.Huber, keras.metrics.BinaryAccuracy
DECAY = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)
COMPILATIONS = {
    "names": {"optimizer": "adam", "loss": "mse", "metrics": ["mae", "accuracy", "AUC"]},
    "one metric": {"metrics": "mae"},
    "metrics by output": {"metrics": {"a": ["mae"], "b": "accuracy"}, "loss": {"a": "mse"}},
    "rate": {"optimizer": "adam", "optimizer__learning_rate": 0.02},
    "class": {"optimizer": SGD, "optimizer__momentum": 0.9, "optimizer__nesterov": True},
    "objects": {"optimizer": SGD(0.5), "loss": HUBER(2.0), "metrics": [ACCURACY(threshold=0.2)]},
    "schedule": {"optimizer": SGD, "optimizer__learning_rate": DECAY},
    "loss": {"loss": HUBER, "loss__delta": 2.0},
    "losses": {"loss": [HUBER, HUBER], "loss__1__delta": 2.0, "loss__name": "h"},
    "losses by output": {"loss": {"a": HUBER, "b": "mse"}, "loss__a__delta": 2.0},
    "metric": {"metrics": [ACCURACY, "mae"], "metrics__0__threshold": 0.1},
    "metric alone": {"metrics": ACCURACY, "metrics__threshold": 0.1},
    "all metrics": {"metrics": [ACCURACY, ACCURACY], "metrics__threshold": 0.1},
    "compile": {"compile__jit_compile": False, "compile__loss": "mae", "loss": "mse"},
    "others": {"loss_weights": [1.0], "run_eagerly": True, "weighted_metrics": ["mae"]},
}
STOPPING, SCHEDULE = keras.callbacks.EarlyStopping, keras.callbacks.LearningRateScheduler
CALLBACKS = {
    "object": {"callbacks": STOPPING(patience=4)},
    "class": {"callbacks": STOPPING, "callbacks__patience": 5},
    "list": {"callbacks": [STOPPING, STOPPING], "callbacks__0__patience": 1},
    "common": {"callbacks": [STOPPING, STOPPING], "callbacks__patience": 2},
    "dict": {"callbacks": {"stop": STOPPING}, "callbacks__stop__patience": 3},
    "lists in a list": {"callbacks": [[STOPPING], STOPPING(patience=6)]},
    "place": {"callbacks": [SCHEDULE], "callbacks__0__0": halved, "callbacks__0__verbose": 1},
    "of fit": {
        "callbacks": STOPPING(),
        "fit__callbacks": [STOPPING],
        "fit__callbacks__patience": 7,
    },
}
METHODS = {
    "fit": {"fit__batch_size": 5, "fit__epochs": 2, "fit__validation_freq": 2},
    "predict": {"predict__batch_size": 64, "predict__verbose": 1, "predict__a__b": 1},
    "neither": {"fitting": 1, "model__fit__x": 2},
}
CASES = {**MODELS, **COMPILATIONS, **CALLBACKS, **METHODS}


def plain(thing):
    """Turn Keras's objects into what can be compared."""
    if isinstance(thing, dict):
        return {key: plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [type(thing), *map(plain, thing)]
    if isinstance(thing, keras.callbacks.Callback):
        return type(thing), vars(thing)
    if hasattr(thing, "get_config") and not inspect.isclass(thing):
        return type(thing), {k: v for k, v in thing.get_config().items() if k != "name"}
    return thing


@pytest.mark.parametrize("name", CASES)
def test_routed_as_scikeras_does(name):
    net = NetworkClassifier(**{"model": of_units, **CASES[name]})
    params = net.get_params()
    ours = {
        "model": build_arguments(net.model, params, net._user_params, META),
        "compile": compile_arguments(params),
        "callbacks": [
            *make_callbacks(params, "callbacks"),
            *make_callbacks(params, "fit__callbacks"),
        ],
        "fit": routed(params, "fit"),
        "predict": routed(params, "predict", nested=False),
    }
    theirs = scikeras.reference(net, META)
    theirs["compile"].setdefault("loss_weights", None)  # a parameter that scikeras does not have
    if "compile_kwargs" in theirs["model"]:
        theirs["model"]["compile_kwargs"].setdefault("loss_weights", None)
    assert plain(ours) == plain(theirs)


@pytest.mark.parametrize(
    "parameters",
    [
        {"optimizer": SGD(0.5), "optimizer__momentum": 0.9},
        {"loss": "mse", "loss__delta": 2.0},
        {"metrics": ["accuracy", ACCURACY], "metrics__threshold": 0.1},
        {"callbacks": "stop"},
        {"callbacks": [3]},
        {"callbacks": STOPPING(), "callbacks__patience": 3},
        {"optimizer": SGD, "optimizer__patience": 3},
    ],
    ids=" ".join,  # not the objects, whose addresses differ between processes
)
def test_refused_as_scikeras_does(parameters):
    net = NetworkClassifier(of_units, **parameters)

    def route():
        compile_arguments(net.get_params())
        make_callbacks(net.get_params(), "callbacks")

    for each in (route, lambda: scikeras.reference(net, META)):
        with pytest.raises((TypeError, ValueError)):
            each()


class Made:
    """Remembers what it was made with."""

    def __init__(self, *places, **names):
        self.made_with = places, names

    def __eq__(self, other):
        return isinstance(other, Made) and self.made_with == other.made_with

    __hash__ = None


NAMES = st.sampled_from(["a", "b", "c"])
LEAVES = st.sampled_from([Made, None, 1, "text"])
THINGS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=5,
)
PATHS = st.lists(st.sampled_from(["a", "b", "0", "1"]), min_size=1, max_size=4).map("__".join)
PARAMS = st.dictionaries(PATHS, LEAVES, max_size=5)


@given(thing=THINGS, params=PARAMS)
def test_things_are_made_as_scikeras_does(thing, params):
    def result(function):
        try:
            return function(thing, params)
        except TypeError:
            return TypeError

    assert result(make) == result(scikeras.unflatten_params)


@given(params=PARAMS, route=NAMES, nested=st.booleans())
def test_names_are_selected_as_scikeras_does(params, route, nested):
    theirs = scikeras.route_params(params, route, pass_filter=set(), strict=not nested)
    assert routed(params, route, nested=nested) == theirs
