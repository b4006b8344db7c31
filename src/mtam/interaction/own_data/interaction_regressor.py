"""The fit to own data as an estimator in the way of scikit-learn, which is not needed for it.

Parameters are kept as they are given and looked at in ``fit``; what a fit has learned ends in an underscore.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from mtam.base.columns import as_record
from mtam.interaction.files import own_samples
from mtam.interaction.files.validate_arrays import finite, numbers
from mtam.interaction.own_data import fit_own_data
from mtam.interaction.own_data.fit_summary import FitSummary, summarise
from mtam.interaction.own_data.own_data_spec import OwnTrial
from mtam.interaction.own_data.residuals import residual_quantiles

if TYPE_CHECKING:
    from mtam.interaction.own_data.confidence_band import BandCurve
    from mtam.interaction.own_data.fitted_interaction import FittedInteraction
    from mtam.interaction.own_data.residuals.residual_diagnostics import Diagnostics

Array = npt.NDArray[np.float64]

WHERE = "the data"
NO_FILE = {"path": WHERE, "sha256": "0" * 64}
NAMES = (
    "rank", "degree", "intervals", "k_rule", "k_constant", "max_starts", "partners",
)  # fmt: skip  # settings of ``OwnDataErmModel``


class NotFittedError(ValueError, AttributeError):
    """A prediction was asked of an estimator before its fit."""


class InteractionRegressor:
    """Y_i = (N-1)^{-1} sum_{j != i} phi(X_i^T A X_j) + noise, phi smooth, A of low rank (paper B).

    The fit is that of ``mtam fit-ips --data``: least squares over matrices of rank r and splines, r by hold-out unless
    ``rank`` says it, phi a penalised cubic spline smoothed by REML unless ``k_rule`` says otherwise.

    Parameters: rank, int or None; degree of the spline, None for 3; intervals between knots, None for what ``k_rule``
    gives; k_rule, "reml", "cp", "holdout", "bic" or "rule"; k_constant of "rule"; max_starts of the search; partners,
    the tokens j over which phi is averaged for token i: "others", "earlier" (j < i, causal), "all" (j = i as well) or
    "earlier_and_self";
    random_state, an int from which the held-out samples and the starts are drawn: equal ints give equal fits; None for
    another fit every time, or a numpy RandomState or Generator, of which one int is drawn.

    After ``fit``: A_ (d, d), with E u^2 = 1/9 for u = x^T A y, x and y independent tokens, and A_se_ (d, d), standard
    errors of its entries at that norm; phi_, a function of arrays of u; rank_, intervals_; bands_, phi with its
    pointwise and simultaneous 95% band on a grid of u; singular_values_ (d,); noise_sd_, in the unit of Y; explained_,
    the share of the variance of held-out samples; converged_, whether all may be trusted, and words_, the three parts
    of that (``mtam guide own-data``); warnings_, sentences; n_features_in_, d; numbers_, all numbers of the record;
    diagnostics_, residuals against predictions, their order statistics, leverages and Cook's distances
    (``residual_diagnostics.Diagnostics``); interaction_, with ``g(x, y)`` for single pairs and ``save(path)``.
    """

    _estimator_type = "regressor"

    A_: Array
    A_se_: Array
    rank_: int
    intervals_: int
    bands_: "BandCurve"
    singular_values_: Array
    noise_sd_: float
    explained_: float
    converged_: bool
    words_: dict[str, bool]
    warnings_: list[str]
    n_features_in_: int
    numbers_: dict[str, Any]
    interaction_: "FittedInteraction"
    diagnostics_: "Diagnostics"
    _residuals: Array
    _unknowns: float

    def __init__(
        self,
        rank: int | None = None,
        *,
        degree: int | None = None,
        intervals: int | None = None,
        k_rule: str = "reml",
        k_constant: float = 4.0,
        max_starts: int = 40,
        partners: str = "others",
        random_state: "int | np.random.RandomState | np.random.Generator | None" = 0,
    ) -> None:
        self.rank = rank
        self.degree = degree
        self.intervals = intervals
        self.k_rule = k_rule
        self.k_constant = k_constant
        self.max_starts = max_starts
        self.partners = partners
        self.random_state = random_state

    @classmethod
    def _names(cls) -> list[str]:
        """The parameters, as the constructor has them; a class derived from this one may have others."""
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; ``deep`` is for estimators that hold others, and means nothing here."""
        del deep
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Change parameters; raises ValueError for a name that is none. What was fitted stays until the next fit."""
        valid = self._names()
        for name in params:
            if name not in valid:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}; valid: {', '.join(valid)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def fit(
        self,
        X: npt.ArrayLike,
        Y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit to tokens X (M, N, d) and responses Y (M, N), none of the arrays being changed.

        sample_weight (M,) or (M, N): a response has the noise variance sigma^2 / weight, and least squares are
        weighted; 0 leaves it out. groups (M,): samples of one label are held out together and make one term of
        standard errors and tests. mask (M, N): 1 where a token is; a token whose row of X is NaN is missing as well,
        no partner of others, and its response is not looked at.

        Raises ValueError, one sentence, for data that cannot be learned from (``dataset.validate``,
        ``own_samples.arrange``) and for parameters out of range.
        """
        extras = {"weights": sample_weight, "groups": groups, "mask": mask}
        given = own_samples.arrange(X, Y, extras, self.partners, WHERE)
        samples, tokens, d = given.x.shape
        data: dict[str, Any] = {**NO_FILE, "samples": samples, "tokens": tokens, "d": d}
        if given.rows != samples * tokens:
            data["responses"] = given.rows
        model = {"name": "ips_erm", **{name: _plain(getattr(self, name)) for name in NAMES}}
        seed = _seed(self.random_state)
        try:
            trial = OwnTrial.model_validate({"data": data, "n": samples, "seed": seed, "model": model})
        except ValidationError as error:
            raise ValueError(_sentence(error)) from None
        done = fit_own_data.assess(trial, given.x, given.y, layout=given.layout)
        told = done.numbers
        self.A_, self.A_se_ = done.fitted.matrix, np.reshape(told.matrix_se, (d, d))
        self.rank_, self.intervals_, self.bands_ = told.rank, told.intervals, done.curve
        self.singular_values_ = np.array(told.singular_hat)
        self.noise_sd_, self.explained_, self.converged_ = told.noise_sd, told.explained, told.converged
        self.words_ = {"found": told.found, "explains": told.explains, "fits": told.fits}
        self.warnings_, self.n_features_in_, self.interaction_ = list(told.warnings), d, done.fitted
        self.diagnostics_ = done.diagnostics
        self._residuals, self._unknowns = done.residuals, done.unknowns
        self.numbers_ = as_record(told)
        return self

    @property
    def phi_(self) -> Callable[[npt.ArrayLike], Array]:
        """phi, a function of arrays of u, constant outside its domain."""
        return self._fitted().phi

    def predict(self, X: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> Array:
        """The mean of phi(X_i^T A X_j) over the partners j of i; N need not be that of the fit  # (M, N, d) -> (M, N).

        NaN for tokens that are missing, as in ``fit``, or have no partner. Raises NotFittedError before the fit,
        ValueError unless X is finite otherwise and of this d.
        """
        return self._fitted().predict(X, mask)

    def predict_interval(
        self, X: npt.ArrayLike, level: float = 0.9, mask: npt.ArrayLike | None = None
    ) -> tuple[Array, Array]:
        """Ends of the intervals that hold new responses with this probability  # (M, N, d) -> (M, N) twice.

        From quantiles of the residuals (``residual_quantiles``): on average over tokens like those of the fit, for
        responses of the mean weight of those fitted. Raises
        what ``predict`` does, and ValueError for a level that is not between 0 and 1.
        """
        predicted = self.predict(X, mask)
        low, high = residual_quantiles.quantiles(self._residuals, self._unknowns, level)
        return predicted + low, predicted + high

    def score(
        self,
        X: npt.ArrayLike,
        Y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> float:
        """R^2 = 1 - sum (Y - prediction)^2 / sum (Y - mean Y)^2 over all samples and tokens  # (M, N, d), (M, N).

        Weighted, and over the tokens that have a prediction. Raises NotFittedError before the fit, ValueError for
        other shapes, NaN, infinities and constant Y.
        """
        predicted, y = self.predict(X, mask), numbers(Y, f"Y in {WHERE}")
        if y.shape != predicted.shape:
            raise ValueError(f"Y in {WHERE} has shape {y.shape}; valid beside this X: {predicted.shape}")
        known = ~np.isnan(predicted)
        weights = np.where(known, own_samples.weights_of(sample_weight, y.shape, WHERE), 0.0)
        counted = weights > 0
        y, predicted = np.where(counted, y, 0.0), np.where(counted, predicted, 0.0)
        finite(y, f"Y in {WHERE}")
        total = float(np.sum(weights * (y - np.average(y, weights=weights)) ** 2)) if counted.any() else 0.0
        if total == 0:
            raise ValueError(f"Y in {WHERE} is constant: there is nothing to explain")
        return 1 - float(np.sum(weights * (y - predicted) ** 2)) / total

    def summary(self) -> FitSummary:
        """All that is known of the fit on one page; raises NotFittedError before the fit."""
        self._fitted()
        return summarise(self.numbers_)

    def _fitted(self) -> "FittedInteraction":
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet; call fit(X, Y) first")
        return self.interaction_

    def __sklearn_is_fitted__(self) -> bool:
        return "interaction_" in vars(self)

    def __sklearn_tags__(self) -> Any:
        """Of scikit-learn's own kind, for it alone asks."""
        from sklearn.utils import InputTags, RegressorTags, Tags, TargetTags

        return Tags(
            estimator_type="regressor",
            target_tags=TargetTags(required=True, one_d_labels=False, two_d_labels=True, single_output=False),
            transformer_tags=None,
            classifier_tags=None,
            regressor_tags=RegressorTags(),
            input_tags=InputTags(two_d_array=False, three_d_array=True),
        )

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        told = [
            f"{name}={value!r}" for name, value in self.get_params().items() if value is not defaults[name].default
        ]  # fmt: skip
        return f"{type(self).__name__}({', '.join(told)})"


def _plain(value: Any) -> Any:
    """A number of numpy as Python's own: a grid of parameters is often an array."""
    return value.item() if isinstance(value, np.generic) else value


def _seed(random_state: Any) -> Any:
    """An int: the given one, or drawn from a generator; from the system's entropy for None."""
    if random_state is None:
        random_state = np.random.default_rng()
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    return _plain(random_state)


def _sentence(error: ValidationError) -> str:
    """The first thing that is wrong with the parameters, by their names here."""
    found = error.errors(include_url=False)[0]
    where = {"seed": "random_state"}.get(name := str(found["loc"][-1]) if found["loc"] else "", name)
    message = str(found["msg"]).removeprefix("Value error, ").replace("model.", "").replace("seed", "random_state")
    return (
        message if message.startswith(where) or where in ("", "model") else f"{where} = {found['input']!r}: {message}"
    )
