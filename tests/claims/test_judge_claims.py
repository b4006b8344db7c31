"""Verdicts on simulated records: what is true is supported, what is false contradicted, what is unknown undecided."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mtam import config
from mtam.analysis.run import Run
from mtam.base.finding import Finding, JudgedStatement
from mtam.base.spec import Trial
from mtam.claims.claim import Claim, LawWay, load
from mtam.claims.evidence import Gathered
from mtam.claims.judge_claims import judge, judge_all
from mtam.rates.verdict import Verdict
from mtam.sweep.planning import Plan

CLAIMS = {claim.id: claim for claim in load()}
Numbers = Callable[[Trial, dict[str, Any], np.random.Generator], dict[str, float] | None]


def evidence(sweep: str, settings: list[str], numbers: Numbers) -> Run:
    """A run of ``sweep`` whose records are made up: numbers(trial, axis, generator of the seed), None for a failure."""
    plan: Plan = config.plan_sweep(sweep, settings)
    records = {}
    for cell, keys in zip(plan.cells, plan.keys, strict=True):
        for key, trial in zip(keys, cell.trials, strict=True):
            found = numbers(trial, cell.axis, np.random.default_rng([trial.seed, trial.n]))
            records[key] = {"failure": "made up"} if found is None else {"numbers": found}
    return Run(plan, records)


def finding_of(said: JudgedStatement) -> Finding:
    """What a check found, this statement alone."""
    return Finding(
        name="fano", title="t", source="s", statement="s", assumptions=[], if_false="f", verdicts=[said], tables=[]
    )


def verdict(claim: str | Claim, found: Run) -> str:
    chosen = CLAIMS[claim] if isinstance(claim, str) else claim
    return str(judge(chosen, Gathered((found,), {})).row["verdict"])


SIZES = ["sweep.n_min=64", "sweep.n_max=65536", "sweep.seeds=6"]


def law(gamma: float, noise: float = 0.02) -> Numbers:
    """exp(-3 (ln n)^gamma) scaled to fall by the same factor, with seed effects."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        span = np.log(65536) ** gamma - np.log(64) ** gamma
        level = np.random.default_rng([7, trial.seed]).normal(scale=0.2)
        return {"error": float(np.exp(level - 5 * np.log(trial.n) ** gamma / span + noise * rng.normal()))}

    return numbers


