"""B. The grid search of A with early stopping: a tenth of each fold held out, patience 5.

The programs monitor different metrics on the validation set (scikit-learn the accuracy, the others
the loss) and stop at different epochs: so only the times of one epoch are of the same work.
"""

from _pairs import main
from grid_search import cases

if __name__ == "__main__":
    main(cases(stop=True))
