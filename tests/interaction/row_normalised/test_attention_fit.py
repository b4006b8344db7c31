"""The minimum that scipy finds, recovery at the parametric rate, phi known and not; and what cannot be fitted."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from mtam.interaction.row_normalised import attention_reference
from mtam.interaction.row_normalised.attention_fit import fit_attention, fit_log_spline
from mtam.interaction.row_normalised.attention_forms import FORMS
from tests.interaction.row_normalised.helpers import EVEN, direction_error, known, squared_error


def test_the_estimator_is_the_minimum_that_scipy_finds() -> None:
    """Tiny data, the readable reference as the model, numerical derivatives, values unknown."""
    data = known(0, (30, 4, 2), 2)

    def residuals(parameters: np.ndarray) -> np.ndarray:
        matrix, linear = parameters[:4].reshape(2, 2), parameters[4:]
        found = [attention_reference.row_normalised(x, x @ linear, matrix, np.exp) for x in data.x]
        return np.asarray(data.y - np.array(found)).ravel()

    rival = least_squares(residuals, np.concatenate([data.matrix.ravel(), data.linear]), xtol=1e-12, ftol=1e-12)
    fit = fit_attention(data.x, data.y, 2, np.random.default_rng(0))
    assert fit.converged
    assert fit.linear is not None
    assert fit.loss == pytest.approx(2 * rival.cost / data.y.size, rel=1e-5)
    np.testing.assert_allclose(fit.matrix, rival.x[:4].reshape(2, 2), atol=2e-3)
    np.testing.assert_allclose(fit.linear, rival.x[4:], atol=2e-3)
    np.testing.assert_allclose(data.y - fit.predict(data.x), residuals(rival.x).reshape(30, 4), atol=5e-3)


@pytest.mark.parametrize("rank", [1, 3])
def test_softmax_is_recovered_at_the_parametric_rate(rank: int) -> None:
    """Slope -1 of ln of the mean squared error on ln M, from eight fresh data sets a size; standard error about .09."""
    sizes = [100, 400, 1600]
    means = []
    for samples in sizes:
        errors = []
        for seed in range(8):
            data = known(100 + seed, (samples, 5, 3), rank)
            fit = fit_attention(data.x, data.y, rank, np.random.default_rng(0), values=data.values)
            errors.append(squared_error(fit.matrix, data.matrix))
        means.append(np.mean(errors))
    slope = np.polyfit(np.log(sizes), np.log(means), 1)[0]
    assert abs(slope + 1) < 0.3
    assert means[-1] < 0.01


@pytest.mark.parametrize("name", ["sigmoid", "relu", "sigmoid_rows"])
def test_other_activations_are_recovered(name: str) -> None:
    data = known(200, (600, 5, 3), 3, FORMS["sigmoid_rows"])
    wrong = fit_attention(data.x, data.y, 3, np.random.default_rng(0), values=data.values)
    form = FORMS[name]
    if not form.rows:
        from mtam.interaction.row_normalised.attention_forms import respond, scores

        clean = respond(form, scores(data.x, data.matrix, np.eye(3)), data.values).mean
        noisy = clean + 0.3 * clean.std() * np.random.default_rng(5).standard_normal(clean.shape)
    else:
        noisy = data.y
    fit = fit_attention(data.x, noisy, 3, np.random.default_rng(0), values=data.values, form=form)
    assert fit.converged
    assert squared_error(fit.matrix, data.matrix) < 0.03
    assert squared_error(wrong.matrix, data.matrix) > 0.1  # softmax takes sigmoid's scores for smaller ones


@pytest.mark.parametrize("form", [FORMS["softmax"], EVEN], ids=["exp", "even"])
def test_any_positive_activation_is_recovered_up_to_norm_and_sign(form: object) -> None:
    data = known(300, (500, 6, 3), 1, form, noise=0.2)  # type: ignore[arg-type]
    fit = fit_log_spline(data.x, data.y, 1, np.random.default_rng(0), values=data.values)
    assert fit.converged
    assert direction_error(fit.matrix, data.matrix) < 0.01
    assert float(np.mean((fit.predict(data.x, data.values) - data.clean) ** 2)) < 0.02 * data.clean.var()
    softmax = fit_attention(data.x, data.y, 1, np.random.default_rng(0), values=data.values)
    if form is EVEN:
        assert fit.loss < 0.5 * softmax.loss
    else:
        assert softmax.loss * 0.97 < fit.loss < softmax.loss * 1.001


def test_values_need_not_be_known_with_an_unknown_activation() -> None:
    data = known(400, (600, 5, 2), 2, FORMS["softplus_rows"], noise=0.2)
    fit = fit_log_spline(data.x, data.y, 2, np.random.default_rng(0))
    assert fit.linear is not None
    assert squared_error(fit.linear, data.linear) < 0.01
    assert direction_error(fit.matrix, data.matrix) < 0.05
    assert fit.parameters == (4 - 1) + 2 + (9 - 1)  # natural splines on nine knots, less their level


def test_tokens_may_be_stretched() -> None:
    """Whitening makes the fit equivariant: x -> x S, A -> S^-1 A S^-T."""
    data = known(500, (300, 4, 3), 3)
    stretch = np.diag([1.0, 30.0, 0.02])
    plain = fit_attention(data.x, data.y, 3, np.random.default_rng(0))
    wide = fit_attention(data.x @ stretch, data.y, 3, np.random.default_rng(0))
    assert wide.loss == pytest.approx(plain.loss, rel=1e-6)
    np.testing.assert_allclose(stretch @ wide.matrix @ stretch, plain.matrix, atol=1e-3)


def test_what_cannot_be_fitted() -> None:
    data = known(600, (20, 2, 2), 1)
    with pytest.raises(ValueError, match="at least 3 tokens"):
        fit_attention(data.x, data.y, 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="must be given"):
        fit_attention(data.x, data.y, 1, np.random.default_rng(0), form=FORMS["relu"])
    more = known(601, (40, 3, 2), 1)
    fit = fit_attention(more.x, more.y, 1, np.random.default_rng(0), values=more.values)
    with pytest.raises(ValueError, match="need the values"):
        fit.predict(more.x)


def test_a_constant_value_says_nothing_and_is_no_convergence() -> None:
    rng = np.random.default_rng(7)
    x = rng.standard_normal((50, 4, 2))
    fit = fit_attention(x, 1 + 0.1 * rng.standard_normal((50, 4)), 2, rng, values=np.ones((50, 4)))
    assert not fit.converged
