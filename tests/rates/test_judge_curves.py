"""Each way to judge says all three things where it should, and seldom the wrong one."""

from collections.abc import Callable

import numpy as np
import pytest

from mtam.rates import judge_curves
from mtam.rates.curve import Curve, matched
from mtam.rates.intervals import Interval
from mtam.rates.laws import Floats, PowerLaw
from mtam.rates.verdict import Judgement, Verdict

RNG = np.random.default_rng(0)
LEVELS: Floats = np.exp(0.8 * RNG.normal(size=8))  # seeds differ by factors; paired comparisons do not mind
NOISE: Floats = np.exp(np.array([0.06, -0.06, 0.03, -0.03, 0.08, -0.08, 0.01, -0.01]))


@pytest.mark.parametrize(
    ("interval", "keywords", "verdict"),
    [
        (Interval(-0.8, -0.85, -0.75), {}, "supported"),
        (Interval(-0.9, -0.95, -0.82), {}, "contradicted"),
        (Interval(-0.9, -0.95, -0.82), {"tolerance": 0.05}, "supported"),
        (Interval(-0.8, -1.5, -0.1), {"widest": 0.2}, "undecided"),
        (Interval(-0.8, -np.inf, -0.1), {"widest": 0.2}, "undecided"),
        (Interval(-2.0, -2.5, -1.5), {"widest": 0.2}, "contradicted"),
        (Interval(-0.9, -1.0, -0.75), {"rival": -1.0}, "undecided"),
        (Interval(-0.9, -0.99, -0.75), {"rival": -1.0}, "supported"),
        (Interval(-0.9, -1.0, -0.85), {"rival": -1.0}, "contradicted"),
        (None, {}, "undecided"),
    ],
)
def test_contains(interval: Interval | None, keywords: dict[str, float], verdict: str) -> None:
    found = judge_curves.contains(interval, -0.8, **keywords)
    assert found.verdict == verdict
    assert found.interval == interval


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        (Interval(1.5, 1.2, 1.9), "supported"),
        (Interval(1.5, 1.2, 2.1), "undecided"),
        (Interval(2.5, 2.1, 2.9), "contradicted"),
        (None, "undecided"),
    ],
)
def test_within(interval: Interval | None, verdict: str) -> None:
    assert judge_curves.within(interval, high=2.0).verdict == verdict


def test_slope_is_that_of_the_fit() -> None:
    sizes: Floats = np.asarray(2.0 ** np.arange(6, 12), dtype=np.float64)
    found = judge_curves.slope(PowerLaw(), sizes, np.asarray(LEVELS[:, None] / sizes**0.8))
    assert found is not None
    assert (found.low, found.value, found.high) == pytest.approx((-0.8, -0.8, -0.8))
    assert judge_curves.slope(PowerLaw(), sizes, np.asarray(1 / sizes[None] ** 0.8)) is None


def test_a_ratio_is_paired_by_seed() -> None:
    found, loose = (judge_curves.ratio(1.5 * LEVELS * NOISE, LEVELS, paired=paired) for paired in (True, False))
    assert found is not None
    assert loose is not None
    assert found.low < 1.5 < found.high
    assert found.high / found.low < 1.2
    assert loose.high / loose.low > 2


def test_welch_against_scipy() -> None:
    from scipy.stats import ttest_ind

    a, b = RNG.normal(size=5), 3 * RNG.normal(size=9)
    found = judge_curves.difference(a, b, 0.9, paired=False)
    expected = ttest_ind(a, b, equal_var=False).confidence_interval(0.9)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


@pytest.mark.parametrize(
    ("factors", "verdict"),
    [((1, 2, 4), "supported"), ((1, 2, 2.02), "undecided"), ((1, 2, 1.5), "contradicted"), ((2, 1), "contradicted")],
)
@pytest.mark.parametrize("sizes", [1, 5])
def test_ordering(factors: tuple[float, ...], verdict: str, sizes: int) -> None:
    rng = np.random.default_rng(5)
    decay = np.arange(1, sizes + 1) ** -0.5
    curves = [f * LEVELS[:, None] * decay * np.exp(0.05 * rng.normal(size=(8, sizes))) for f in factors]
    found = judge_curves.ordering(curves if sizes > 1 else [curve[:, 0] for curve in curves])
    assert found.verdict == verdict, found
    assert found.interval is not None


def test_one_reversed_size_contradicts_the_order_at_every_size() -> None:
    low = LEVELS[:, None] * np.ones(4) * np.exp(0.02 * RNG.normal(size=(8, 4)))
    high = 2 * LEVELS[:, None] * np.array([1, 1, 1, 0.3])
    found = judge_curves.ordering([low, high])
    assert found.verdict == "contradicted"
    assert "1 of 4" in found.reason


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1.5, "supported"), (2.0, "undecided"), (3.0, "contradicted"), (0.4, "contradicted")]
)
def test_ratio_within(factor: float, verdict: str) -> None:
    assert judge_curves.ratio_within(factor * LEVELS * NOISE, LEVELS, 1, 2).verdict == verdict