def average(gamma: float, noise: float) -> Numbers:
    """The same as the average Bayes risk of a record."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        found = law(gamma, noise)(trial, axis, rng)
        assert found is not None
        return {"error": 1.0, "average_bayes_error": found["error"]}

    return numbers


def test_theorys_law_is_supported_and_a_power_law_contradicted() -> None:
    claim = "bayes-law-alpha-1"
    assert verdict(claim, evidence("alpha", ["data.alpha=1", *SIZES], average(0.5, 0.02))) == "supported"
    assert verdict(claim, evidence("alpha", ["data.alpha=1", *SIZES], average(1.0, 0.02))) == "contradicted"


def test_a_curve_flatter_than_every_law_with_an_exponent_supports_none() -> None:
    """(ln n)^-b bends like no exp(-C (ln n)^gamma): gamma ends at the border, and a floor explains it."""
    found = judge(
        CLAIMS["bayes-law-alpha-05"],
        Gathered((evidence("alpha", ["data.alpha=0.5", *SIZES], average(-1.0, 0.15)),), {}),
    ).row
    assert found["verdict"] == Verdict.UNDECIDED.in_full
    assert "the curve's own γ ends at 0.02, as far as is searched, which is no estimate" in found["because"]
    assert "a power of n with a floor of" in found["because"]


def minimax(said: Verdict) -> dict[str, Finding]:
    statement = JudgedStatement(key="exponent_exp_1", claim="the exponent", said=said, because="made up", value=0.5)
    return {"minimax": finding_of(statement)}


@pytest.mark.parametrize(
    ("exact", "gamma", "drift", "said"),
    [
        (Verdict.SUPPORTED, 0.5, 0.0, "supported"),
        (Verdict.CONTRADICTED, 0.5, 0.0, "contradicted"),
        (Verdict.UNDECIDED, 0.5, 0.0, "undecided"),
        (Verdict.SUPPORTED, 1.0, 0.0, "contradicted"),
        (Verdict.SUPPORTED, 0.5, 0.2, "contradicted"),
        (Verdict.SUPPORTED, 0.5, 0.05, "undecided"),
    ],
)
def test_the_law_needs_every_leg_and_falls_with_one(exact: Verdict, gamma: float, drift: float, said: str) -> None:
    """The exact minimax risk, the average Bayes risk, and the ratio to the Bayes rule."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        found = average(gamma, 0.01)(trial, axis, rng)
        assert found is not None
        bayes = found["average_bayes_error"]
        ratio = 1.6 * trial.n**drift * float(np.exp(0.02 * rng.standard_normal()))
        return found | {"error": bayes * ratio} | ({"bayes_error": bayes} if trial.n >= 1024 else {})

    run = evidence("alpha", ["data.alpha=1", "sweep.n_max=8192", "sweep.seeds=5"], numbers)
    told = {each.claim.id: each.row for each in judge_all(load(), Gathered((run,), minimax(exact)))}
    row = told["recall-law-alpha-1"]
    assert row["verdict"].startswith(said)
    for leg in ("minimax-exponent-alpha-1", "bayes-law-alpha-1", "recall-bayes-ratio-flat-alpha-1"):
        assert f"{leg} {told[leg]['verdict'].partition(' ')[0]}" in row["because"]
    assert told["recall-law-alpha-2"]["verdict"] == Verdict.UNDECIDED.in_full


@pytest.mark.parametrize(("gamma", "said"), [(0.5, "supported"), (1.0, "contradicted")])
def test_the_folder_of_a_sweep_alone_decides_the_law(gamma: float, said: str) -> None:
    """The exact minimax exponent needs no data: where check minimax was not run it is computed, and says so."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        found = average(gamma, 0.01)(trial, axis, rng)
        assert found is not None
        bayes = found["average_bayes_error"]
        ours = 1.6 * bayes * float(np.exp(0.02 * rng.standard_normal()))
        return found | {"error": ours} | ({"bayes_error": bayes} if trial.n >= 1024 else {})

    run = evidence("alpha", ["data.alpha=1", "sweep.n_max=8192", "sweep.seeds=5"], numbers)
    told = {each.claim.id: each.row for each in judge_all(load(), Gathered((run,), {}))}
    assert told["recall-law-alpha-1"]["verdict"] == said
    assert told["minimax-exponent-alpha-1"]["verdict"] == "supported"
    assert "computed here, as check minimax does" in told["minimax-exponent-alpha-1"]["because"]
    assert "check minimax was not run" in told["minimax-slope-alpha-1"]["because"]
    other = {each.claim.id: each.row for each in judge_all(load(), Gathered((), {}))}
    assert "check minimax was not run" in other["minimax-exponent-alpha-1"]["because"]


@pytest.mark.parametrize(
    ("drift", "said"), [(0.0, "supported"), (0.15, "contradicted"), (-0.15, "contradicted"), (0.05, "undecided")]
)
def test_a_transformer_that_stops_improving_is_not_flat_against_the_bayes_rule(drift: float, said: str) -> None:
    """Levels of targets differ by factors of ten; the ratio on the same contexts by two percent."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        bayes = float(np.exp(2 * np.random.default_rng([3, trial.seed]).standard_normal()) * trial.n**-0.4)
        found = {"error": bayes * 1.6 * float(trial.n**drift * np.exp(0.02 * rng.standard_normal()))}
        return found | ({"bayes_error": bayes} if trial.n >= 1024 else {})

    run = evidence("alpha", ["data.alpha=1,2", "sweep.n_max=8192", "sweep.seeds=5"], numbers)
    for claim in ("recall-bayes-ratio-flat-alpha-1", "recall-bayes-ratio-flat-alpha-2"):
        assert verdict(claim, run).startswith(said)


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        (lambda n: np.exp(-2 * np.log(n) ** 0.5), "supported"),
        (lambda n: n**-0.5, "contradicted"),
        (lambda n: n**-0.7 + 0.003, "contradicted"),
        (lambda n: n**-0.5 + 0.03, "contradicted"),
    ],
)
def test_the_average_bayes_risk_of_another_law_is_not_supported(curve: Callable[[float], float], said: str) -> None:
    """The law, a power of n and powers that end at a floor, with a scatter of one percent between seeds."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        return {"error": 1.0, "average_bayes_error": float(curve(trial.n) * np.exp(0.01 * rng.standard_normal()))}

    settings = ["data.alpha=1", "sweep.n_max=8192", "sweep.seeds=5"]
    assert verdict("bayes-law-alpha-1", evidence("alpha", settings, numbers)).startswith(said)


def test_too_much_noise_to_tell_the_laws_apart_is_undecided() -> None:
    found = evidence("alpha", ["data.alpha=1", "sweep.first_seed=0", *SIZES], average(0.8, noise=0.5))
    assert verdict("bayes-law-alpha-1", found) == Verdict.UNDECIDED.in_full


def power(slope: float, noise: float, wobble: float = 0.0) -> Numbers:
    """M^slope with noise of every trial and slopes that differ between seeds."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        own = slope + wobble * np.random.default_rng([3, trial.seed]).normal()
        error = trial.n**own * np.exp(noise * rng.normal())
        return {"error": float(error), "forecast_error": float(trial.n**-0.8), "oracle_error": float(error)}

    return numbers


