"""`search_space`: names and ranges that the estimators take, in the form that each search takes."""

import numpy as np
import pytest
from scipy import stats
from sklearn.model_selection import GridSearchCV, ParameterGrid, ParameterSampler
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier, DenseRegressor, cache_info, search_space
from tests.helpers import plain

SIZES = ["small", "large"]


class FakeTrial:
    """Draws what Optuna's trial would be asked for, and checks what it is asked."""

    def __init__(self, seed):
        self.random, self.params = np.random.default_rng(seed), {}

    def suggest_float(self, name, low, high, *, log=False):
        assert low > 0 or not log
        assert low < high
        self.params[name] = float(self.random.uniform(low, high))
        return self.params[name]

    def suggest_categorical(self, name, choices):
        # Optuna warns of other types, for its storage cannot keep them.
        assert all(isinstance(each, str | int | float | bool | None) for each in choices)
        self.params[name] = choices[self.random.integers(len(choices))]
        return self.params[name]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", [DenseClassifier, DenseRegressor])
def test_every_candidate_is_one_that_the_estimator_takes(size, kind):
    space = search_space(size, form="distributions")
    candidates = [
        *ParameterGrid(search_space(size)),
        *ParameterSampler(space, n_iter=50, random_state=0),
        *map(search_space(size, form="suggest"), map(FakeTrial, range(50))),
    ]
    for candidate in candidates:
        kind(**candidate)._validate_params()
    assert len(ParameterGrid(search_space(size))) == {"small": 24, "large": 360}[size]


@pytest.mark.parametrize("size", SIZES)
def test_numbers_of_all_sizes_come_up(size):
    space = search_space(size, form="distributions")
    drawn = list(ParameterSampler(space, n_iter=400, random_state=0))
    for name, where in space.items():
        if not isinstance(where, list):
            low, high = where.support()
            values = [candidate[name] for candidate in drawn]
            assert low <= min(values) < max(values) <= high
            uniform = np.log if where.dist.name == "loguniform" else np.asarray
            share = (uniform(values) - uniform(low)) / (uniform(high) - uniform(low))
            assert stats.kstest(share, "uniform").pvalue > 0.001


def test_the_small_grid_takes_two_programs(iris):
    net = make_pipeline(StandardScaler(), plain(DenseClassifier, 6, epochs=2, random_state=0))
    before = cache_info()
    space = search_space("small", prefix="denseclassifier__")
    search = GridSearchCV(net, space, cv=2, refit=False).fit(*iris)
    assert len(search.cv_results_["params"]) == 24
    after = cache_info()
    assert after.hits - before.hits + after.misses - before.misses == 48
    assert after.misses - before.misses <= 2


def test_each_call_gives_a_dict_of_ones_own():
    search_space()["learning_rate"].append("spoiled")
    assert "spoiled" not in search_space()["learning_rate"]


def test_a_prefix_is_ahead_of_every_name():
    for form in ("grid", "distributions"):
        assert all(name.startswith("net__") for name in search_space(form=form, prefix="net__"))
    trial = FakeTrial(0)
    chosen = search_space("large", form="suggest", prefix="net__")(trial)
    assert set(chosen) == set(trial.params)
    assert all(name.startswith("net__") for name in chosen)


def test_optuna_itself():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    suggest = search_space("large", form="suggest")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: suggest(trial)["learning_rate"], n_trials=20)
    assert set(study.best_params) == set(search_space("large", form="distributions"))
    assert study.best_value < 0.001


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": "huge"}, "size='huge' is unknown: it is one of small, large"),
        ({"form": "list"}, "form='list' is unknown: it is one of grid, distributions, suggest"),
        ({"prefix": "net"}, "prefix='net' would give names such as 'netl2'.* as in 'net__'"),
        ({"prefix": "net_"}, "prefix='net_' .* as in 'net__'"),
    ],
)
def test_errors(arguments, words):
    with pytest.raises(ValueError, match=words):
        search_space(**arguments)
