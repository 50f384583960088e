"""Fitting a model that the user's own function builds: data in, trained model and history out."""

from __future__ import annotations

from copy import deepcopy
from itertools import repeat
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdense.callbacks.progress import Progress
from skdense.engine.custom_model import model as custom_model
from skdense.engine.custom_model.training import Job, train_custom_model
from skdense.estimators.network_data import Data, NetworkData, rows_of
from skdense.estimators.outputs import (
    ClassOutput,
    OutputColumns,
    RegressionOutput,
    TargetOutput,
    in_columns,
    match_outputs,
)
from skdense.preprocessing.class_encoding import ClassEncoding
from skdense.preprocessing.random_split import hold_out
from skdense.preprocessing.weights import (
    balanced_table,
    class_weight_table,
    weight_of_class,
)


class NetworkBase(NetworkData):
    """What the two network estimators share; scikeras's wrapper supplies the building."""

    # Supplied by scikeras's BaseWrapper and by the constructor.
    loss: Any
    random_state: Any
    validation_batch_size: int | None
    _build_keras_model: Any
    _get_compile_kwargs: Any
    _initialize_callbacks: Any
    _check_parameters: Any
    _setting: Any
    get_params: Any

    history_: dict[str, list[float]]
    _outputs: list[TargetOutput]

    # Fitting ------------------------------------------------------------------------------------

    def _fit_network(self, X, y, sample_weight, *, continuing, epochs, classes=None, part=False):
        """Build a model unless training goes on, and train it; all or nothing."""
        before = dict(vars(self))
        try:
            self._check_parameters()
            if not continuing:
                self._forget()
            X, y, weight, parts = self._check_data(X, y, sample_weight, continuing, classes)
            if not continuing:
                self._start(X, y, parts)
            if epochs:
                weight = self._with_class_weight(y, weight, part)
                self._train(X, y, weight, epochs, continuing, watch=not part)
        except BaseException:
            # A failed or interrupted fit leaves what was there before.
            self.__dict__.clear()
            self.__dict__.update(before)
            raise
        return self

    def _forget(self) -> None:
        """Drop what an earlier fit left, which the build function would find in `meta`."""
        for name in list(vars(self)):
            if name.endswith("_") or name in ("_model", "_saved", "_outputs", "_fitted_with"):
                delattr(self, name)

    def _start(self, X: Data, y: np.ndarray, parts: list[OutputColumns]) -> None:
        """Build and compile the model, and bring its outputs and y together."""
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        self._seeds = np.random.SeedSequence(seed)
        first, split = self._draw(2)
        self._split_seed = split
        row = rows_of(X, slice(0, 1))
        self._model, outputs = self._build(row, first)
        self._outputs = match_outputs(parts, outputs, y, self._is_of_classes)
        self._output_names = [output.name for output in outputs]
        if self._is_of_classes:
            self._set_classes([output.classes for output in self._class_outputs()])
        self._example = (
            {k: np.zeros_like(v) for k, v in row.items()}
            if isinstance(row, dict)
            else np.zeros_like(row)
        )
        self._fitted_with = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if not name.startswith("callbacks")
        }

    def _build(self, row: Data, seed: int):
        with custom_model.seeded(seed):
            model = self._build_keras_model()
            custom_model.check_is_model(model)
            if not model.compiled:
                if self.loss is None:
                    raise ValueError(
                        "loss=None, and the function given as model= returned a model that is not "
                        "compiled: pass loss='mse', for example, or compile the model in the "
                        "function."
                    )
                model.compile(**self._get_compile_kwargs())
            if not model.loss:
                raise ValueError(
                    "The model was compiled without a loss: add loss= to model.compile, or leave "
                    "compiling to the estimator and pass loss= there."
                )
            self._check_inputs(model)
            data = self._arranged(model, row)
            custom_model.check_input_shapes(model, data)
            return model, custom_model.outputs_of(model, data)

    def _check_inputs(self, model) -> None:
        names = custom_model.input_names(model)
        if self.inputs is not None and names is not None and set(names) != set(self.inputs):
            raise ValueError(
                f"inputs= names {list(self.inputs)}, but the model's inputs are {names}: name "
                "each of them, as in keras.Input(..., name=...)."
            )

    def _arranged(self, model, X: Data):
        return custom_model.arrange_inputs(model, X) if isinstance(X, dict) else X

    def _with_class_weight(self, y, weight, part_only: bool, train=None) -> np.ndarray:
        """Multiply weights by those of the classes; balanced ones once `train` is known."""
        given = getattr(self, "class_weight", None)
        is_balanced = isinstance(given, str)
        if given is None or (train is not None and not is_balanced):
            return weight
        output = self._class_outputs()[0]
        if len(self._outputs) > 1:
            raise ValueError(
                f"class_weight={given!r} is for one output, but the model has "
                f"{len(self._outputs)}: weigh rows with sample_weight, outputs with loss_weights."
            )
        kind = output.kind if output.kind in ("multilabel", "one-hot") else "binary"
        encoding, numbers = ClassEncoding(kind, output.classes, ""), output.numbers(y)
        numbers = numbers.argmax(axis=1) if kind == "one-hot" else numbers
        table = class_weight_table(given, encoding, part_only)
        if train is not None:
            table = balanced_table(numbers[train], weight[train], encoding)
        return weight * weight_of_class(table, numbers)

    # Training -----------------------------------------------------------------------------------

    def _train(self, X, y, weight, epochs: int, continuing: bool, watch: bool) -> None:
        order, masks = self._draw(2)
        used = np.flatnonzero(weight)  # rows of weight 0 would count in batch normalization
        if not len(used):
            raise ValueError(
                "All rows have a weight of zero, from sample_weight times class_weight: leave "
                "some of them more."
            )
        fraction = self._setting("fit", "validation_split") if watch else 0
        train, held_out = used, None
        if fraction:
            train, held_out = (
                used[part]
                for part in hold_out(
                    len(used), fraction, self._labels(y[used]), self._split_seed, "validation_split"
                )
            )
        weight = self._with_class_weight(y, weight, not watch, train)
        options, extra = self._fit_options(len(train))
        inputs, targets, weights = self._rows_for(X, y, weight, train)
        job = Job(
            self.model_,
            inputs,
            targets,
            weights,
            validation=None if held_out is None else self._rows_for(X, y, weight, held_out),
            epochs=epochs,
            seeds=(order, masks),
            options=options,
            extra=extra,
            callbacks=self._new_callbacks(),
            epoch_callbacks=[Progress(int(options["verbose"]), epochs)]
            if options["verbose"]
            else [],
        )
        history, self.engine_ = train_custom_model(job)
        earlier = self.history_ if continuing and hasattr(self, "history_") else {}
        n_earlier = len(earlier.get("loss", []))
        self.history_ = {
            name: [*earlier.get(name, repeat(np.nan, n_earlier)), *history.get(name, [])]
            for name in {**earlier, **history}
        }
        self.n_iter_ = len(self.history_["loss"])

    def _rows_for(self, X, y, weight, rows):
        """Give the rows as the model takes them, the weights of mean 1."""
        model = self.model_
        targets = [output.targets(y[rows]) for output in self._outputs]
        scaled = (weight[rows] / weight[rows].mean()).astype(np.float32)
        return (
            self._arranged(model, rows_of(X, rows)),
            custom_model.arrange_targets(model, self._output_names, targets),
            custom_model.arrange_targets(model, self._output_names, [scaled] * len(targets)),
        )

    def _labels(self, y: np.ndarray) -> np.ndarray | None:
        """Give the classes to keep in proportion among the rows held out."""
        if not self._is_of_classes or len(self._outputs) > 1:
            return None
        output = self._class_outputs()[0]
        numbers = output.numbers(y)
        if output.kind == "one-hot":
            return numbers.argmax(axis=1)
        return numbers if numbers.ndim == 1 else None

    def _fit_options(self, n_samples: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what `Model.fit` and the compiled epochs both know, and what only Keras does."""
        batch_size = self._setting("fit", "batch_size") or 32
        options = {name: self._setting("fit", name) for name in ("shuffle", "verbose")}
        options["batch_size"] = n_samples if batch_size == -1 else int(batch_size)
        known = {*options, "epochs", "validation_split", "callbacks"}
        extra = {k: v for k, v in self._routed("fit").items() if k not in known}
        if self.validation_batch_size is not None:
            extra["validation_batch_size"] = int(self.validation_batch_size)
        return options, extra

    def _new_callbacks(self) -> list:
        # A callback keeps the model it has watched: each fit gets copies of its own.
        self._initialize_callbacks()
        callbacks = deepcopy(vars(self).pop("_fit_callbacks"))
        del vars(self)["_predict_callbacks"]
        return callbacks

    def _draw(self, n: int) -> list[int]:
        self._seeds = deepcopy(self._seeds)  # spawning changes it, and the fit may yet fail
        return [int(child.generate_state(1)[0] % 2**31) for child in self._seeds.spawn(n)]

    # The fitted model ---------------------------------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        return "_model" in vars(self) or "_saved" in vars(self)

    @property
    def model_(self):
        """The trained Keras model; built anew by the user's function after unpickling."""
        check_is_fitted(self)
        if "_model" not in vars(self):
            twin = object.__new__(type(self))
            vars(twin).update({**vars(self), **self._fitted_with})
            model, _ = twin._build(self._example, 0)
            custom_model.restore_state(model, *self._saved)
            self._model = model
            del self._saved
        return self._model

    def __getstate__(self):
        # Arrays, not a Keras archive: no patched pickling, and a subclassed model needs no
        # registration to come back.
        state = dict(super().__getstate__())  # type: ignore[misc]
        if "_model" in state:
            state["_saved"] = custom_model.state_of(state.pop("_model"))
        return state

    def _raw_outputs(self, X) -> list[np.ndarray]:
        """Compute the model's outputs, one array for each."""
        check_is_fitted(self)
        X, _ = self._read(X, None, reset=False)
        model = self.model_
        data = self._arranged(model, X)
        custom_model.check_input_shapes(model, data)
        return custom_model.model_outputs(model, data, **self._routed("predict"))

    def _routed(self, route: str) -> dict[str, Any]:
        start = f"{route}__"
        params = self.get_params(deep=False).items()
        return {name.removeprefix(start): v for name, v in params if name.startswith(start)}

    def _scored(self, X) -> list[np.ndarray]:
        raw = self._raw_outputs(X)
        return [output.scores(each) for output, each in zip(self._outputs, raw, strict=True)]

    def _predicted(self, X) -> np.ndarray:
        raw = self._raw_outputs(X)
        parts = [output.values(each) for output, each in zip(self._outputs, raw, strict=True)]
        table = in_columns(self._outputs, parts, self.n_outputs_)
        if table.dtype == np.float32:  # scikit-learn wants numbers in float64
            table = table.astype(np.float64)
        return table[:, 0] if self.y_ndim_ == 1 else table

    def _class_outputs(self) -> list[ClassOutput]:
        return [output for output in self._outputs if isinstance(output, ClassOutput)]

    def _number_columns(self) -> list[int] | None:
        """Give the columns of y that hold numbers; None where all of them do."""
        numbers = [output for output in self._outputs if isinstance(output, RegressionOutput)]
        if len(numbers) == len(self._outputs):
            return None
        return [column for output in numbers for column in output.columns]