@pytest.mark.parametrize(
    ("drift", "wobble", "expected"),
    [(0.0, 0.02, "supported"), (-0.1, 0.02, "contradicted"), (0.0, 0.5, Verdict.UNDECIDED.in_full)],
)
def test_a_slope_against_the_linear_estimator_on_the_same_data(drift: float, wobble: float, expected: str) -> None:
    """The noise of a data set, twenty percent, is that of both; an error that falls faster than its control is seen."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        linear = float(trial.n**-0.9 * np.exp(0.2 * rng.normal()))
        own = drift + wobble * np.random.default_rng([3, trial.seed]).normal()
        return {"error": linear * float(trial.n**own), "linear_error": linear}

    assert verdict("forecast-d5", evidence("d", ["data.d=5", "sweep.seeds=8"], numbers)) == expected


@pytest.mark.parametrize(
    ("slope", "noise", "expected"),
    [(-0.8, 0.02, "supported"), (-0.95, 0.02, "supported"), (-0.5, 0.02, "contradicted"),
     (-0.8, 0.8, Verdict.UNDECIDED.in_full)],
)  # fmt: skip
def test_an_upper_bound_is_not_broken_by_a_steeper_slope(slope: float, noise: float, expected: str) -> None:
    assert verdict("rate-d1", evidence("d", ["data.d=1", "sweep.seeds=8"], power(slope, noise))) == expected


def test_sizes_outside_the_condition_are_left_out_and_said() -> None:
    """d = 5, beta = 2 needs M = 32000: a slope of zero below is no evidence, one of -0.8 from there on is."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        return {"error": float(max(trial.n, 33000) ** -0.8 * np.exp(0.01 * rng.normal()))}

    told = judge(CLAIMS["rate-d5"], Gathered((evidence("d", ["data.d=5"], numbers),), {})).row
    assert told["verdict"] == "supported"
    assert "5 of 8 sizes are left out, inside_theorem does not hold there: theory needs M = 3.2e+04" in told["because"]


