"""The estimator in the way of scikit-learn: its conventions, with scikit-learn itself where that is installed."""

import inspect
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import mtam
from mtam.interaction.own_data import fit_own_data
from mtam.interaction.own_data.interaction_regressor import NAMES, InteractionRegressor, NotFittedError
from mtam.interaction.own_data.own_data_spec import OwnDataErmModel
from tests.interaction.own_data.test_fit_own_data import trial
from tests.interaction.simulated import made

Array = npt.NDArray[np.float64]

SMALL: dict[str, Any] = {"rank": 2, "max_starts": 10}


@pytest.fixture(scope="module")
def data() -> tuple[Array, Array]:
    return made(samples=400)


@pytest.fixture(scope="module")
def fitted(data: tuple[Array, Array]) -> InteractionRegressor:
    return InteractionRegressor(**SMALL).fit(*data)


def test_it_is_exported_and_costs_nothing_before_it_is_asked_for() -> None:
    assert mtam.InteractionRegressor is InteractionRegressor
    code = (
        "import sys, mtam; print([m for m in ('numpy', 'scipy', 'numba', 'pydantic', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    code = "import sys, mtam; mtam.InteractionRegressor(); print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_parameters_are_kept_as_they_are_given() -> None:
    """What ``sklearn.base.clone`` asks: the constructor does nothing, and get_params gives back the same objects."""
    given: dict[str, Any] = {"rank": 3, "degree": 2, "intervals": 7, "k_rule": "cp", "k_constant": 2.5}
    given |= {"max_starts": 11, "partners": "all", "random_state": 4}
    one = InteractionRegressor(**given)
    assert one.get_params() == given
    assert all(value is given[name] for name, value in one.get_params().items())
    two = type(one)(**one.get_params())
    assert two.get_params() == given
    assert not [name for name in vars(two) if name.endswith("_")]
    parameters = list(inspect.signature(InteractionRegressor.__init__).parameters)[1:]
    assert sorted(InteractionRegressor().get_params()) == sorted(parameters)
    assert set(NAMES) == set(OwnDataErmModel.model_fields) - {"name"}  # no setting of the fit is out of reach
    odd: Any = object()
    assert InteractionRegressor(rank=odd).rank is odd
    assert repr(InteractionRegressor(rank=2)) == "InteractionRegressor(rank=2)"


def test_parameters_are_set_all_or_none() -> None:
    one = InteractionRegressor()
    assert one.set_params(rank=2, k_rule="bic") is one
    assert (one.rank, one.k_rule) == (2, "bic")
    with pytest.raises(ValueError, match="has no parameter 'ranks'; valid: rank, degree"):
        one.set_params(rank=5, ranks=1)
    assert one.rank == 2


def test_nothing_is_predicted_before_the_fit(data: tuple[Array, Array]) -> None:
    one = InteractionRegressor()
    for ask in (lambda: one.predict(data[0]), lambda: one.score(*data), one.summary, lambda: one.phi_):
        with pytest.raises(NotFittedError, match="not fitted yet; call fit"):
            ask()
    assert issubclass(NotFittedError, ValueError)
    assert issubclass(NotFittedError, AttributeError)


def test_inputs_are_not_changed_and_may_be_read_only(data: tuple[Array, Array], fitted: InteractionRegressor) -> None:
    x, y = (part.copy() for part in data)
    x.setflags(write=False)
    y.setflags(write=False)
    again = InteractionRegressor(**SMALL).fit(x, y)
    np.testing.assert_array_equal(x, data[0])
    np.testing.assert_array_equal(again.A_, fitted.A_)
    np.testing.assert_array_equal(fitted.predict(x), fitted.predict(data[0]))


def test_a_fit_forgets_the_last_one(data: tuple[Array, Array], fitted: InteractionRegressor) -> None:
    x, y = data
    one = InteractionRegressor(**SMALL).fit(x[:200], y[:200]).fit(x, y)
    assert one.fit(x, y) is one
    np.testing.assert_array_equal(one.A_, fitted.A_)
    np.testing.assert_array_equal(one.predict(x), fitted.predict(x))
    first, second = (dict(each.numbers_) for each in (one, fitted))
    del first["seconds"], second["seconds"]
    assert first == second
    one.set_params(rank=1)
    np.testing.assert_array_equal(one.predict(x), fitted.predict(x))


def test_lists_and_other_precisions_are_numbers_too(data: tuple[Array, Array]) -> None:
    x, y = data[0][:80], data[1][:80]
    one = InteractionRegressor(rank=1, max_starts=5).fit(x.tolist(), y.tolist())
    two = InteractionRegressor(rank=1, max_starts=5).fit(x, y)
    np.testing.assert_array_equal(one.A_, two.A_)
    half = InteractionRegressor(rank=1, max_starts=5).fit(x.astype(np.float32), y.astype(np.float32))
    np.testing.assert_allclose(half.predict(x), two.predict(x), atol=1e-2)


def test_it_survives_a_pickle(data: tuple[Array, Array], fitted: InteractionRegressor) -> None:
    back = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(back.predict(data[0]), fitted.predict(data[0]))
    assert str(back.summary()) == str(fitted.summary())
    assert pickle.loads(pickle.dumps(InteractionRegressor(rank=3))).get_params() == InteractionRegressor(3).get_params()


def test_it_is_the_fit_of_the_command_line(
    data: tuple[Array, Array], fitted: InteractionRegressor, tmp_path: Any
) -> None:
    settings = {"rank": 2, "max_starts": 10, "k_rule": "reml"}
    (found,) = fit_own_data.run([trial(tmp_path, *data, model=settings)], device="cpu", tick=lambda _: None)
    np.testing.assert_array_equal(found["matrix"], fitted.A_.ravel())
    np.testing.assert_array_equal(found["phi_hat"], fitted.bands_.phi)
    assert found["holdout_error"] == fitted.numbers_["holdout_error"]


def test_what_was_fitted(data: tuple[Array, Array], fitted: InteractionRegressor) -> None:
    x, _ = data
    assert fitted.rank_ == 2
    assert fitted.A_.shape == fitted.A_se_.shape == (3, 3)
    assert np.linalg.matrix_rank(fitted.A_) == 2
    assert fitted.n_features_in_ == 3
    assert fitted.converged_
    assert fitted.words_ == {"found": True, "explains": True, "fits": True}
    assert fitted.noise_sd_ == pytest.approx(0.3, rel=0.05)  # three standard errors, each 1/sqrt(2 M N) = 1.6%
    band = fitted.bands_
    np.testing.assert_allclose(fitted.phi_(band.grid), band.phi)
    assert np.all(band.low <= band.high)
    assert fitted.predict(x).shape == (400, 5)
    assert fitted.predict(x[:3, :2]).shape == (3, 2)


def test_the_score_is_the_share_of_the_variance(data: tuple[Array, Array], fitted: InteractionRegressor) -> None:
    x, y = data
    expected = 1 - np.mean((y - fitted.predict(x)) ** 2) / np.var(y)
    assert fitted.score(x, y) == pytest.approx(expected)
    noise = np.random.default_rng(5).standard_normal(y.shape)
    assert fitted.score(x, noise) < 0  # a fit to other responses is worse than their mean
    fresh = made(samples=400, seed=1)
    assert fitted.score(*fresh) < 0.1  # another A


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rank": 4}, "rank = 4 is larger than d = 3"),
        ({"rank": 0}, "rank = 0: Input should be greater than or equal to 1"),
        ({"k_rule": "aic"}, "k_rule = 'aic': Input should be 'rule', 'cp'"),
        ({"random_state": -1}, "random_state = -1: Input should be greater"),
        ({"partners": "later"}, "partners = 'later'; valid: others, earlier, all, earlier_and_self"),
        ({"degree": 5}, "degree = 5 is too high for a penalised spline"),
        ({"max_starts": "many"}, "max_starts = 'many'"),
    ],
)
def test_parameters_out_of_range_are_one_sentence(
    data: tuple[Array, Array], parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as told:
        InteractionRegressor(**parameters).fit(*data)
    assert "\n" not in str(told.value)
    assert "model." not in str(told.value)


def test_data_that_cannot_be_learned_from_are_one_sentence(data: tuple[Array, Array]) -> None:
    x, y = data
    wrong = y.copy()
    wrong[3, 1] = np.nan
    for arrays, message in (
        ((x[0], y), r"X in the data has shape \(5, 3\); valid: \(M, N, d\)"),
        ((x, y[:, :2]), r"Y in the data has shape \(400, 2\)"),
        ((x, wrong), "1 NaN"),
        ((x[:4], y[:4]), "too few samples"),
    ):
        one = InteractionRegressor()
        with pytest.raises(ValueError, match=message):
            one.fit(*arrays)
        with pytest.raises(NotFittedError):
            one.predict(x)


def test_a_class_derived_from_it_has_parameters_of_its_own(data: tuple[Array, Array]) -> None:
    class Fixed(InteractionRegressor):
        def __init__(self, rank: int | None = 1, *, shift: float = 0.0) -> None:
            super().__init__(rank, max_starts=5)
            self.shift = shift

    one = Fixed(shift=2.0)
    assert one.get_params() == {"rank": 1, "shift": 2.0}
    assert one.fit(data[0][:60], data[1][:60]).rank_ == 1


def test_numbers_of_numpy_are_parameters_too(data: tuple[Array, Array]) -> None:
    x, y = data[0][:60], data[1][:60]
    one = InteractionRegressor(rank=1, max_starts=5, random_state=3).fit(x, y)
    given: dict[str, Any] = {"rank": np.int64(1), "max_starts": np.int32(5), "random_state": np.int64(3)}
    two = InteractionRegressor(**given).fit(x, y)
    np.testing.assert_array_equal(one.A_, two.A_)
    assert all(value is given[name] for name, value in two.get_params().items() if name in given)


def test_a_generator_gives_other_fits_and_the_same_in_the_same_order(data: tuple[Array, Array]) -> None:
    x, y = data[0][:60], data[1][:60]
    for kind in (np.random.RandomState, np.random.default_rng):
        first, again = ([held_out(x, y, rng) for _ in range(2)] for rng in (kind(5), kind(5)))
        assert first == again
        assert first[0] != first[1]
    assert held_out(x, y, None) != held_out(x, y, None)
    with pytest.raises(ValueError, match="random_state = 'seven'"):
        InteractionRegressor(random_state="seven").fit(x, y)  # type: ignore[arg-type]


def held_out(x: Array, y: Array, random_state: Any) -> float:
    """A number that depends on which samples are held out."""
    fit = InteractionRegressor(rank=1, max_starts=1, random_state=random_state).fit(x, y)
    return float(fit.numbers_["holdout_error"])


def test_predictions_do_not_depend_on_batches_order_or_layout(
    data: tuple[Array, Array], fitted: InteractionRegressor
) -> None:
    x, before = data[0], dict(vars(fitted))
    whole = fitted.predict(x)
    np.testing.assert_allclose(np.concatenate([fitted.predict(x[k : k + 7]) for k in range(0, len(x), 7)]), whole)
    order = np.random.default_rng(2).permutation(len(x))
    np.testing.assert_allclose(fitted.predict(x[order]), whole[order])
    np.testing.assert_array_equal(fitted.predict(np.asfortranarray(x)), whole)
    np.testing.assert_array_equal(fitted.predict(x[:, ::-1][:, ::-1]), whole)
    assert vars(fitted) == before  # nothing is learned by predicting
    rolled = np.roll(np.arange(x.shape[1]), 1)
    np.testing.assert_allclose(fitted.predict(x[:, rolled]), whole[:, rolled])  # tokens have no order either


def test_a_fit_leaves_the_parameters_alone(data: tuple[Array, Array]) -> None:
    one = InteractionRegressor(rank=1, max_starts=5)
    before = one.get_params()
    one.fit(data[0][:60], data[1][:60])
    assert one.get_params() == before
    learned = {name for name in vars(one) if name not in before}
    assert all(name.endswith("_") or name.startswith("_") for name in learned)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[:, :, :2], "has d = 2|d = 3|shape"),
        (lambda x: x[0], "shape"),
        (lambda x: x[:, :1], "shape|token"),
        (lambda x: np.where(x > 2, np.inf, x), "infinite"),
        (lambda x: x.astype(complex), "complex"),
        (lambda x: x.astype(str), "entries of type"),
        (lambda x: x[:0], ""),
    ],
    ids=["another d", "one sample", "one token", "infinite", "complex", "text", "none"],
)
def test_what_cannot_be_predicted_is_one_sentence(
    change: Any, message: str, data: tuple[Array, Array], fitted: InteractionRegressor
) -> None:
    x = change(data[0])
    if not len(x):
        assert fitted.predict(x).shape == (0, 5)
        return
    with pytest.raises(ValueError, match=message) as told:
        fitted.predict(x)
    assert "\n" not in str(told.value)


