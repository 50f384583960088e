"""J. Growth: rows from 1,000 to 1,000,000, folds from 2 to 50, candidates from 1 to 100.

Warm: each kind of fit has been run once before. `--picture FILE` draws the curves.
"""

import argparse

from _machine import describe
from _networks import made_data, skdense_net
from _pairs import seconds_of

FEATURES, LAYERS, BATCH, EPOCHS = 20, (64, 32), 32, 10
ROWS = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
FOLDS, CANDIDATES, SEARCHED_ROWS = (2, 5, 10, 20, 50), (1, 3, 10, 30, 100), 1000


def by_rows(n_samples):
    X, y = made_data(n_samples, FEATURES)
    epochs = max(1, min(EPOCHS * 10, 300_000 // n_samples))
    net = skdense_net(LAYERS, BATCH, epochs)
    net.fit(X, y)
    return min(seconds_of(net.fit, X, y) for _ in range(3)) / (n_samples * epochs)


def by_folds(folds):
    from sklearn.model_selection import cross_val_score

    X, y = made_data(SEARCHED_ROWS, FEATURES)
    net = skdense_net(LAYERS, BATCH, 3 * EPOCHS)
    run = lambda: cross_val_score(net, X, y, cv=folds)  # noqa: E731
    run()
    trained = (folds - 1) * SEARCHED_ROWS  # rows in all folds together
    return seconds_of(run) / trained


def by_candidates(candidates):
    import numpy as np
    from sklearn.model_selection import GridSearchCV

    X, y = made_data(SEARCHED_ROWS, FEATURES)
    grid = {"l2": np.geomspace(1e-6, 1e-2, candidates)}
    search = GridSearchCV(skdense_net(LAYERS, BATCH, 3 * EPOCHS), grid, cv=3, refit=False)
    search.fit(X, y)
    return seconds_of(search.fit, X, y) / (3 * candidates)


CURVES = {
    "time of a row and epoch, by rows": (ROWS, by_rows),
    "time of a trained row, by folds": (FOLDS, by_folds),
    "time of a fit, by candidates": (CANDIDATES, by_candidates),
}


def draw(results, path):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(results), figsize=(10, 3), layout="constrained")
    for ax, (name, (places, ratios)) in zip(axes, results.items(), strict=True):
        ax.plot(places, ratios, "o-", color="black")
        what, by = name.split(", by ")
        ax.set(xscale="log", ylim=(0, 1.3), xlabel=by, ylabel=f"{what},\nfirst = 1")
        if max(places) <= 100:
            ax.set_xticks(places, [str(place) for place in places])
            ax.minorticks_off()
    figure.savefig(path, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--picture", help="draw the curves into this file")
    parser.add_argument("--bare", action="store_true", help="do not print versions and machine")
    options = parser.parse_args()
    __import__("skdense.engine._tensorflow")  # quietly, before Keras is imported
    results = {}
    for name, (places, measure) in CURVES.items():
        seconds = [measure(place) for place in places]
        results[name] = (places, [one / seconds[0] for one in seconds])
        print(f"| {name} | " + " | ".join(f"{place:,}" for place in places) + " |")
        print("|" + "---|" * (len(places) + 1))
        print("| first = 1 | " + " | ".join(f"{ratio:.2f}" for ratio in results[name][1]) + " |\n")
    if options.picture:
        draw(results, options.picture)
    if not options.bare:
        print(describe())


if __name__ == "__main__":
    main()