def test_a_trial_that_failed_at_a_size_that_is_left_out_costs_no_seed() -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float] | None:
        del axis
        return None if trial.n < 32000 else {"error": float(trial.n**-0.8 * np.exp(0.01 * rng.normal()))}

    def failing_late(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float] | None:
        return None if trial.n > 32000 else numbers(trial, axis, rng)

    settings = ["data.d=5", "sweep.seeds=8"]
    assert verdict("rate-d5", evidence("d", settings, numbers)) == "supported"
    assert verdict("rate-d5", evidence("d", settings, failing_late)) == Verdict.UNDECIDED.in_full


def inside(slopes: dict[int, float], noise: float = 0.03) -> Run:
    """Made up records of sweep inside, a slope for every d; truths and noises differ between seeds."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        level = np.random.default_rng([9, trial.seed]).normal(scale=0.3)
        own = rng.normal(size=31)[axis["data.d"]]
        return {"error": float(np.exp(level + noise * own) * trial.n ** slopes[axis["data.d"]])}

    return evidence("inside", [], numbers)


def test_lines_inside_the_theorem_are_parallel_and_as_steep_as_theory() -> None:
    found = inside({1: -0.667, 5: -0.67, 30: -0.69})
    for claim in ("inside-parallel", "inside-d1", "inside-d5", "inside-d30", "inside-rate-d30"):
        assert verdict(claim, found) == "supported"


def test_a_truth_of_another_smoothness_in_one_dimension_is_not_parallel() -> None:
    """Negative control: beta = 3 in d = 5, slope -6/7."""
    found = inside({1: -2 / 3, 5: -6 / 7, 30: -2 / 3})
    told = judge(CLAIMS["inside-parallel"], Gathered((found,), {})).row
    assert told["verdict"] == "contradicted"
    assert "d = 5" in told["because"]
    assert verdict("inside-rate-d5", found) == "contradicted"
    assert verdict("inside-d5", found) == "supported"  # steeper breaks no upper bound


def test_an_error_that_falls_too_slowly_contradicts_the_upper_bound_inside() -> None:
    """Negative control: slope -1/2 in d = 30."""
    found = inside({1: -2 / 3, 5: -2 / 3, 30: -0.5})
    assert verdict("inside-d30", found) == "contradicted"
    assert verdict("inside-parallel", found) == "contradicted"


def test_noise_that_hides_the_slopes_leaves_parallel_lines_undecided() -> None:
    assert verdict("inside-parallel", inside({1: -0.667, 5: -0.667, 30: -0.667}, 0.5)) == Verdict.UNDECIDED.in_full


@pytest.mark.parametrize(
    ("factor", "collapsed", "seeds", "reaches", "learns"),
    [
        (1.3, 0, 40, "supported", "supported"),
        (1.3, 3, 10, "supported", Verdict.UNDECIDED.in_full),
        (1.3, 12, 40, "supported", "contradicted"),
        (8.0, 3, 10, "contradicted", Verdict.UNDECIDED.in_full),
        (8.0, 12, 20, "contradicted", "contradicted"),
        (1.3, 8, 10, Verdict.UNDECIDED.in_full, "contradicted"),
        (8.0, 0, 5, Verdict.UNDECIDED.in_full, Verdict.UNDECIDED.in_full),
    ],
)
def test_starts_that_collapse_do_not_hide_what_the_others_do(
    factor: float, collapsed: int, seeds: int, reaches: str, learns: str
) -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        own = 5000.0 if trial.seed < collapsed else factor * float(np.exp(0.1 * rng.normal()))
        return {"error": 2e-4 * (own if axis["model"] == "mlp" else 1.0)}

    found = evidence("surrogate", [f"sweep.seeds={seeds}", "sweep.first_seed=0"], numbers)
    assert verdict("mlp-reaches-erm", found) == reaches
    assert verdict("mlp-learns", found) == learns


@pytest.mark.parametrize(
    ("shares", "ratio", "basin", "reaches"),
    [
        ((1.0, 1.0), 1.02, "supported", "supported"),
        ((0.4, 0.6), 1.02, "contradicted", "supported"),
        ((1.0, 1.0), 1.5, "supported", "contradicted"),
        ((0.4, 1.0), 1.1, Verdict.UNDECIDED.in_full, Verdict.UNDECIDED.in_full),
        ((0.0, 0.0), None, "contradicted", Verdict.UNDECIDED.in_full),
    ],
)
def test_the_chance_of_the_basin_and_the_risk_in_it_are_judged_apart(
    shares: tuple[float, float], ratio: float | None, basin: str, reaches: str
) -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        found = {"error": 1.0, "starts": 5, "reached_share": shares[trial.seed % 2], "erm_error": 1e-3}
        return found | ({} if ratio is None else {"basin_error": 1e-3 * ratio * float(np.exp(0.05 * rng.normal()))})

    run = evidence("training", [], numbers)
    assert verdict("training-basin-adam-moment", run) == basin
    assert verdict("training-ratio-adam-moment", run) == reaches


@pytest.mark.parametrize(
    ("power", "noise", "expected"),
    [(1.5, 0.3, "supported"), (4.0, 0.3, "contradicted"), (2.32, 1.0, Verdict.UNDECIDED.in_full)],
)
def test_steps_on_the_plateau_are_judged_by_their_exponent_in_d(power: float, noise: float, expected: str) -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del rng  # that of the seed would shift all values of d alike
        own = np.random.default_rng([trial.seed, int(axis["data.d"])]).normal()
        return {"error": 1.0, "escape_steps": 10 * axis["data.d"] ** power * float(np.exp(noise * own))}

    assert verdict("plateau-sgd", evidence("plateau", [], numbers)) == expected


@pytest.mark.parametrize(("factor", "expected"), [(1.45, "supported"), (2.5, "contradicted"), (0.8, "contradicted")])
def test_what_more_tokens_cost(factor: float, expected: str) -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        times = factor if axis["data.tokens"] == 10 else 1.0
        error = float(times * trial.n**-0.8 * np.exp(0.05 * rng.normal()))
        return {"error": error, "forecast_typical_oracle_error": error}

    assert verdict("tokens-cost", evidence("tokens", [], numbers)) == expected


@pytest.mark.parametrize(("tilt", "expected"), [(0.0, "supported"), (0.1, "contradicted")])
def test_slopes_over_ranks_are_those_of_errors_averaged_over_noises(tilt: float, expected: str) -> None:
    """The error of one draw of noise plays no part."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        slope = -0.8 - tilt * axis["data.rank"]
        mean = float(trial.n**slope * np.exp(0.01 * rng.normal()))
        drawn = float(np.exp(rng.normal()))
        return {"error": drawn, "oracle_error": drawn, "forecast_typical_oracle_error": mean}

    assert verdict("rank-free", evidence("rank", [], numbers)) == expected


