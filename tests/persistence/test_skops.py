"""Whole pipelines through skops, which loads nothing but the types it is told to trust."""

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import skdense
from skdense import DenseClassifier, DenseRegressor
from skdense.schedules import NAMED, ReduceOnPlateau
from tests.helpers import equal_bits, plain

SMALL = {"hidden_layer_sizes": 6, "epochs": 2, "random_state": 0}
NETS = {
    "classifier": plain(DenseClassifier, **SMALL, batch_norm=True, dropout=0.2),
    "regressor": plain(DenseRegressor, **SMALL, early_stopping=True),
    "scaled": plain(DenseClassifier, **SMALL, scale_features="robust", n_bins=3),
    "schedule": plain(
        DenseClassifier, **SMALL, lr_schedule=ReduceOnPlateau(0.3), label_smoothing=0.1
    ),
    "optimizer": plain(DenseClassifier, **SMALL, optimizer=keras.optimizers.SGD(0.1, momentum=0.5)),
    "random state": plain(DenseClassifier, **{**SMALL, "random_state": np.random.RandomState(3)}),
}


@pytest.mark.parametrize("kind", NETS)
def test_pipelines_come_back_and_go_on(iris, tmp_path, kind):
    X, y = iris
    pipeline = make_pipeline(StandardScaler(), NETS[kind]).fit(X, y)
    skops.io.dump(pipeline, tmp_path / "pipeline.skops")
    again = skops.io.load(tmp_path / "pipeline.skops", trusted=skdense.TRUSTED_TYPES)
    assert np.array_equal(again.predict(X), pipeline.predict(X))
    ours, theirs = pipeline[-1], again[-1]
    assert vars(theirs).keys() == vars(ours).keys()
    assert theirs.history_ == ours.history_
    ours.set_params(early_stopping=False).partial_fit(X, y)
    theirs.set_params(early_stopping=False).partial_fit(X, y)
    assert equal_bits(ours, theirs)


def test_searches_come_back(iris, tmp_path):
    X, y = iris
    search = GridSearchCV(plain(DenseClassifier, **SMALL), {"l2": [0.0, 0.1]}, cv=2).fit(X, y)
    data = skops.io.dumps(search)
    others = set(skops.io.get_untrusted_types(data=data)) - set(skdense.TRUSTED_TYPES)
    assert all(name.startswith("sklearn.") for name in others)
    again = skops.io.loads(data, trusted=[*skdense.TRUSTED_TYPES, *others])
    assert again.best_params_ == search.best_params_
    assert np.array_equal(again.predict_proba(X), search.predict_proba(X))


def test_the_list_of_types_is_complete_and_holds_nothing_else(iris):
    found = set()
    schedules = {
        name: plain(DenseClassifier, **SMALL, lr_schedule=kind()) for name, kind in NAMED.items()
    }
    for net in {**NETS, **schedules}.values():
        found |= set(skops.io.get_untrusted_types(data=skops.io.dumps(net.fit(*iris))))
    for include in COLUMNS:
        found |= set(skops.io.get_untrusted_types(data=skops.io.dumps(usual_pipeline(include))))
    trusted = set(skdense.TRUSTED_TYPES)
    if not sklearn.__version__.startswith("1.6."):
        trusted.remove("sklearn.compose._column_transformer._RemainderColsList")  # 1.6's alone
    assert sorted(found) == sorted(trusted)


COLUMNS = ["number", np.number, object, "names"]
TABLE = pd.DataFrame(
    {"rooms": [3, 4, 2, 5] * 10, "area": [70.0, None, 40.5, 120.0] * 10, "town": list("abca") * 10}
)
TABLE["town"] = TABLE["town"].astype(object)


def usual_pipeline(include):
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    others = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    if include == "names":
        columns = ["rooms", "area"], ["town"]
    elif include is object:
        columns = (
            make_column_selector(dtype_exclude=object),
            make_column_selector(dtype_include=object),
        )
    else:
        columns = [make_column_selector(**{f"dtype_{k}": include}) for k in ("include", "exclude")]
    prepare = make_column_transformer((numbers, columns[0]), (others, columns[1]))
    return make_pipeline(prepare, plain(DenseRegressor, **SMALL)).fit(TABLE, TABLE.rooms)


@pytest.mark.parametrize("include", COLUMNS, ids=str)
def test_the_usual_pipeline_needs_no_other_types(include):
    pipeline = usual_pipeline(include)
    again = skops.io.loads(skops.io.dumps(pipeline), trusted=skdense.TRUSTED_TYPES)
    assert np.array_equal(again.predict(TABLE), pipeline.predict(TABLE))


class Slow(keras.optimizers.SGD):
    pass


def test_optimizers_come_back_with_their_settings(iris):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)
    for optimizer in (keras.optimizers.AdamW(schedule, weight_decay=0.1), keras.optimizers.Lion()):
        net = plain(DenseClassifier, **SMALL, optimizer=optimizer).fit(*iris)
        again = skops.io.loads(skops.io.dumps(net), trusted=skdense.TRUSTED_TYPES)
        assert again.optimizer.get_config() == optimizer.get_config()
    data = skops.io.dumps(plain(DenseClassifier, **SMALL, optimizer=Slow(0.1)).fit(*iris))
    with pytest.raises(Exception, match=r"test_skops\.Slow"):
        skops.io.loads(data, trusted=skdense.TRUSTED_TYPES)
    trusted = [*skdense.TRUSTED_TYPES, f"{__name__}.Slow"]
    assert type(skops.io.loads(data, trusted=trusted).optimizer) is Slow


def own(x):
    return x * x


def test_what_is_not_on_the_list_is_refused(iris):
    data = skops.io.dumps(plain(DenseClassifier, **SMALL, activation=own).fit(*iris))
    with pytest.raises(Exception, match=r"test_skops\.own"):
        skops.io.loads(data, trusted=skdense.TRUSTED_TYPES)
