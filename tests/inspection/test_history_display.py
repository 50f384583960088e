import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdense import DenseClassifier, HistoryDisplay, NetworkClassifier
from tests.helpers import plain

OVERFITTED = {"loss": [0.9, 0.5, 0.4, 0.3, 0.2, 0.15], "val_loss": [0.8, 0.6, 0.7, 0.8, 0.9, 1.0]}
HEALTHY = {"loss": [0.9, 0.6, 0.5], "val_loss": [0.9, 0.7, 0.6]}


@pytest.fixture(scope="module")
def net(iris):
    return plain(DenseClassifier, 4, epochs=4, validation_fraction=0.3, random_state=0).fit(*iris)


def new_axes(n=1):
    axes = Figure().subplots(1, n, squeeze=False)[0]
    return axes[0] if n == 1 else list(axes)


def texts(ax):
    return {text.get_text() for text in ax.texts}


def drawn(ax, label):
    return [line.get_ydata().tolist() for line in ax.lines if line.get_label() == label]


def test_both_losses_the_best_epoch_and_the_region_of_overfitting():
    ax = new_axes()
    display = HistoryDisplay(histories={"net": [OVERFITTED]})
    assert display.best_epochs_ == display.overfitting_epochs_ == {"net": [2]}
    assert display.plot(ax) is display
    assert (display.ax_, display.figure_) == (ax, ax.figure)
    assert drawn(ax, "training set") == [OVERFITTED["loss"]]
    assert drawn(ax, "validation set") == [OVERFITTED["val_loss"]]
    assert drawn(ax, "best epoch") == [[0.6]]
    assert texts(ax) == {"training set", "validation set", "best epoch: 2", "over-fitting"}
    (region,) = ax.patches
    epochs = ax.transData.inverted().transform(region.get_verts())[:, 0]
    assert (epochs.min(), epochs.max()) == pytest.approx((2, 6))


def test_healthy_fit_has_no_shaded_region():
    ax = new_axes()
    display = HistoryDisplay(histories={"net": [HEALTHY]}).plot(ax)
    assert display.overfitting_epochs_ == {"net": [None]}
    assert not ax.patches
    assert "best epoch: 3" in texts(ax)


def test_curves_differ_in_grey_too():
    ax = new_axes()
    HistoryDisplay(histories={"net": [HEALTHY]}).plot(ax)
    assert [line.get_linestyle() for line in ax.lines[:2]] == ["-", "--"]


def test_without_held_out_rows_one_curve():
    ax = new_axes()
    HistoryDisplay(histories={"net": [{"loss": [0.9, 0.5]}]}).plot(ax)
    assert len(ax.lines) == 1
    assert ax.lines[0].get_xdata().tolist() == [1, 2]
    assert texts(ax) == {"training set"}


@pytest.mark.parametrize(
    ("losses", "scale"),
    [
        ([0.9, 0.01], "log"),
        ([0.9, 0.5], "linear"),
        ([0.9, -5.0], "linear"),
        ([0.9, np.inf], "linear"),
    ],
)
def test_losses_of_several_magnitudes_have_a_log_scale(losses, scale):
    ax = new_axes()
    HistoryDisplay(histories={"net": [{"loss": losses}]}).plot(ax)
    assert ax.get_yscale() == scale
    assert ("log scale" in ax.get_ylabel()) == (scale == "log")