@pytest.mark.parametrize(("tilt", "expected"), [(0.0, "supported"), (0.02, "contradicted")])
def test_lines_of_one_degree_are_compared_on_the_reported_run(tilt: float, expected: str) -> None:
    """Another degree's lines have other slopes and do not enter."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        slope = -0.8 - tilt * axis["data.d"] * (axis["data.degree"] == 3) - (axis["data.degree"] == 8)
        drawn = float(np.exp(rng.normal()))  # of the one draw of noise, which plays no part
        return {"error": drawn, "controlled_error": float(trial.n**slope * np.exp(0.02 * rng.normal()))}

    found = evidence("d_reported", [], numbers)
    assert verdict("reported-parallel-3", found) == expected
    assert verdict("reported-parallel-8", found) == "supported"


@pytest.mark.parametrize(("slope", "expected"), [(-0.81, "supported"), (-1.0, "contradicted")])
def test_the_published_slope_on_the_reported_run(slope: float, expected: str) -> None:
    """By the error with the linearised estimator as a control variate."""
    plain = power(slope, 0.02)

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        found = plain(trial, axis, rng) or {}
        return {"error": float(np.exp(rng.normal())), "controlled_error": found["error"]}

    assert verdict("reported-slope-3-d5", evidence("d_reported", [], numbers)) == expected


def test_a_cell_outside_the_theorems_condition_says_so_with_its_interval() -> None:
    found = evidence("d", ["data.d=30"], power(-0.8, 0.02, 0.02))
    told = judge(CLAIMS["rate-d30"], Gathered((found,), {})).row
    assert told["verdict"] == Verdict.OUTSIDE.in_full
    assert told["low"] < -0.8 < told["high"]
    assert "theory needs M" in told["because"]


def needing(fact: str) -> Claim:
    return CLAIMS["rate-d1"].model_copy(update={"needs": fact})


@pytest.mark.parametrize(
    ("facts", "verdict_", "because"),
    [
        ({"holds": True}, "supported", ""),
        ({"holds": False}, Verdict.OUTSIDE.in_full, "holds does not hold here"),
        (
            {"holds": False, "theorem_needs_M": 3e5},
            Verdict.OUTSIDE.in_full,
            "holds does not hold here: theory needs M = 3e+05",
        ),
        ({"another": True}, Verdict.UNDECIDED.in_full, "nothing is known of holds"),
    ],
)
def test_a_claim_that_needs_a_fact_of_a_cell(
    facts: dict[str, object], verdict_: str, because: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether or not theory tells the size that it needs there; a fact that nobody tells is no broken condition."""
    monkeypatch.setattr("mtam.interaction.interaction_spec.InteractionTrial.facts", lambda _: facts)
    found = evidence("d", ["data.d=1", "sweep.seeds=8"], power(-0.8, 0.02, 0.02))
    told = judge(needing("holds"), Gathered((found,), {})).row
    assert told["verdict"] == verdict_
    assert because in told["because"]
    if verdict_ == Verdict.OUTSIDE.in_full:
        assert ("theory needs" in told["because"]) == ("theorem_needs_M" in facts)


