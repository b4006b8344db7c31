"""protocol=reported: where every setting of the reported figure comes from: the paper, an assumption, or arithmetic."""

from collections.abc import Sequence

from mtam.base.reported_setting import Setting
from mtam.interaction.interaction_spec import InteractionTrial


def settings(trials: Sequence[InteractionTrial]) -> list[Setting]:
    """What the figure was made with, what is not known of it, and what these trials put in its place."""
    first = trials[0]
    data, model = first.data, first.model.spline()
    degrees = _listed({trial.data.degree for trial in trials})
    dimensions = _listed({trial.data.d for trial in trials})
    sizes = _listed({trial.n for trial in trials})
    fit_degree = f"s = {model.degree}" if model.degree else "s = P"
    k = (
        f"K = {model.intervals}"
        if model.intervals
        else f"ceil({model.k_constant:g} M^(1/(2 beta + 1)))"
        if model.k_rule == "rule"
        else f"from the data: {model.k_rule}"
    )
    by_gradient = "an MLP for phi, A by Adam" if first.model.name == "mlp" else "ERM by variable projection"
    seeds = len({trial.seed for trial in trials})
    return [
        Setting("degree P", degrees, "reported", "P = 3 and 8 in the figure", "data.degree"),
        Setting("dimension d", dimensions, "reported", "1, 5 and 30, slopes nearly parallel", "data.d"),
        Setting("activation", data.activation, "reported", "B-spline by least squares", "data.activation"),
        Setting("smoothed curve", "four random harmonics", "assumed", "what the spline was fitted to is not known"),
        Setting("knots of phi*", f"{data.knots} intervals", "assumed", "not known", "data.knots"),
        Setting("tokens", data.token_law, "reported", "on a cube; uniform, unit variance assumed", "data.token_law"),
        Setting("N", str(data.tokens), "assumed", "not known", "data.tokens"),
        Setting("noise law", data.noise_law, "assumed", "sub-Gaussian is all that is said", "data.noise_law"),
        Setting("noise level", f"{data.noise:g}", "assumed", "not known; Var g* = 1", "data.noise"),
        Setting("A*", "random frames, spectrum in [1/2, 1]", "assumed", "not known; scaled to sd(u) = 1/3"),
        Setting("rank r", str(data.rank), "assumed", "not known", "data.rank"),
        Setting("M", sizes, "assumed", "not known", "sweep.n_min, sweep.n_max"),
        Setting("spline degree", fit_degree, "assumed", "not known", "model.degree"),
        Setting("K", k, "assumed", "the rule is the paper's, its constant is not known", "model.k_constant"),
        Setting("estimator", by_gradient, "assumed", "an MLP surrogate and back-propagation; model=mlp", "model"),
        Setting("seeds", str(seeds), "assumed", "not known", "sweep.seeds"),
        Setting("error", "squared L2(rho), fresh pairs", "assumed", "not known; slopes on ln M"),
        Setting("slopes", "-0.81 (P = 3), -0.899 (P = 8)", "reported", "no interval was given"),
        Setting("theory", "-0.800, -0.933", "derived", "-2 beta/(2 beta + 1) with beta = P - 1"),
        Setting("theory, beta = P", "-0.857, -0.941", "derived", "a degree-P spline is Hoelder of order P"),
    ]


def _listed(values: set[int]) -> str:
    return ", ".join(map(str, sorted(values)))