# The checks of scikit-learn that need no data: those with data draw tables, and these are arrays of three axes.
CHECKS = (
    "check_no_attributes_set_in_init", "check_parameters_default_constructible", "check_get_params_invariance",
    "check_set_params", "check_estimator_repr", "check_estimator_tags_renamed", "check_valid_tag_types",
    "check_estimator_cloneable", "check_mixin_order",
)  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_of_scikit_learn(name: str) -> None:
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    getattr(checks, name)("InteractionRegressor", InteractionRegressor())


def test_with_scikit_learn_itself(data: tuple[Array, Array]) -> None:
    base = pytest.importorskip("sklearn.base")
    selection = pytest.importorskip("sklearn.model_selection")
    x, y = data
    one = InteractionRegressor(max_starts=5)
    copy = base.clone(one.fit(x[:60], y[:60]))
    assert copy.get_params() == one.get_params()
    assert "interaction_" not in vars(copy)
    assert base.is_regressor(one)
    scores = selection.cross_val_score(InteractionRegressor(rank=2, max_starts=5), x, y, cv=3)
    assert np.all(scores > 0.3)
    ranks = {"rank": np.arange(1, 3)}
    search = selection.GridSearchCV(InteractionRegressor(max_starts=5), ranks, cv=2).fit(x, y)
    assert search.best_params_ == {"rank": 2}
    assert search.predict(x).shape == y.shape