def test_a_cell_that_tells_no_needed_size_is_judged_in_a_real_run() -> None:
    """Cells of recall have no theorem_needs_M."""
    claim = CLAIMS["recall-ordered-in-alpha"].model_copy(
        update={"judge": LawWay(way="law"), "at": {"data.alpha": 1}, "needs": "inside_theorem"}
    )
    told = judge(claim, Gathered((evidence("alpha", ["data.alpha=1", *SIZES], law(0.5)),), {})).row
    assert told["verdict"] == Verdict.UNDECIDED.in_full
    assert "nothing is known of inside_theorem" in told["because"]


@pytest.mark.parametrize(("tilt", "expected"), [(0.0, "supported"), (0.02, "contradicted")])
def test_lines_that_are_parallel_or_not(tilt: float, expected: str) -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        slope = -0.8 - tilt * axis["data.d"]
        return {"error": float(trial.n**slope * np.exp(0.02 * rng.normal()))}

    assert verdict("parallel-lines", evidence("d", [], numbers)) == expected


@pytest.mark.parametrize(("exponent", "expected"), [(-1.0, "supported"), (-0.6, "contradicted")])
def test_the_exponent_of_a_difference_that_may_be_negative(exponent: float, expected: str) -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        return {"error": 1.0, "parametric_error": float(trial.n**exponent * (1 + 0.2 * rng.normal()))}

    found = evidence("d", ["data.d=5", "sweep.seeds=20"], numbers)
    assert verdict("price-of-a-d5", found) == expected


