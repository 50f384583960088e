"""Parameters that go where their names say, such as ``model__units``: by scikeras's rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from skdense.engine.custom_model import compilation, keras_objects
from skdense.estimators.scikeras_names import ROUTES

_FROM_FIT = {"meta", "params", "compile_kwargs"}  # arguments that are no parameters
_OF_COMPILE = {"optimizer", "loss", "metrics", "loss_weights", "weighted_metrics", "run_eagerly"}


def routed(params: Mapping[str, Any], route: str, *, nested: bool = True) -> dict[str, Any]:
    """Select the parameters of one route, without its name in front.

    With `nested` also those that go further, such as ``optimizer__learning_rate__decay_rate``.
    """
    start = f"{route}__"
    found = {name.removeprefix(start): v for name, v in params.items() if name.startswith(start)}
    return {name: v for name, v in found.items() if nested or "__" not in name}


def build_arguments(
    build: Callable, params: dict[str, Any], user_params: Collection[str], meta: dict[str, Any]
) -> dict[str, Any]:
    """Give the arguments of the user's function that builds the model.

    `params` are all the estimator's parameters, `user_params` names those that its signature does
    not list, and `meta` is what `fit` has found out.
    """
    arguments = {name: v for name, v in params.items() if name in user_params and "__" not in name}
    arguments |= routed(params, "model", nested=False)
    taken = inspect.signature(build).parameters.values()
    by_name = {p.name for p in taken if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    if any(p.kind is p.VAR_KEYWORD for p in taken):
        by_name |= _FROM_FIT
    if "meta" in by_name:
        arguments["meta"] = meta
    if "compile_kwargs" in by_name:
        arguments["compile_kwargs"] = compile_arguments(params)
    if "params" in by_name:
        arguments["params"] = params
    return arguments


def compile_arguments(params: dict[str, Any]) -> dict[str, Any]:
    """Give the arguments of ``Model.compile``, with optimizer, loss and metrics made.

    They are of this model alone: optimizers and metrics are copies.
    """
    arguments = {name: v for name, v in params.items() if name in _OF_COMPILE}
    arguments |= routed(params, "compile")
    if arguments["optimizer"] is None:
        raise ValueError(
            "optimizer=None: pass the name of one of Keras's optimizers, such as 'adam', an "
            "object, or a class."
        )
    for name, find, nested in (
        ("optimizer", keras_objects.optimizer_of_name, False),
        ("loss", keras_objects.loss_of_name, True),
        ("metrics", keras_objects.metric_of_name, True),
    ):
        things = _find_names(arguments[name], find)
        arguments[name] = make(things, routed(params, name, nested=nested))
    if not any(key.startswith("metrics__") and key.endswith("name") for key in params):
        keras_objects.number_metrics(params.get("metrics"), arguments["metrics"])
    if arguments["metrics"] is not None and not isinstance(arguments["metrics"], dict | list):
        arguments["metrics"] = [arguments["metrics"]]
    return keras_objects.copy_keras_objects(arguments)


def check_compilation(model: Any, params: dict[str, Any]) -> None:
    """Check that a model which the user's function compiled is compiled as the parameters say.

    Of the defaults, nothing is expected. Raises ValueError if it is compiled with something else: a
    search over it would compare nothing.
    """
    arguments: dict[str, Any] = {}
    for name in sorted(_OF_COMPILE | routed(params, "compile", nested=False).keys()):
        said = _said_of(params, name)
        if not said:
            continue
        arguments = arguments or compile_arguments({"optimizer": "rmsprop", **_given(params)})
        asked, found = arguments.get(name), compilation.compiled_with(model, name)
        original = params.get(f"compile__{name}", params.get(name))
        # All the settings of an object; of a name or class, those that are routed.
        settings: set[str] | None = {part for key in said for part in key.split("__")[1:]}
        if compilation.holds_objects(original):
            settings = None
        if not compilation.agrees(name, asked, found, settings):
            shown = ", ".join(f"{key}={value!r}" for key, value in said.items())
            raise ValueError(
                f"{shown}, but the model that model= gives is compiled with {name}={found!r}, "
                "which would train it. Leave one of them out, or let the function take "
                "compile_kwargs and call model.compile(**compile_kwargs)."
            )


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if (name, value) != ("optimizer", None)}


def _said_of(params: dict[str, Any], name: str) -> dict[str, Any]:
    """Select the parameters that say something of one argument of `Model.compile`."""
    said = {f"compile__{name}": params[f"compile__{name}"]} if f"compile__{name}" in params else {}
    if name in ("optimizer", "loss", "metrics"):
        said |= {key: value for key, value in params.items() if key.startswith(f"{name}__")}
    value = params.get(name)
    is_default = value is None or value is False or (isinstance(value, str) and value == "rmsprop")
    return said if is_default and not said else {name: value, **said}


def make_callbacks(params: dict[str, Any], parameter: str) -> list:
    """Make the callbacks of a parameter; raise TypeError if one is no callback of Keras's."""
    given = params.get(parameter)
    if given is None:
        return []
    made = make(given, routed(params, parameter))
    if isinstance(made, Mapping):
        made = list(made.values())
    elif keras_objects.is_callback(made):
        made = [made]
    if not isinstance(made, list) or not all(
        keras_objects.is_callback(each)
        for item in made
        for each in (item if isinstance(item, list) else [item])
    ):
        raise TypeError(
            f"{parameter}={given!r} has to be a keras.callbacks.Callback, or a list or dict of "
            "such objects, of their classes, or of lists of them."
        )
    return made


