"""What a record of an interaction fit holds, number by number. None: not known in this trial, and no column."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ErrorNumbers:
    """Of every estimator, against the truth.

    error: ||g - g*||^2 in L2(rho), on fresh pairs, in units of Var g* = 1; error_se: its standard error over the
    pairs; evaluation_pairs: how many; parameters: p = 2 r d - r^2 - 1; data_seconds: processor time of the simulation.
    """

    error: float
    error_se: float
    evaluation_pairs: int
    parameters: int
    data_seconds: float


@dataclass(frozen=True, kw_only=True)
class ErmNumbers:
    """Of the empirical risk minimiser.

    converged: what the search says of itself, without the truth; starts, agreeing: how many, and how many ended in one
    basin; lack_of_fit: standard deviations of a test of the residuals; loss: mean squared residual, in units of Var g*;
    iterations: of the last refinement; seconds: processor time of the fit; intervals_at_end: whether the data chose the
    largest K that was tried, or no smoothing; freedom: effective degrees of freedom of a penalised phi.
    """

    converged: bool
    starts: int
    agreeing: int
    lack_of_fit: float
    loss: float
    iterations: int
    seconds: float
    intervals_at_end: bool | None = None
    freedom: float | None = None


@dataclass(frozen=True, kw_only=True)
class OneStepNumbers:
    """Of the one-step estimator.

    converged: of the pilot's search, and that no step was longer than chance allows; starts, agreeing, lack_of_fit: of
    the pilot; pilot_samples: M_0; steps: Gauss-Newton steps, the last on all samples; step_length: squared length of
    the last step over its expectation, about 1; loss: mean squared residual of the linear model; seconds: processor
    time of the fit with the drawing of samples; rows_per_second: of the last pass, as far as this process made it;
    forecast_error_sd: standard deviation over noises of the error around its forecast.
    """

    converged: bool
    starts: int
    agreeing: int
    lack_of_fit: float
    pilot_samples: int
    steps: int
    step_length: float
    loss: float
    seconds: float
    rows_per_second: float | None = None
    forecast_error_sd: float | None = None


@dataclass(frozen=True, kw_only=True)
class OracleANumbers:
    """Of the spline with A* known: loss, mean squared residual plus the ridge; converged, always; seconds, of processor
    time."""

    loss: float
    converged: bool = True
    seconds: float


@dataclass(frozen=True, kw_only=True)
class AlsNumbers:
    """Of alternating least squares: converged, before its sweeps were spent; iterations, sweeps; the rest as above."""

    converged: bool
    starts: int
    loss: float
    iterations: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class MlpNumbers:
    """Of the network and Adam: converged, never: there is no stationary point to certify, training ends with its steps.

    iterations: steps of Adam; the rest as for the empirical risk minimiser.
    """

    converged: bool = False
    starts: int = 1
    loss: float
    iterations: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class TrainingNumbers:
    """Of gradient training from several starts, beside the empirical risk minimiser of the same class on the same data.

    The error of the record is that of the start with the least loss, and so are loss and converged: whether that loss
    lies above the minimum by no more than the truth's does on average, one chi^2 unit per parameter. starts;
    iterations: steps of every start; seconds: processor time of the training; erm_error, erm_error_se, erm_loss,
    erm_converged: of the minimiser. A start is in the minimiser's basin if the overlap of its A with the minimiser's,
    |<A, B>|/(||A|| ||B||) in whitened coordinates, is .9 or more at the end; reached: how many are; reached_share: of
    all; basin_error: geometric mean of their errors, none without one. It has left the plateau when the overlap first
    is 1/2 or more; escaped: how many have; escape_steps: the median over starts of the step, where one that never has
    counts with all of its steps, less than it would need. start_errors, start_losses, start_overlaps, start_escapes: of
    every start; 0 for no escape.
    """

    converged: bool
    starts: int
    loss: float
    iterations: int
    seconds: float
    erm_error: float
    erm_error_se: float
    erm_loss: float
    erm_converged: bool
    reached: int
    reached_share: float
    basin_error: float | None = None
    escaped: int
    escape_steps: float
    start_errors: list[float]
    start_losses: list[float]
    start_overlaps: list[float]
    start_escapes: list[int]


@dataclass(frozen=True, kw_only=True)
class SplineNumbers:
    """Of estimators whose phi is a spline: intervals, K; spline_degree, s."""

    intervals: int
    spline_degree: int


@dataclass(frozen=True, kw_only=True)
class BesideOracleNumbers:
    """What knowing A* would have given on the same pairs, and what theory forecasts, all in units of Var g* = 1.

    oracle_error, oracle_error_se: the same spline space with A* known; oracle_seconds: processor time of that fit;
    excess, excess_se: error less oracle_error, and its standard error; parametric_error: the excess, the price of A;
    predicted_parametric_error: p sigma^2 / M; excess_ratio: the excess in that unit; forecast_error,
    forecast_oracle_error: mean errors by ``theory.forecast``, K chosen as here, and with A* known;
    forecast_linear_price: their difference to first order; forecast_best_error: with the best K;
    forecast_intervals: mean of the chosen K; forecast_typical_error, forecast_typical_oracle_error: geometric instead
    of arithmetic means over the simulated noises, as curves over seeds are averaged; linear_error: of the estimator
    linearised at the truth, with the same K on the same data, see ``theory.linear_fit``; controlled_error: the error
    with that one as a control variate, error / linear_error times the geometric mean of linear errors over simulated
    noises, so that the mean of its logarithm is that of the error and what the noise of one draw does to both is gone.
    """

    oracle_error: float
    oracle_error_se: float
    oracle_seconds: float
    excess: float
    excess_se: float
    parametric_error: float
    predicted_parametric_error: float
    excess_ratio: float | None = None
    forecast_error: float | None = None
    forecast_oracle_error: float | None = None
    forecast_linear_price: float | None = None
    forecast_best_error: float | None = None
    forecast_intervals: float | None = None
    forecast_typical_error: float | None = None
    forecast_typical_oracle_error: float | None = None
    linear_error: float | None = None
    controlled_error: float | None = None


@dataclass(frozen=True, kw_only=True)
class HeadNumbers:
    """Of a fit of several heads, each held against the true head that its matrix is most like.

    fitted_heads: H of the fit; a_cosine: the smallest |<A_h, A*_h>| / (||A_h|| ||A*_h||) of them; head_error: mean over
    heads of the variance under rho of fitted less true phi_h(x^T A_h y), in units of Var g* = 1.
    """

    fitted_heads: int
    a_cosine: float
    head_error: float


@dataclass(frozen=True, kw_only=True)
class HeadSearchNumbers:
    """The search beside a descent that begins at the truth, on the same data.

    from_truth_error: the error of its bottom; search_ratio: error over that; from_truth_gap: by how much the loss of
    the search is higher, in units of chi^2.
    """

    from_truth_error: float
    search_ratio: float
    from_truth_gap: float


@dataclass(frozen=True, kw_only=True)
class HeadsLawNumbers:
    """What knowing all A*_h would have given on the same pairs, and what theory forecasts, in units of Var g* = 1.

    oracle_error, oracle_error_se, excess, excess_se, parametric_error, predicted_parametric_error, excess_ratio as
    ``BesideOracleNumbers`` has them, parameters being summed over heads; forecast_error, forecast_oracle_error: those
    of ``heads.first_order``; counted_parameters: q = H (K + s) - (H - 1) + sum_h p_h; counted_error: q sigma^2 / M.
    """

    oracle_error: float
    oracle_error_se: float
    excess: float
    excess_se: float
    parametric_error: float
    predicted_parametric_error: float
    excess_ratio: float | None = None
    forecast_error: float
    forecast_oracle_error: float
    counted_error: float
    counted_parameters: int


@dataclass(frozen=True, kw_only=True)
class PictureNumbers:
    """For the figure, u in its own unit, of which the standard deviation is 1/3.

    a_cosine: |<A, A*>| / (||A|| ||A*||); phi_grid: u; phi_true, phi_hat: phi there, the latter on the scale of A*;
    u_density: per unit of u; singular_true, singular_hat: singular values of A* and of A at the norm of A*.
    """

    a_cosine: float
    phi_grid: list[float]
    phi_true: list[float] | None = None
    phi_hat: list[float]
    u_density: list[float]
    singular_true: list[float]
    singular_hat: list[float]


@dataclass(frozen=True, kw_only=True)
class OwnDataNumbers:
    """Of a fit to data whose truth is not known, in the units of Y (its square for errors and variances).

    rank: r, chosen or given; K, intervals: knot intervals; spline_degree: s; holdout_error, holdout_se: mean squared
    prediction error on samples that the fit has not seen, and its standard error; noise_sd: residual standard deviation
    per degree of freedom; explained, explainable: shares of the variance, without unit; variance: of Y; converged,
    starts, agreeing, lack_of_fit: as of the empirical risk minimiser; d, tokens, samples: of the data; parameters: p;
    rank_*: the ranks that were tried, with their hold-out errors; phi_grid, phi_hat, band_low, band_high: u, phi and
    its band; u_density: per unit of u; singular_hat: singular values of A; matrix: A, row by row; coefficients: of the
    spline; matrix_se: standard errors of the entries of A at its norm; column_angles_se, row_angles_se: of the left and
    the right singular vectors, the angle out of the space of the true ones, in radians, tokens whitened; angle_se: the
    largest of them; simultaneous_low, simultaneous_high: the band that holds phi at all u between simultaneous_from and
    simultaneous_to at once (quantiles 2% to 98% of u), of a penalised phi; simultaneous_critical: its half-width in
    standard errors; freedom: effective degrees of freedom of a penalised phi; smoothing: its lambda, of squared second
    differences of the coefficients, in units of the mean squared residual; seconds: processor time; reach: u at the end
    of the spline's domain, in units of three standard deviations; found, explains, fits: the three words; basin:
    whether the search trusts its bottom; no_interaction_p, constant_p, linear_p: p-values of the held-out tests;
    linear_explained: share of the variance that a linear regression explains; structure_*: p-values and shares of the
    groups of functions that residuals are tested against; linear_phi_p: of the test that phi is linear; next_rank_p:
    that A has rank r, not one more, none for a rank of d; prediction_low, prediction_high: ends of the 90% interval
    of a response less its prediction; softmax_error: mean squared held-out error of softmax attention over rows;
    softmax_gain, softmax_gain_se: by how much that of means over pairs is larger, paired over samples; angles:
    coordinates that look like angles; zero_tokens: share of tokens that are zero; warnings: sentences. Where rows have
    a layout, else absent: responses: how many count; missing_tokens; groups: of samples; weighted: whether weights
    differ; partners: over which tokens phi is averaged. residual_*, order_*, trend_*: of ``residual_diagnostics``, for
    some of the responses, the most influential first; residual_correlation: of two residuals of one sample.
    """

    rank: int
    K: int
    intervals: int
    spline_degree: int
    holdout_error: float
    holdout_se: float
    noise_sd: float
    explained: float
    explainable: float
    variance: float
    converged: bool
    starts: int
    agreeing: int
    lack_of_fit: float
    d: int
    tokens: int
    samples: int
    parameters: int
    rank_tried: list[int]
    rank_error: list[float]
    rank_se: list[float]
    rank_converged: list[bool]
    phi_grid: list[float]
    phi_hat: list[float]
    band_low: list[float]
    band_high: list[float]
    u_density: list[float]
    singular_hat: list[float]
    matrix: list[float]
    coefficients: list[float]
    seconds: float
    reach: float
    found: bool
    explains: bool
    fits: bool
    basin: bool
    no_interaction_p: float
    constant_p: float
    linear_p: float
    linear_explained: float
    structure_p: float
    structure_p_values: list[float]
    structure_shares: list[float]
    matrix_se: list[float]
    column_angles_se: list[float]
    row_angles_se: list[float]
    angle_se: float
    simultaneous_low: list[float] | None = None
    simultaneous_high: list[float] | None = None
    simultaneous_critical: float | None = None
    simultaneous_from: float | None = None
    simultaneous_to: float | None = None
    freedom: float | None = None
    smoothing: float | None = None
    linear_phi_p: float | None = None
    next_rank_p: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    softmax_error: float | None = None
    softmax_gain: float | None = None
    softmax_gain_se: float | None = None
    residual_prediction: list[float] | None = None
    residual_standardised: list[float] | None = None
    residual_leverage: list[float] | None = None
    residual_cook: list[float] | None = None
    residual_sample: list[int] | None = None
    residual_token: list[int] | None = None
    residual_responses: int | None = None
    residual_mean_leverage: float | None = None
    residual_correlation: float | None = None
    order_share: list[float] | None = None
    order_residual: list[float] | None = None
    trend_prediction: list[float] | None = None
    trend_residual: list[float] | None = None
    trend_error: list[float] | None = None
    responses: int | None = None
    missing_tokens: int | None = None
    groups: int | None = None
    weighted: bool | None = None
    partners: str | None = None
    angles: list[int]
    zero_tokens: float
    warnings: list[str]
