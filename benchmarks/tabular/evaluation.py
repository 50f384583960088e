"""One table, one split: fit each model, and write what it came to."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from tabular.models import MODELS, skdense
from tabular.sets import Table, read


def evaluate(
    folder: Path, ledger: Path, entry: dict, split: int, rows: int, names: list[str]
) -> None:
    """Fit models on one split of one table, and add a line to the ledger for each.

    A model that fails has its error in its line.
    """
    table = read(folder, entry, split, rows)
    for name in names:
        line: dict[str, Any] = {"set": entry["name"], "task": entry["task"], "split": split}
        line |= {"half": entry["half"], "rows": rows, "model": name}
        try:
            line |= fit_and_score(_maker(name), table, split)
        except Exception as error:  # the ledger keeps failures, too
            line["failure"] = f"{type(error).__name__}: {error}"[:500]
        with ledger.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(line, flush=True)


def _maker(name: str) -> Callable:
    if name in MODELS:
        return MODELS[name]
    call = ast.parse(f"skdense({name.partition(':')[2]})", mode="eval").body
    options = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    return skdense(scale=False, **options)


def fit_and_score(make: Callable, table: Table, seed: int) -> dict[str, Any]:
    """Fit a model and measure it: share of wrong classes, or RMSE by the target's deviation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start, cpu = perf_counter(), process_time()
        model = make(table, seed).fit(table.X_train, table.y_train)
        # Those of the processors, too: they hardly change with what else the machine does.
        times = {"seconds": perf_counter() - start, "cpu_seconds": process_time() - cpu}
        if table.task == "regression":
            error = np.sqrt(np.mean((model.predict(table.X_test) - table.y_test) ** 2))
            return {"error": float(error / table.y_test.std()), **times}
        probabilities = model.predict_proba(table.X_test)
        n_classes = probabilities.shape[1]
        labels = np.arange(n_classes)
        binary = n_classes == 2
        return {
            "error": float(np.mean(probabilities.argmax(axis=1) != table.y_test)),
            "auc": float(
                roc_auc_score(
                    table.y_test,
                    probabilities[:, 1] if binary else probabilities,
                    multi_class="ovr",
                    labels=None if binary else labels,
                )
            ),
            "log_loss": float(log_loss(table.y_test, probabilities, labels=labels)),
            **times,
        }