@pytest.mark.parametrize(
    ("factor", "expected"), [(20.0, "supported"), (1.0, "contradicted"), (1.5, Verdict.UNDECIDED.in_full)]
)
def test_linear_attention_against_softmax(factor: float, expected: str) -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del trial
        times = factor if axis["model"] == "linear" else 1.0
        return {"error": float(0.02 * times * np.exp(0.1 * rng.normal()))}

    settings = ["data.tags=orthonormal,simplex", "model=softmax,linear", "sweep.seeds=5"]
    assert verdict("remark3-linear-orthonormal", evidence("attention", settings, numbers)) == expected


def test_a_ratio_has_to_hold_at_every_size() -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del axis
        times = 3.0 if trial.n == 2048 else 1.3
        return {"error": times * float(np.exp(0.02 * rng.normal())), "bayes_error": 1.0}

    found = evidence("alpha", ["data.alpha=1", *SIZES], numbers)
    assert verdict("recall-near-bayes-alpha-1", found) == "contradicted"


def test_an_order_that_holds_and_one_that_does_not() -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        return {"error": float(trial.n ** -axis["data.alpha"] * np.exp(0.1 * rng.normal()))}

    def reversed_(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        return numbers(trial, {"data.alpha": -axis["data.alpha"]}, rng)

    claim = "recall-ordered-in-alpha"
    assert verdict(claim, evidence("alpha", SIZES, numbers)) == "supported"
    assert verdict(claim, evidence("alpha", SIZES, reversed_)) == "contradicted"


def test_a_broken_assumption_is_outside_whatever_the_numbers_say() -> None:
    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        del trial, axis
        return {"error": 1.0, "attention_mass": float(0.3 + 0.01 * rng.normal())}

    found = evidence("separation", ["data.correlation=0.9"], numbers)
    told = judge(CLAIMS["assumption2-correlated-tags"], Gathered((found,), {})).row
    assert told["verdict"] == Verdict.OUTSIDE.in_full
    assert "Assumption 2" in told["because"]


def test_failed_trials_and_single_seeds_leave_a_claim_undecided() -> None:
    claim = "rate-d1"
    assert verdict(claim, evidence("d", ["data.d=1", "sweep.seeds=1"], power(-0.8, 0.0))) == Verdict.UNDECIDED.in_full
    assert verdict(claim, evidence("d", ["data.d=1"], lambda *_: None)) == Verdict.UNDECIDED.in_full


def test_what_was_not_run_is_undecided_with_the_reason() -> None:
    rows = [each.row for each in judge_all(CLAIMS.values(), Gathered((), {}))]
    assert {told["verdict"] for told in rows} == {Verdict.UNDECIDED.in_full}
    assert all("was not run" in told["because"] for told in rows)


def test_verdicts_of_checks_join_the_table() -> None:
    claim = Claim.model_validate(
        {
            "id": "x",
            "claim": "risk times rate is flat",
            "source": "B, Theorem 4.4",
            "judge": {"way": "found", "check": "fano", "key": "flat"},
            "why": "as the check says",
        }
    )
    said = JudgedStatement(
        key="flat", claim="flat", said=Verdict.CONTRADICTED, because="it rises", value=2.0, low=1.5, high=2.5
    )
    told = judge(claim, Gathered((), {"fano": finding_of(said)})).row
    assert (told["verdict"], told["value"], told["low"]) == ("contradicted", 2.0, 1.5)
    assert judge(claim, Gathered((), {})).row["verdict"] == Verdict.UNDECIDED.in_full


def _scaled(column: str, to: str, factor: Callable[[Trial, dict[str, Any]], float]) -> Numbers:
    """``column`` is so many times ``to``, which falls as n^-0.4 with targets' levels, up to two percent."""

    def numbers(trial: Trial, axis: dict[str, Any], rng: np.random.Generator) -> dict[str, float]:
        level = float(np.exp(np.random.default_rng([3, trial.seed]).standard_normal()) * trial.n**-0.4)
        return {to: level, column: level * factor(trial, axis) * float(np.exp(0.02 * rng.standard_normal()))}

    return numbers


@pytest.mark.parametrize(
    ("claim", "sweep", "column", "to"),
    [
        ("capacity-growth-rate", "capacity_growth", "error", "bayes_error"),
        ("polynomial-rate-1", "spectrum", "error", "bayes_error"),
        ("polynomial-rate-3", "spectrum", "error", "bayes_error"),
    ],
)
@pytest.mark.parametrize(("drift", "said"), [(0.0, "supported"), (0.3, "contradicted")])
def test_a_model_that_falls_behind_the_bayes_rule_contradicts_its_rate(
    claim: str, sweep: str, column: str, to: str, drift: float, said: str
) -> None:
    run = evidence(sweep, ["sweep.seeds=5"], _scaled(column, to, lambda trial, _: 1.5 * trial.n**drift))
    assert verdict(claim, run) == said


@pytest.mark.parametrize(
    ("claim", "sweep", "key", "value"),
    [("basis-rate-haar", "basis", "data.basis", "haar"), ("separation-rate", "separation", "data.correlation", 0.5)],
)
@pytest.mark.parametrize(("drift", "said"), [(0.0, "supported"), (0.3, "contradicted"), (-0.3, "contradicted")])
def test_a_cell_with_a_rate_of_its_own_is_not_flat_against_the_rival(
    claim: str, sweep: str, key: str, value: object, drift: float, said: str
) -> None:
    """The rate is a power of n away in the claim's cell alone; an assumption that is broken keeps its word outside."""
    factor = _scaled("error", "level", lambda trial, axis: trial.n**drift if axis[key] == value else 1.0)
    run = evidence(sweep, ["sweep.seeds=5"], factor)
    within = CLAIMS[claim].model_copy(update={"outside": ""})
    assert verdict(within, run) == said
    if CLAIMS[claim].outside:
        assert verdict(claim, run) == "outside the theorem's conditions"


@pytest.mark.parametrize(
    ("claim", "sweep", "columns", "supported", "contradicted"),
    [
        ("effective-dimension-alpha-05", "alpha", ("axes_learned", "cover_axes"), 1.2, 0.2),
        ("effective-dimension-bayes-alpha-1", "alpha", ("axes_learned", "bayes_axes_learned"), 0.95, 0.6),
        ("capacity-posterior-2", "capacity_noise", ("attention_mass", "posterior_mass"), 0.97, 0.6),
        ("length-floor", "length", ("error", "token_floor"), 1.5, 4.0),
    ],
)
def test_ratios_of_columns_come_out_both_ways(
    claim: str, sweep: str, columns: tuple[str, str], supported: float, contradicted: float
) -> None:
    for factor, said in ((supported, "supported"), (contradicted, "contradicted")):
        run = evidence(sweep, ["sweep.seeds=4"], _scaled(*columns, lambda *_, by=factor: by))
        assert verdict(claim, run) == said


@pytest.mark.parametrize(
    ("claim", "sweep", "column", "holds", "fails"),
    [
        ("capacity-growth-recall", "capacity_growth", "attention_mass", 0.97, 0.06),
        ("capacity-within-rankin", "capacity", "attention_mass", 0.98, 0.7),
        ("capacity-saturation", "capacity", "attention_mass", 0.2, 0.9),
    ],
)
def test_masses_come_out_both_ways(claim: str, sweep: str, column: str, holds: float, fails: float) -> None:
    for mass, said in ((holds, "supported"), (fails, "contradicted")):
        run = evidence(sweep, ["sweep.seeds=4"], lambda *at, by=mass: {column: by + 1e-3 * at[-1].normal()})
        assert verdict(claim, run) == said


def test_longer_contexts_that_are_worth_more_contradict_that_length_does_not_count() -> None:
    for power, said in ((0.0, "supported"), (-0.4, "contradicted")):
        factor = _scaled("error", "level", lambda _, axis, by=power: (axis["data.length"] / 64) ** by)  # type: ignore[misc]
        assert verdict("length-free", evidence("length", ["sweep.seeds=4"], factor)) == said
