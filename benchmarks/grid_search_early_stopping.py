"""B. The grid search of A with early stopping: a tenth of each fold held out, patience 5.

The programs watch different figures (scikit-learn the accuracy of the held-out rows, the others
their loss) and stop at different epochs: the time of one epoch is the same work, the time of the
search is not.
"""

from _pairs import main
from grid_search import cases

if __name__ == "__main__":
    main(cases(stop=True))
