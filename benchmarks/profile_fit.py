"""Where the time of a fit goes: the first of its kind, and one of a grid search.

Prints shares of the whole, medians of the rounds, each in a fresh process; and what tracing costs
by the operation of TensorFlow's graph.
"""

import json
import sys
from statistics import median

from _machine import describe
from _networks import skdense_net
from _pairs import in_fresh_process, seconds_of
from cold_fit import BATCH, EPOCHS, LAYERS, data

ROUNDS, WARM_FITS = 5, 20
KINDS = ("the first fit", "a further fit")
PARTS = ("building the network", "tracing", "compiling", "running", "Python around it")


def add_time(owner, name, times):
    """Add the seconds of every call of owner.name to times[name]."""
    method = getattr(owner, name)

    def timed(*arguments, **more):
        result = []
        seconds = seconds_of(lambda: result.append(method(*arguments, **more)))
        times[name] = times.get(name, 0.0) + seconds
        return result[0]

    setattr(owner, name, timed)


def n_operations():
    """Count the operations in the graph of the one program there is, those of its loops, too."""
    from skdense.engine import program_cache

    ((program,),) = program_cache._idle.values()
    graph = program._epochs.graph.as_graph_def()
    return len(graph.node) + sum(len(function.node_def) for function in graph.library.function)


def run():
    X, y = data()
    net = skdense_net(LAYERS, BATCH, EPOCHS)
    from skdense.engine.program import Program
    from skdense.engine.trainable_network import TrainableNetwork

    times = {}
    for owner, name in ((TrainableNetwork, "__init__"), (Program, "_traced"), (Program, "run")):
        add_time(owner, name, times)
    whole = seconds_of(net.fit, X, y)
    cold = dict(times)
    times.clear()
    warm_whole = seconds_of(lambda: [net.fit(X, y) for _ in range(WARM_FITS)]) / WARM_FITS
    warm = times["run"] / WARM_FITS
    building, tracing = cold["__init__"], cold["_traced"]
    compiling = cold["run"] - tracing - warm
    first = [building, tracing, compiling, warm, whole - building - cold["run"]]
    return {
        "the first fit": [part / whole for part in first],
        "a further fit": [0, 0, 0, warm / warm_whole, 1 - warm / warm_whole],
        "first over further": [whole / warm_whole],
        "operations": [n_operations(), 1000 * tracing],
    }


def main():
    rounds = [in_fresh_process("fit") for _ in range(ROUNDS)]
    print("| part | the first fit | a further fit |\n|---|---|---|")
    for place, part in enumerate(PARTS):
        shares = [median(one[kind][place] for one in rounds) for kind in KINDS]
        cells = [f"{share:.0%}" if share else "-" for share in shares]
        print(f"| {part} | {' | '.join(cells)} |")
    ratio = median(one["first over further"][0] for one in rounds)
    print(f"\nThe first fit takes {ratio:.0f} times as long as a further one.")
    count, milliseconds = (median(one["operations"][k] for one in rounds) for k in (0, 1))
    print(f"Tracing {count:.0f} operations takes {milliseconds:.0f} ms.\n\n{describe()}")


if __name__ == "__main__":
    print(json.dumps(run())) if "--case" in sys.argv else main()