def test_folds_are_thin_curves_and_their_band_ends_with_the_shortest():
    ax = new_axes()
    longer = {"loss": [0.8, 0.5, 0.4, 0.4], "val_loss": [0.9, 0.8, 0.7, 0.95]}
    display = HistoryDisplay(histories={"net": [HEALTHY, longer]}).plot(ax)
    (mean,) = drawn(ax, "validation set")
    expected = np.array([HEALTHY["val_loss"], longer["val_loss"][:3]])
    np.testing.assert_allclose(mean, expected.mean(axis=0))
    band = ax.collections[1].get_paths()[0].vertices
    assert band[:, 0].max() == 3
    assert band[:, 1].max() == pytest.approx(
        (expected.mean(axis=0) + expected.std(axis=0, ddof=1)).max()
    )
    assert longer["val_loss"] in [line.get_ydata().tolist() for line in ax.lines]
    thick = next(line for line in ax.lines if line.get_label() == "validation set")
    (rest,) = (
        line
        for line in ax.lines
        if line.get_xdata().tolist() == [3, 4]
        and line != thick
        and line.get_color() == thick.get_color()
    )
    assert rest.get_ydata().tolist() == pytest.approx([expected.mean(axis=0)[-1], 0.95])
    assert rest.get_linewidth() < thick.get_linewidth()
    (label,) = (text for text in ax.texts if text.get_text() == "validation set")
    assert label.xy[1] == 0.95
    assert display.best_epochs_ == {"net": [3, 3]}
    assert ax.get_title(loc="left") == "net, 2 fits"


def test_network_pipeline_and_search_give_the_same_curve(net, iris):
    pipe = make_pipeline(StandardScaler(), plain(DenseClassifier, 4, epochs=4, random_state=0)).fit(
        *iris
    )
    search = GridSearchCV(net, {"epochs": [3]}, cv=2).fit(*iris)
    for estimator, network in ((net, net), (pipe, pipe[-1]), (search, search.best_estimator_)):
        display = HistoryDisplay.from_estimator(estimator, ax=new_axes())
        assert display.histories == {"DenseClassifier": [network.history_]}


@pytest.mark.parametrize("options", [{"monitor": "accuracy"}, {"min_delta": 0.5}], ids=str)
def test_of_an_estimator_its_own_best_epoch_is_marked(iris, options):
    """The one with the best monitor, which need not have the lowest validation loss."""
    options |= {"epochs": 20, "early_stopping": True, "patience": 3, "random_state": 0}
    nets = [plain(DenseClassifier, 4, validation_fraction=part, **options) for part in (0.2, 0.3)]
    best = [net.fit(*iris).best_epoch_ for net in nets]
    assert best != [int(np.argmin(net.history_["val_loss"])) + 1 for net in nets]
    ax = new_axes()
    assert HistoryDisplay.from_estimator(nets[0], ax=ax).best_epochs_["DenseClassifier"] == best[:1]
    assert drawn(ax, "best epoch") == [[nets[0].history_["val_loss"][best[0] - 1]]]
    display = HistoryDisplay.from_cv(nets, ax=new_axes())
    assert display.best_epochs_ == {"DenseClassifier": best}


def test_the_mean_goes_on_with_the_folds_that_are_left():
    ax = new_axes()
    falling, diverged = [0.9, 0.5, 0.4, 0.3], [0.8, np.inf]
    HistoryDisplay(histories={"net": [{"loss": falling}, {"loss": diverged}]}).plot(ax)
    means = [line.get_ydata().tolist() for line in ax.lines[-2:]]
    assert means == [pytest.approx([0.85, 0.5]), pytest.approx([0.5, 0.4, 0.3])]


def test_the_score_that_was_monitored_has_a_panel_of_its_own(iris):
    options = {"monitor": "accuracy", "epochs": 12, "early_stopping": True, "lr_schedule": "cosine"}
    nets = [plain(DenseClassifier, 4, **options, random_state=seed).fit(*iris) for seed in (0, 1)]
    display = HistoryDisplay.from_estimator(nets, ax=new_axes(2))
    for net, ax, panel in zip(nets, display.axes_, display.monitor_axes_, strict=True):
        scores = net.history_["val_accuracy"]
        assert drawn(panel, "accuracy") == [scores]
        (mark,) = (line for line in panel.lines if line.get_marker() == "o")
        assert mark.get_xydata().tolist() == [[net.best_epoch_, max(scores)]]
        assert panel.get_window_extent().y0 > ax.get_window_extent().y1
    rates = [panel.get_window_extent().y0 for panel in display.rate_axes_]
    assert rates[0] > display.monitor_axes_[0].get_window_extent().y1
    folds = HistoryDisplay.from_cv(nets, ax=new_axes())
    assert drawn(folds.monitor_axes_[0], "accuracy") == [n.history_["val_accuracy"] for n in nets]
    unmonitored = plain(DenseClassifier, 4, epochs=2, validation_fraction=0.2, metrics=["accuracy"])
    assert HistoryDisplay.from_estimator(unmonitored.fit(*iris), ax=new_axes()).monitor_axes_ == [
        None
    ]


