"""K. Resident memory over many fits in one process: 500 over 40 architectures, and other programs.

skdense keeps one program for each architecture. Keras in a loop and scikeras build a network for
every fit; they are run for fewer fits, because each takes a second.
"""

from pathlib import Path

from _networks import keras_model, made_data, scikeras_net, skdense_net
from _pairs import Case, main

PROGRAMS, FITS, FEWER, ROWS, FEATURES, BATCH, EPOCHS = 40, 500, 50, 256, 20, 32, 80
FORGOTTEN = 20
PAGE = 4096


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20


def grow(fit, fits, after):
    """Call fit(number) so many times; say how far memory grew after the first ones."""
    marks = {}
    for number in range(fits):
        fit(number)
        marks[number + 1] = resident()
    growth = marks[fits] - marks[after]
    text = f"{growth:+.0f} MB from fit {after} to fit {fits}"
    return marks, {"notes": f"{text}, {1000 * growth / (fits - after):.0f} kB a fit"}


def skdense():
    from skdense import cache_info, clear_cache

    X, y = made_data(ROWS, FEATURES)
    nets = [skdense_net((16 + n, 8), BATCH, EPOCHS) for n in range(PROGRAMS)]
    marks, result = grow(lambda number: nets[number % PROGRAMS].fit(X, y), FITS, after=50)
    assert cache_info().traces == PROGRAMS
    each = (marks[PROGRAMS] - marks[1]) / (PROGRAMS - 1)
    notes = f"{result['notes']}; {each:.1f} MB for each further program"
    start = resident()
    for net in nets[:FORGOTTEN]:
        clear_cache()
        net.fit(X, y)
    left = (resident() - start) / FORGOTTEN
    return {"notes": f"{notes}; {left:.1f} MB left of each that is forgotten and built again"}


def keras():
    X, y = made_data(ROWS, FEATURES)

    def fit(number):
        model = keras_model(FEATURES, (16 + number % PROGRAMS, 8))
        model.fit(X, y, batch_size=BATCH, epochs=2, verbose=0)

    return grow(fit, FEWER, after=25)[1]


def scikeras():
    X, y = made_data(ROWS, FEATURES)

    def fit(number):
        scikeras_net((16 + number % PROGRAMS, 8), BATCH, 2).fit(X, y)

    return grow(fit, FEWER, after=25)[1]


if __name__ == "__main__":
    cases = {"skdense": skdense, "Keras, a new model for each fit": keras, "scikeras": scikeras}
    main({name: Case(run) for name, run in cases.items()}, runs=1)
