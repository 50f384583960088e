"""A custom model with what belongs to it: how it was built, and what its outputs are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdense.engine.custom_model import model as custom_model
from skdense.engine.custom_model.output import Output
from skdense.engine.keras_pickling import pack, unpack
from skdense.estimators.network_data import Inputs, NetworkData, select_rows
from skdense.estimators.outputs import ClassOutput, TargetOutput
from skdense.estimators.parameter_routing import (
    build_arguments,
    check_compilation,
    compile_arguments,
    routed,
)


@dataclass(frozen=True)
class FittedModel:
    """A custom model that is built, and how the data go into it and come out."""

    model: Any  # keras.Model; None after unpickling: then `state` is to go into a model built anew
    outputs: list[TargetOutput]  # in the model's order
    output_names: list[str]
    params: dict[str, Any]  # those that it was built with
    example: Inputs  # zeros of the shape of one sample, to build it again
    seed: int  # what all that is drawn for it comes from
    n_trainings: int = 0  # how often it was trained
    state: Any = None  # weights and the optimizer's variables, lists of arrays, without a model

    def __getstate__(self) -> dict[str, Any]:
        # Arrays, not a Keras archive: a subclassed model needs no registration to come back.
        found = {**vars(self), "params": pack(self.params)}
        if self.model is None:
            return found
        return {**found, "model": None, "state": custom_model.state_of(self.model)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({**state, "params": unpack(state["params"])})

    @property
    def class_outputs(self) -> list[ClassOutput]:
        """The outputs that predict classes."""
        return [output for output in self.outputs if isinstance(output, ClassOutput)]

    @property
    def split_seed(self) -> int:
        """Seed of the validation split: every training holds out the same samples."""
        return draw_seed(self.seed, 1)

    @property
    def training_seeds(self) -> tuple[int, int]:
        """Seeds of the next training: of the order of the samples, and of dropout masks."""
        first = 2 + 2 * self.n_trainings
        return draw_seed(self.seed, first), draw_seed(self.seed, first + 1)

    def arrange(self, data: NetworkData, weight: np.ndarray, rows: np.ndarray) -> tuple:
        """Give inputs, targets and weights, of mean 1, of some samples as the model takes them."""
        y = data.table[rows]
        targets = [output.targets(y) for output in self.outputs]
        scaled = [(weight[rows] / weight[rows].mean()).astype(np.float32)] * len(targets)
        return (
            custom_model.arrange_inputs(self.model, select_rows(data.X, rows)),
            custom_model.arrange_targets(self.model, self.output_names, targets),
            custom_model.arrange_targets(self.model, self.output_names, scaled),
        )


def draw_seed(seed: int, place: int) -> int:
    """Draw a seed from another: place 0 is initial weights, 1 the split, then two a training."""
    child = np.random.SeedSequence(seed, spawn_key=(place,))
    return int(child.generate_state(1)[0] % 2**31)


def build_model(
    build: Callable,
    params: dict[str, Any],
    user_params: Collection[str],
    meta: dict[str, Any],
    row: Inputs,
    seed: int,
) -> tuple[Any, list[Output]]:
    """Build a model by the user's function, compile it, and see what it takes and gives.

    Arguments are those of `build_arguments`, one sample (`row`), and the seed of the initial
    weights. Raises ValueError if it is no model, has no loss, or its inputs do not fit the data.
    """
    with custom_model.seeded(seed):
        arguments = build_arguments(build, params, user_params, meta)
        # A layer among the parameters becomes part of the model: of a copy, as for optimizers.
        for name in arguments.keys() & routed(params, "model"):
            arguments[name] = unpack(pack(arguments[name]))
        model = build(**arguments)
        custom_model.check_is_model(model)
        if model.compiled:
            check_compilation(model, params)
        else:
            if params["loss"] is None and params.get("compile__loss") is None:
                raise ValueError(
                    "loss=None, and the function given as model= returned a model that is not "
                    "compiled: pass loss='mse', for example, or compile the model in the "
                    "function."
                )
            model.compile(**compile_arguments(params))
        if not model.loss:
            raise ValueError(
                "The model was compiled without a loss: add loss= to model.compile, or leave "
                "compiling to the estimator and pass loss= there."
            )
        _check_input_names(model, params["inputs"])
        data = custom_model.arrange_inputs(model, row)
        custom_model.check_input_shapes(model, data)
        return model, custom_model.outputs_of(model, data)


def _check_input_names(model: Any, inputs: dict | None) -> None:
    """Compare the names of `inputs` with those of the model."""
    names = custom_model.input_names(model)
    if inputs is not None and names is not None and set(names) != set(inputs):
        raise ValueError(
            f"inputs= names {list(inputs)}, but the model's inputs are {names}: name "
            "each of them, as in keras.Input(..., name=...)."
        )