def test_two_panels_and_the_title_are_inside_the_figure():
    from matplotlib import pyplot as plt

    display = HistoryDisplay(
        histories={"net": [{**RATES, "val_r2": [0.1, 0.3, 0.2]}]}, monitors={"net": "val_r2"}
    ).plot()
    display.figure_.canvas.draw()
    plt.close(display.figure_)
    assert display.ax_._left_title.get_window_extent().y1 <= display.figure_.bbox.y1


CURVES = {
    "crossing": {"loss": [0.9, 0.5, 0.3, 0.28], "val_loss": [0.6, 0.5, 0.45, 0.44]},
    "alike": {"loss": [0.9, 0.5, 0.4], "val_loss": [0.9, 0.5, 0.4]},
    "rising": {"loss": [0.5] * 9, "val_loss": [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2]},
    "magnitudes": {"loss": [9, 0.5, 0.1, 0.01, 0.001, 1e-4], "val_loss": [8, 0.5, 1, 2, 3, 4]},
    "over-fitted": OVERFITTED,
}


@pytest.mark.parametrize("history", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("size", [(7, 3.8), (3.5, 3)], ids=str)
def test_no_label_sits_on_a_curve(history, size):
    ax = Figure(figsize=size).subplots()
    HistoryDisplay(histories={"net": [history]}).plot(ax)
    curves = [line.get_transform().transform_path(line.get_path()) for line in ax.lines]
    for text in ax.texts:
        box = text.get_window_extent()
        for curve, line in zip(curves, ax.lines, strict=True):
            assert not curve.intersects_bbox(box, filled=False), (text, line)
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(one.overlaps(two) for k, one in enumerate(boxes) for two in boxes[:k])


def test_a_fold_whose_fit_failed_is_named(iris):
    X, y = iris
    X = X.copy()
    X[0, 0] = np.nan  # in the training rows of two of the three folds
    net = plain(DenseClassifier, 4, epochs=2)
    options = {"return_estimator": True, "scoring": lambda *_: 0.0}
    with pytest.warns(FitFailedWarning):
        result = cross_validate(net, X, y, cv=KFold(3), **options)
    with pytest.raises(NotFittedError, match=r"estimators\[1\], of fold 2, is not fitted: its fit"):
        HistoryDisplay.from_cv(result)


def test_custom_models_have_their_losses_drawn(iris):
    import keras

    def build():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    net = NetworkClassifier(build, epochs=4, validation_split=0.3, random_state=0).fit(*iris)
    ax = new_axes()
    display = HistoryDisplay.from_estimator(make_pipeline(StandardScaler(), net), ax=ax)
    assert drawn(ax, "validation set") == [net.history_["val_loss"]]
    assert display.best_epochs_ == {"NetworkClassifier": [np.argmin(net.history_["val_loss"]) + 1]}
    assert HistoryDisplay.from_cv([net, net], ax=ax).histories == {
        "NetworkClassifier": [net.history_] * 2
    }


def test_no_best_epoch_is_marked_without_its_validation_loss(iris):
    net = plain(DenseClassifier, 4, epochs=2, early_stopping=True, warm_start=True, random_state=0)
    net.fit(*iris).set_params(early_stopping=False).fit(*iris)  # goes on without a validation set
    assert net.best_epoch_ > 2
    display = HistoryDisplay.from_estimator(net, ax=new_axes())
    assert display.best_epochs_ == {"DenseClassifier": [None]}


def test_several_side_by_side(net):
    axes = new_axes(2)
    display = HistoryDisplay.from_estimator({"one": net, "two": net}, ax=axes)
    assert display.axes_ == axes
    assert [ax.get_title(loc="left") for ax in axes] == ["one", "two"]
    listed = HistoryDisplay.from_estimator([net, net], ax=axes)
    assert list(listed.histories) == ["1: DenseClassifier", "2: DenseClassifier"]


def test_a_new_figure_shares_the_axis_of_losses(net):
    from matplotlib import pyplot as plt

    display = HistoryDisplay.from_estimator([net, net])
    first, second = display.axes_
    assert first.get_shared_y_axes().joined(first, second)
    plt.close(display.figure_)


def test_from_cv_takes_the_result_or_the_estimators(net, iris):
    result = cross_validate(net, *iris, cv=3, return_estimator=True)
    from_result = HistoryDisplay.from_cv(result, ax=new_axes())
    from_list = HistoryDisplay.from_cv(result["estimator"], ax=new_axes())
    histories = [each.history_ for each in result["estimator"]]
    assert from_result.histories == from_list.histories == {"DenseClassifier": histories}


def test_errors_say_what_to_pass(net, iris):
    with pytest.raises(TypeError, match=r"estimator=LogisticRegression\(\) is not a network"):
        HistoryDisplay.from_estimator(LogisticRegression())
    with pytest.raises(TypeError, match=r"estimators\[0\]='n' is not a network"):
        HistoryDisplay.from_cv("nets")
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(plain(DenseClassifier))
    with pytest.raises(TypeError, match=r"estimator\['b'\]=LogisticRegression\(\) is not a"):
        HistoryDisplay.from_estimator({"a": net, "b": LogisticRegression()})
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(GridSearchCV(net, {"epochs": [1]}))
    with pytest.raises(ValueError, match="refit=True"):
        HistoryDisplay.from_estimator(
            GridSearchCV(net, {"epochs": [1]}, cv=2, refit=False).fit(*iris)
        )
    with pytest.raises(ValueError, match=r"estimator=\[\] is empty"):
        HistoryDisplay.from_estimator([])
    with pytest.raises(ValueError, match=r"estimators=\[\] is empty"):
        HistoryDisplay.from_cv([])
    with pytest.raises(ValueError, match="return_estimator=True"):
        HistoryDisplay.from_cv({"test_score": [1.0]})
    with pytest.raises(ValueError, match="ax holds 1 axes, but there are 2 plots"):
        HistoryDisplay.from_estimator([net, net], ax=new_axes())


RATES = {**HEALTHY, "learning_rate": [0.1, 0.05, 0.001]}


def test_the_learning_rate_has_a_panel_above():
    ax = new_axes()
    display = HistoryDisplay(histories={"net": [RATES]}).plot(ax)
    (panel,) = display.rate_axes_
    assert drawn(panel, "learning rate") == [RATES["learning_rate"]]
    assert panel.get_ylim()[0] == 0
    assert texts(panel) == {"learning rate"}
    assert panel.get_shared_x_axes().joined(panel, ax)
    styles = [line.get_linestyle() for line in (*ax.lines[:2], *panel.lines)]
    assert len(set(styles)) == 3  # in grey, too
    losses, rates = ax.get_window_extent(), panel.get_window_extent()
    assert rates.y0 > losses.y1
    assert rates.height < 0.3 * losses.height


def test_without_a_changing_rate_there_is_no_panel():
    axes = new_axes(2)
    display = HistoryDisplay(histories={"one": [HEALTHY], "two": [RATES, RATES]}).plot(axes)
    assert display.rate_axes_[0] is None
    assert drawn(display.rate_axes_[1], "learning rate") == [RATES["learning_rate"]] * 2
    assert not axes[0].child_axes


def test_the_title_and_the_panel_do_not_meet():
    from matplotlib import pyplot as plt

    display = HistoryDisplay(histories={"net": [RATES]}).plot()
    display.figure_.canvas.draw()
    plt.close(display.figure_)
    title = display.ax_._left_title.get_window_extent()
    assert title.y0 >= display.rate_axes_[0].get_window_extent().y1


def test_the_rates_of_a_fit_are_drawn(iris):
    net = plain(DenseClassifier, 4, epochs=3, lr_schedule="cosine", random_state=0).fit(*iris)
    display = HistoryDisplay.from_estimator(net, ax=new_axes())
    rates = net.history_["learning_rate"]
    assert drawn(display.rate_axes_[0], "learning rate") == [rates]
