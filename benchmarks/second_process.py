"""M. The fit of C in the second process, which finds compiled programs on disk.

Nothing else keeps any: the others' second process is like their first.
"""

import cold_fit
from _pairs import Case, main

if __name__ == "__main__":
    cases = {"skdense": cold_fit.skdense, "Keras fit": cold_fit.keras}
    cases["scikit-learn MLPClassifier"] = cold_fit.mlp
    main({name: Case(run, processes=2) for name, run in cases.items()})
