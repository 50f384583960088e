"""Save and load: one file of JSON and arrays, with nothing in it that can run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sklearn.utils.validation import check_is_fitted

from skdense.engine.archive import (
    Damaged,
    check_header,
    damage_named,
    from_newer,
    read_file,
    write_file,
)
from skdense.engine.versions import is_newer, own_version, versions
from skdense.estimators.classifier import DenseClassifier
from skdense.estimators.ensemble import networks_of
from skdense.estimators.keras_defaults import KERAS_DEFAULTS
from skdense.estimators.regressor import DenseRegressor
from skdense.networks.architecture import Architecture
from skdense.persistence.deserialization import Reader
from skdense.persistence.fitted_state import (
    SWITCHES,
    read_state,
    read_weights,
    set_requests,
    write_architecture,
    write_requests,
    write_state,
)
from skdense.persistence.members import read_members, write_members
from skdense.persistence.serialization import Writer

# What skops.io.load has to be told to trust: our types, and what a ColumnTransformer of usual
# columns needs beside the types that skops trusts. None of them can run code.
TRUSTED_TYPES = (
    "builtins.object",  # as in make_column_selector(dtype_include=object)
    "numpy.dtype",
    "numpy.number",
    "sklearn.compose._column_transformer._RemainderColsList",  # of scikit-learn 1.6
    "sklearn.compose._column_transformer.make_column_selector",
    "skdense.networks.architecture.Architecture",
    "skdense.estimators.classifier.DenseClassifier",
    "skdense.preprocessing.class_encoding.ClassEncoding",
    "skdense.estimators.regressor.DenseRegressor",
    "skdense.preprocessing.feature_bins.FeatureBins",
    "skdense.preprocessing.feature_scaling.FeatureScaling",
    "skdense.preprocessing.target_scaling.TargetScale",
    "skdense.schedules.CosineDecay",
    "skdense.schedules.ExponentialDecay",
    "skdense.schedules.ReduceOnPlateau",
)
_ESTIMATORS: dict[str, Any] = {"DenseClassifier": DenseClassifier, "DenseRegressor": DenseRegressor}
_ESTIMATOR, _WEIGHTS = "estimator", "weights"
# Of the format; raised when an older skdense could no longer read new files.
_VERSION = 2


def save(estimator: DenseClassifier | DenseRegressor, path: str | os.PathLike) -> None:
    """Write a fitted estimator to one file that cannot run code when it is loaded.

    The file is a zip archive of JSON and NumPy arrays: parameters, weights, history, classes,
    feature names, the state of the optimizer and of the random number generator. After `load`,
    predictions are equal to the last bit, and `partial_fit` and `warm_start` continue in the same
    way.

    Keras's own optimizers, losses and activations are written as name and settings. Of a function
    or an object of your own only the name is written, and `load` needs the object. A
    ``RandomState`` is written with its state: the next fit draws what it would have drawn.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : DenseClassifier or DenseRegressor
        The fitted estimator. For pipelines and searches use ``skops.io.dump``.
    path : str or path-like
        Where to write. An existing file is replaced at the end, once the new one is complete; a
        save that fails or is interrupted leaves it as it was.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is not a DenseClassifier or DenseRegressor, but a subclass or anything else.
    ValueError
        If a parameter, a label or an attribute is something that a file cannot hold.

    See Also
    --------
    load : Read the file.
    save_weights : Write the weights alone.
    export_onnx : Write a file for predictions in other languages.

    Examples
    --------
    >>> import skdense
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = skdense.DenseClassifier(8, epochs=2, random_state=0).fit(X, y)
    >>> skdense.save(net, "iris.skdense")
    >>> again = skdense.load("iris.skdense")
    >>> bool((again.predict_proba(X) == net.predict_proba(X)).all())
    True
    """
    _check_estimator(estimator, "save")
    check_is_fitted(estimator)
    estimator._validate_params()
    writer = Writer()
    write = write_members if hasattr(estimator, "members_") else write_state
    header = {
        **_header(_ESTIMATOR),
        "estimator": type(estimator).__name__,
        "parameters": _written(_parameters_of(estimator), writer),
        "automatic": _written(estimator.params_, writer),
        "requests": write_requests(estimator),
        "fitted": write(estimator, writer),
    }
    write_file(path, header, writer.arrays)


def load(
    path: str | os.PathLike, custom_objects: Mapping[str, Any] | None = None
) -> DenseClassifier | DenseRegressor:
    """Read an estimator that `save` wrote.

    Nothing in the file is run, and nothing is imported by a name in it. Everything is checked
    before the estimator is made. TensorFlow is imported only if Keras objects are among the
    parameters.

    .. versionadded:: 0.1

    Parameters
    ----------
    path : str or path-like
        The file.
    custom_objects : dict, default=None
        Functions and objects of your own by the names they had: ``{"my_activation":
        my_activation}``; for a loss or an optimizer the object, by the name of its class.

    Returns
    -------
    estimator : DenseClassifier or DenseRegressor
        The fitted estimator.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, of another kind or made by a newer version, or names an object
        that is not in `custom_objects`.

    See Also
    --------
    save : Write the file.

    Examples
    --------
    >>> import skdense
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> def squared_relu(x):
    ...     return x * (x + abs(x)) / 2
    >>> net = skdense.DenseRegressor(8, squared_relu, epochs=2, random_state=0).fit(X, y)
    >>> skdense.save(net, "diabetes.skdense")
    >>> again = skdense.load("diabetes.skdense", custom_objects={"squared_relu": squared_relu})
    >>> again.n_iter_
    2
    """
    with open(path, "rb") as file, damage_named(path):
        header, arrays = read_file(file)
        check_header(header, _ESTIMATOR, _VERSION, "skdense.load_weights reads weights")
        return _read_estimator(header, Reader(arrays, custom_objects))


def save_weights(estimator: DenseClassifier | DenseRegressor, path: str | os.PathLike) -> None:
    """Write the weights of a fitted estimator to one file, and nothing else.

    To keep them, or to start training from another network's weights.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : DenseClassifier or DenseRegressor
        The fitted estimator.
    path : str or path-like
        Where to write. An existing file is replaced at the end, as by `save`.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is not a DenseClassifier or DenseRegressor, but a subclass or anything else.

    See Also
    --------
    load_weights : Read the file.
    save : Write the whole estimator.

    Examples
    --------
    >>> import skdense
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = skdense.DenseClassifier(8, epochs=5, random_state=0).fit(X, y)
    >>> skdense.save_weights(net, "iris.weights")
    >>> other = skdense.DenseClassifier(8, epochs=1, random_state=0).fit(X, y)
    >>> bool((skdense.load_weights(other, "iris.weights").predict(X) == net.predict(X)).all())
    True
    """
    _check_estimator(estimator, "save_weights")
    check_is_fitted(estimator)
    writer = Writer()
    networks = [
        {
            "architecture": write_architecture(each.architecture_, writer),
            "weights": [writer.array(array) for array in each.weights_],
        }
        for each in networks_of(estimator)
    ]
    written = {"members": networks} if hasattr(estimator, "members_") else networks[0]
    write_file(path, {**_header(_WEIGHTS), **written}, writer.arrays)


def load_weights(
    estimator: DenseClassifier | DenseRegressor, path: str | os.PathLike
) -> DenseClassifier | DenseRegressor:
    """Put the weights that `save_weights` wrote into a fitted estimator, all of them or none.

    Classes, history, the scale of features and, in a regressor, that of the target are not changed.
    Further training starts with a fresh optimizer state.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : DenseClassifier or DenseRegressor
        A fitted estimator with the same layers.
    path : str or path-like
        The file.

    Returns
    -------
    estimator : DenseClassifier or DenseRegressor
        The same object as `estimator`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is not a DenseClassifier or DenseRegressor, but a subclass or anything else.
    ValueError
        If the file is damaged or of another kind, or has the weights of other layers. The estimator
        is not changed then.

    See Also
    --------
    save_weights : Write the file.

    Examples
    --------
    >>> import skdense
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = skdense.DenseClassifier(8, epochs=2, random_state=0).fit(X, y)
    >>> skdense.save_weights(net, "iris.weights")
    >>> skdense.load_weights(skdense.DenseClassifier(9, epochs=1).fit(X, y), "iris.weights")
    Traceback (most recent call last):
    ...
    ValueError: 'iris.weights' cannot be loaded: it has other weights than the estimator...
    """
    _check_estimator(estimator, "load_weights")
    check_is_fitted(estimator)
    with open(path, "rb") as file, damage_named(path):
        header, arrays = read_file(file)
        check_header(header, _WEIGHTS, _VERSION, "skdense.load reads whole estimators")
        networks, reader = networks_of(estimator), Reader(arrays)
        written = header.get("members", [header])
        if len(written) != len(networks):
            raise Damaged(
                f"has the weights of {len(written)} networks, but the estimator consists of "
                f"{len(networks)}. Fit it with n_members={len(written)}."
            )
        weights = []
        for each, of_network in zip(networks, written, strict=True):
            _check_same_network(each.architecture_, of_network, reader)
            weights.append(read_weights(of_network["weights"], reader, each.architecture_))
    for each, of_network in zip(networks, weights, strict=True):
        each.weights_ = of_network
        each._optimizer_state = ("", [])  # the old one belongs to the old weights
        vars(each).pop("temperature_", None)
    return estimator


def _header(kind: str) -> dict:
    made_with = versions("scikit-learn", "numpy", "keras")
    return {"kind": kind, "version": _VERSION, "made_with": made_with}


def _parameters_of(estimator: Any) -> dict[str, Any]:
    """Give the parameters but for `checkpoint`, a folder of this machine."""
    parameters: dict[str, Any] = estimator.get_params(deep=False)
    return {name: value for name, value in parameters.items() if name != "checkpoint"}


def _written(parameters: dict[str, Any], writer: Writer) -> dict[str, Any]:
    return {name: writer.parameter(name, value) for name, value in parameters.items()}


def _read_estimator(header: dict, reader: Reader) -> DenseClassifier | DenseRegressor:
    name = header["estimator"]
    if name not in _ESTIMATORS:
        raise Damaged(f"holds an estimator that is not ours, {name!r}.")
    written, automatic = header["parameters"], header.get("automatic", {})
    unknown = (written.keys() | automatic.keys()) - _ESTIMATORS[name]().get_params().keys()
    if unknown and is_newer(str(header["made_with"]["skdense"])):
        words = f"has the parameter {min(unknown)!r}, which skdense {own_version()} does not know"
        raise from_newer(header, words)
    # What a file does not know is off, whatever the default is.
    known = {key: reader.parameter(key, value) for key, value in written.items()}
    parameters = KERAS_DEFAULTS | known
    values = {key: reader.parameter(key, value) for key, value in automatic.items()}

    def make(own: dict[str, Any]) -> Any:
        estimator = _ESTIMATORS[name](**{**parameters, **own})
        estimator._validate_params()
        return estimator

    def make_member(own: dict[str, Any]) -> Any:
        return make({**values, **own})

    fitted, for_classes = header["fitted"], name == "DenseClassifier"
    if "members" in fitted:
        attributes = read_members(fitted, reader, for_classes, make_member)
    else:
        attributes = read_state(fitted, reader, for_classes)
    make(values)  # refuses what no parameter may be
    estimator = make({})
    set_requests(estimator, header["requests"])
    estimator.__dict__.update(attributes, params_=values)
    return estimator


def _check_estimator(estimator: Any, function: str) -> None:
    # A subclass may hold what we know nothing of.
    if type(estimator) not in _ESTIMATORS.values():
        if hasattr(type(estimator), "predict_outputs"):  # whose import takes TensorFlow
            raise TypeError(
                f"skdense.{function} takes a DenseClassifier or a DenseRegressor, not "
                f"{type(estimator).__name__}, whose model a function builds: pickle the estimator "
                "where that function can be imported, or save the Keras model alone with "
                "estimator.model_.save('net.keras')."
            )
        raise TypeError(
            f"skdense.{function} takes a DenseClassifier or a DenseRegressor, not "
            f"{type(estimator).__name__}. Pipelines and searches are saved by skops: "
            "skops.io.dump(pipeline, path), and skops.io.load(path, trusted=skdense.TRUSTED_TYPES)."
        )


def _check_same_network(ours: Architecture, written: dict, reader: Reader) -> None:
    theirs = [reader.array(reference).shape for reference in written["weights"]]
    shapes = [spec.shape for spec in ours.weights()]
    if theirs != shapes:
        raise Damaged(
            f"has other weights than the estimator: their shapes are {_listed(theirs)}, those of "
            f"the estimator's {_listed(shapes)}. Fit it with the same layers."
        )
    for name, expected in write_architecture(ours, Writer()).items():
        found = written["architecture"].get(name, False if name in SWITCHES else None)
        leaves_no_weights = name in ("dropout", "input_dropout", "input_noise")
        if found != expected and not leaves_no_weights:
            raise Damaged(
                f"is of another network than the estimator: its {name} is {found!r}, the "
                f"estimator's {expected!r}. Fit it with the same."
            )


def _listed(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes))