def make(thing: Any, params: dict[str, Any], common: Mapping[str, Any] | None = None) -> Any:
    """Make objects of classes, also inside lists, tuples and dicts; leave all else.

    `params` are arguments of a class; ``0__patience`` is that of the first of a list,
    ``loss__delta`` that of a dict's entry, ``schedule__decay_rate`` that of a class given as an
    argument. A number alone is the place of an argument. `common` are arguments for all the classes
    of the list or dict that `thing` is in. Raises TypeError if there are arguments for something
    that is no class.
    """
    own = {name: value for name, value in params.items() if "__" not in name}
    if isinstance(thing, list | tuple):
        return type(thing)(
            make(item, routed(params, str(place)), own) for place, item in enumerate(thing)
        )
    if isinstance(thing, dict):
        return {key: make(item, routed(params, str(key)), own) for key, item in thing.items()}
    arguments = {**(common or {}), **own}
    if inspect.isclass(thing):
        arguments = {name: make(v, routed(params, name)) for name, v in arguments.items()}
        places = sorted((name for name in arguments if name[0].isdigit()), key=int)
        return thing(*[arguments.pop(place) for place in places], **arguments)
    if arguments:
        raise TypeError(
            f"{thing!r} takes no parameters, but was given {arguments}: pass a class, whose "
            "parameters these are, or set them in the object."
        )
    return thing


def _find_names(things: Any, find: Callable[[str], Any]) -> Any:
    """Replace names, also inside lists, tuples and dicts, by what is found under them."""
    if isinstance(things, str):
        return find(things)
    if isinstance(things, list | tuple):
        return type(things)(_find_names(thing, find) for thing in things)
    if isinstance(things, Mapping):
        return {key: _find_names(thing, find) for key, thing in things.items()}
    return things


def check_routed(
    params: dict[str, Any], user_params: Collection[str], build: Callable, estimator: str
) -> None:
    """Check that the user's function takes what is routed to it; raise TypeError if it does not."""
    taken = inspect.signature(build).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()):
        return
    for name in user_params:
        route, is_routed, rest = name.partition("__")
        if is_routed and route in ROUTES and (route != "model" or "__" in rest):
            continue
        argument = rest if is_routed and route == "model" else name
        if argument not in taken:
            known = [each for each in taken if each not in _FROM_FIT]
            raise TypeError(
                f"{name}={params[name]!r} is an unexpected parameter: {estimator} has none of that "
                f"name, and the function given as model= takes {known}."
            )
