"""Tables of a ledger: mean errors of each model, and ratios to one of them with their interval."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

KEY = ["set", "split", "rows"]
SHIFT = 0.01  # so that sets on which nothing is wrong do not carry the mean


def print_report(
    ledger: Path, base: str, half: str, rows: list[int], models: list[str], markdown: bool
) -> None:
    """Print the mean of each model over the sets that all of them have, classification first.

    Models are those of the ledger, or those named. The error is a shifted geometric mean. The ratio
    to the base is that of shifted errors, mean of the logarithms over splits and sets, with a 90 %
    interval by Student's t over the sets.
    """
    lines = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    runs = pd.DataFrame(lines)
    runs = runs[runs["half"].isin(list(half)) & runs["rows"].isin(rows)]
    if models:
        runs = runs[runs["model"].isin(models)]
    for failed in runs.dropna(subset="failure").itertuples() if "failure" in runs else ():
        print(f"{failed.model} failed on {failed.set}, split {failed.split}: {failed.failure}")
    runs = runs.assign(shifted=np.log(runs["error"] + SHIFT))
    is_regression = runs["task"] == "regression"
    for title, part in (
        ("classification", runs[~is_regression]),
        ("regression", runs[is_regression]),
    ):
        if len(part):
            table = _table(part, base)
            text = _markdown(table) if markdown else table.to_string(float_format="%.4f".__mod__)
            print(f"\n{title}\n\n{text}")


def _markdown(table: pd.DataFrame) -> str:
    digits = {"ratio": "{:.2f}", "seconds": "{:,.0f}", "cpu_seconds": "{:,.0f}"}
    cells = [["model", *table.columns], ["---"] * (len(table.columns) + 1)]
    for model, row in table.iterrows():
        shown = [
            each if isinstance(each, str) else digits.get(name, "{:.4f}").format(each)
            for name, each in row.items()
        ]
        cells.append([str(model), *shown])
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _table(runs: pd.DataFrame, base: str) -> pd.DataFrame:
    shifted = runs.pivot_table(index=KEY, columns="model", values="shifted").dropna()
    rows = {}
    for model in shifted:
        row = {"error": np.exp(shifted[model].mean()) - SHIFT}
        difference = (shifted[model] - shifted[base]).groupby("set").mean()
        half = stats.sem(difference) * stats.t.ppf(0.95, len(difference) - 1)
        low, high = np.exp(difference.mean() - half), np.exp(difference.mean() + half)
        row["ratio"] = np.exp(difference.mean())
        row["90 %"] = f"{low:.3f} to {high:.3f}"
        row["better on"] = f"{(difference < 0).sum()} of {len(difference)}"
        for metric in ("auc", "log_loss", "seconds", "cpu_seconds"):
            if metric in runs and runs[metric].notna().any():
                values = runs.pivot_table(index=KEY, columns="model", values=metric)
                values = values[model].reindex(shifted.index)  # NaN: a class that no row has
                row[metric] = values.sum() if "seconds" in metric else values.mean()
        rows[model] = row
    return pd.DataFrame(rows).T.sort_values("error")
