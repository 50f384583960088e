"""Evaluation: splits, missing values, PCA, and a random forest for comparison."""

import pandas as pd
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    KFold,
    RepeatedKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.course.entries import entry
from benchmarks.course.images import mnist
from benchmarks.course.losses import bike, columns
from benchmarks.course.tables import boston
from skdense import KERAS_DEFAULTS, DenseClassifier, DenseRegressor


@entry(boston)
def boston_hold_out(X, y):
    results = {}
    for seed in range(3):
        X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=seed)
        net = DenseRegressor(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 64), epochs=100, random_state=0
        )
        model = make_pipeline(StandardScaler(), net).fit(X_train, y_train)
        results[f"test R² with split {seed}"] = model.score(X_test, y_test)
    return results


@entry(boston)
def boston_folds(X, y):
    model = make_pipeline(
        StandardScaler(),
        DenseRegressor(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 64), epochs=100, random_state=0
        ),
    )
    ways = {
        "4 folds": KFold(4, shuffle=True, random_state=0),
        "4 folds, 5 times": RepeatedKFold(n_splits=4, n_repeats=5, random_state=0),
    }
    results = {}
    for name, cv in ways.items():
        errors = -cross_val_score(model, X, y, cv=cv, scoring="neg_mean_absolute_error")
        results[name] = {
            "fits": len(errors),
            "mean absolute error in $1,000": errors.mean(),
            "standard deviation of the folds": errors.std(),
        }
    return results


@entry(bike)
def bike_time_order(X, y):
    models = {
        "network": DenseRegressor(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 64), loss="poisson", epochs=15, random_state=0
        ),
        "always the mean": DummyRegressor(),
    }
    results = {}
    for name, model in models.items():
        pipeline = make_pipeline(columns(), model)
        for way, cv in {
            "5 shuffled folds": KFold(5, shuffle=True, random_state=0),
            "5 folds in order of time": TimeSeriesSplit(5),
        }.items():
            errors = -cross_val_score(pipeline, X, y, cv=cv, scoring="neg_mean_absolute_error")
            results.setdefault(name, {})[f"mean absolute error, {way}"] = errors.mean()
    return results


def credit(folder):
    table = pd.read_csv(folder / "credit-scoring.csv.gz")
    return table.drop(columns="target"), table["target"]


@entry(credit)
def credit_missing(X, y):
    net = DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(64, 32), l2=0.01, epochs=15, random_state=0
    )
    indicator = clone(net).set_params(missing="indicator")
    augment = clone(net).set_params(missing="augment")
    imputer, marking = SimpleImputer(), SimpleImputer(add_indicator=True)
    models = {
        "SimpleImputer": make_pipeline(columns(), imputer, net),
        "SimpleImputer, add_indicator=True": make_pipeline(columns(), marking, net),
        'missing="indicator"': make_pipeline(columns(), indicator),
        'missing="augment"': make_pipeline(columns(), augment),
    }
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    results = {}
    for name, model in models.items():
        scores = cross_val_score(model, X, y, cv=cv, scoring="roc_auc")
        results[name] = {"ROC AUC": scores.mean(), "standard deviation": scores.std()}
    return results


@entry(mnist)
def mnist_pca(X_train, X_test, y_train, y_test):
    net = DenseClassifier(**KERAS_DEFAULTS).set_params(
        hidden_layer_sizes=(64, 32), epochs=30, random_state=0
    )
    models = {
        "784 pixels": net,
        "PCA, 50 components": make_pipeline(PCA(50, random_state=0), net),
        "PCA, 50 components, whitened": make_pipeline(PCA(50, whiten=True, random_state=0), net),
    }
    return {
        name: {"test accuracy": model.fit(X_train, y_train).score(X_test, y_test)}
        for name, model in models.items()
    }


def magic(folder):
    table = pd.read_csv(folder / "magic.csv.gz")
    X, y = table.drop(columns="target"), table["target"]
    return train_test_split(X, y, stratify=y, random_state=0)


@entry(magic)
def magic_forest_and_stack(X_train, X_test, y_train, y_test):
    net = make_pipeline(
        StandardScaler(),
        DenseClassifier(**KERAS_DEFAULTS).set_params(
            hidden_layer_sizes=(64, 32), dropout=0.1, epochs=50, random_state=0
        ),
    )
    forest = RandomForestClassifier(200, random_state=0)
    models = {
        "network": net,
        "random forest": forest,
        "both, stacked": StackingClassifier(
            [("network", net), ("forest", forest)], LogisticRegression(), cv=5
        ),
    }
    return {
        name: {"test accuracy": model.fit(X_train, y_train).score(X_test, y_test)}
        for name, model in models.items()
    }
