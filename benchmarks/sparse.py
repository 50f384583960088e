"""L. Sparse: 25,000 x 10,000 with 130 words a row, 16-16 units, batches of 512, 5 epochs, warm.

Generated like a collection of reviews, with words by Zipf's law. The other columns of the table: X
of 10,000 x 2,000 of which a part is not zero. "On dense rows" is the same X after `toarray()`.
"""

import numpy as np
from _networks import mlp_net, skdense_net
from _pairs import Case, main, seconds_of
from scipy import sparse as scipy_sparse

ROWS, WORDS, EACH, LAYERS, BATCH, EPOCHS = 25_000, 10_000, 130, (16, 16), 512, 5
SHARES = (0.02, 0.05, 0.2)


def reviews():
    random = np.random.default_rng(0)
    often = 1 / np.arange(1, WORDS + 1)
    words = random.choice(WORDS, size=(ROWS, EACH), p=often / often.sum())
    X = scipy_sparse.csr_matrix(
        (np.ones(words.size, np.float32), (np.repeat(np.arange(ROWS), EACH), words.ravel())),
        shape=(ROWS, WORDS),
    )
    X.data[:] = 1.0
    return X, labels(X, random)


def filled(share):
    X = scipy_sparse.random(10_000, 2_000, share, format="csr", random_state=0, dtype=np.float32)
    return X, labels(X, np.random.default_rng(0))


def labels(X, random):
    signal = X @ random.normal(size=X.shape[1])
    return (signal > np.median(signal)).astype(int)


def peak():
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux


def measured(make_net, arrange=lambda X: X):
    """Time the second fit on each matrix, the reviews first: their peak memory is noted."""
    make_net()
    before, notes, times = peak(), "", {}
    X, y = reviews()
    for name, data in {"reviews": (X, y), **{f"{s:.0%} filled": s for s in SHARES}}.items():
        X, y = data if isinstance(data, tuple) else filled(data)
        X = arrange(X)
        net = make_net()
        net.fit(X, y)
        times[name] = seconds_of(net.fit, X, y)
        notes = notes or f"peak with the reviews: import + {peak() - before:.0f} MB"
    return {**times, "notes": notes}


def skdense(arrange=lambda X: X):
    __import__("skdense.engine._tensorflow")
    return measured(lambda: skdense_net(LAYERS, BATCH, EPOCHS), arrange)


def skdense_on_dense_rows():
    return skdense(lambda X: X.toarray())


def mlp():
    return measured(lambda: mlp_net(LAYERS, BATCH, EPOCHS))


if __name__ == "__main__":
    cases = {
        "skdense": Case(skdense),
        "scikit-learn MLPClassifier": Case(mlp),
        "skdense on dense rows": Case(skdense_on_dense_rows, most_runs=2),
    }
    main(cases, runs=3)