@pytest.mark.parametrize(
    ("shift", "verdict"), [(0.0, "supported"), (0.05, "supported"), (0.1, "undecided"), (0.3, "contradicted")]
)
def test_equivalence(shift: float, verdict: str) -> None:
    rng = np.random.default_rng(6)
    slopes = [-0.8 + s + 0.02 * rng.normal(size=8) for s in (0.0, 0.0, shift)]
    assert judge_curves.equivalence(slopes, 0.1, paired=False).verdict == verdict


@pytest.mark.parametrize(
    "ask",
    [
        lambda one: judge_curves.ordering([one, one]),
        lambda one: judge_curves.ratio_within(one, one, high=2),
        lambda one: judge_curves.equivalence([one, one], 0.1),
        lambda one: judge_curves.ordering([one, one], paired=False),
    ],
)
def test_one_seed_decides_nothing(ask: Callable[[Floats], Judgement]) -> None:
    found = ask(np.ones(1))
    assert found.verdict == "undecided"
    assert found.interval is None


@pytest.mark.parametrize("paired", [True, False])
def test_wrong_verdicts_are_rare(paired: bool) -> None:
    """At the border of the margin equivalence is claimed in at most 5%; equal curves are called ordered in 2.5%."""
    rng = np.random.default_rng(7)
    repeats, margin = 500, 0.5
    a, b = rng.normal(size=(2, repeats, 5))
    both = list(zip(a, b, strict=True))
    equal = sum(
        judge_curves.equivalence([x, y + margin], margin, paired=paired).verdict == "supported" for x, y in both
    )
    told = [judge_curves.ordering([np.exp(x), np.exp(y)], paired=paired).verdict for x, y in both]
    assert equal / repeats <= 0.08
    assert told.count(Verdict.SUPPORTED) / repeats <= 0.05
    assert told.count(Verdict.CONTRADICTED) / repeats <= 0.05
    near = sum(judge_curves.equivalence([x, y], 8.0, paired=paired).verdict == "supported" for x, y in both)
    assert near / repeats > 0.9


@pytest.mark.parametrize(
    ("ask", "hint"),
    [
        (lambda: judge_curves.ratio(np.ones(3), np.ones(4)), "as many on both sides"),
        (lambda: judge_curves.ratio(np.ones(3), np.zeros(3)), "positive"),
        (lambda: judge_curves.ordering([np.ones(3)]), "two curves"),
        (lambda: judge_curves.equivalence([np.ones(3), np.ones(3)], 0.0), "positive margin"),
    ],
)
def test_wrong_questions(ask: Callable[[], object], hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        ask()


def test_curves_are_matched_by_seed_and_size() -> None:
    a = Curve(np.array([1.0, 2.0, 4.0]), (0, 1, 2), np.arange(9.0).reshape(3, 3), ())
    b = Curve(np.array([2.0, 4.0, 8.0]), (1, 2, 5), 10 + np.arange(9.0).reshape(3, 3), ())
    left, right = matched([a, b])
    assert left.sizes.tolist() == right.sizes.tolist() == [2.0, 4.0]
    assert left.seeds == right.seeds == (1, 2)
    assert left.errors.tolist() == [[4.0, 5.0], [7.0, 8.0]]
    assert right.errors.tolist() == [[10.0, 11.0], [13.0, 14.0]]
    with pytest.raises(ValueError, match="0 seeds"):
        matched([a, Curve(a.sizes, (7,), np.ones((1, 3)), ())])


@pytest.mark.parametrize(
    ("drift", "noise", "verdict"),
    [
        (0.0, 0.02, Verdict.SUPPORTED),
        (0.03, 0.02, Verdict.SUPPORTED),
        (0.2, 0.02, Verdict.CONTRADICTED),
        (-0.2, 0.02, Verdict.CONTRADICTED),
        (0.0, 0.5, Verdict.UNDECIDED),
    ],
)
def test_a_ratio_is_flat_within_a_margin(drift: float, noise: float, verdict: Verdict) -> None:
    """Levels that seeds have in common drop out, sizes below the first one asked for say nothing."""
    sizes = np.array([64.0, 1024, 2048, 4096, 8192])
    rng = np.random.default_rng(6)
    level = 3 * rng.standard_normal((6, 1))
    known = np.exp(level - 0.4 * np.log(sizes))
    ours = known * 1.6 * sizes**drift * np.exp(noise * rng.standard_normal((6, 5)))
    ours[:, 0] *= 50  # a size that is left out
    points, other = (Curve(sizes, tuple(range(6)), errors, ()) for errors in (ours, known))
    told = judge_curves.flat_ratio(points, other, 0.05, from_size=1024)
    assert told.verdict == verdict
    assert told.interval is not None
    assert told.interval.value == pytest.approx(drift, abs=0.4 * noise + 0.005)
    assert judge_curves.flat_ratio(points, other, 0.05).verdict == Verdict.CONTRADICTED
    few = Curve(sizes, (0,), ours[:1], ())
    assert judge_curves.flat_ratio(few, other, 0.05).verdict == Verdict.UNDECIDED
    assert judge_curves.flat_ratio(points, other, 0.05, from_size=8192).verdict == Verdict.UNDECIDED
