"""The verdict on a law: planted laws come out as what they are, floors and scatter included."""

from dataclasses import replace

import numpy as np
import pytest

from mtam.rates.compare import FIRST, NEITHER, OPEN, SECOND, Comparison
from mtam.rates.curve import Curve
from mtam.rates.fitting.gamma import at_border
from mtam.rates.law_judgement import compared, judgement, verdict
from mtam.rates.laws import Floats, LogPower, PowerLaw, SubPolynomial
from mtam.rates.simulation.simulate_curves import CurveTruth, simulate
from mtam.rates.verdict import Judgement, Verdict

SIZES: Floats = np.asarray(2.0 ** np.arange(6, 14), dtype=np.float64)
LAW = SubPolynomial(0.5)
CLEAR = CurveTruth(LAW, -2.0, level=0.3, noise=0.01)


def drawn(truth: CurveTruth, seeds: int = 5) -> Curve:
    return Curve(SIZES, tuple(range(seeds)), simulate(truth, SIZES, seeds, np.random.default_rng(3)), ())


def scattered(means: Floats, scatter: float, seeds: int, key: int) -> Curve:
    noise = scatter * np.random.default_rng(key).standard_normal((seeds, len(SIZES)))
    return Curve(SIZES, tuple(range(seeds)), means * np.exp(noise), ())


def said(law: SubPolynomial, points: Curve) -> Judgement:
    told = judgement(compared(law, (PowerLaw(),), points), points)
    assert told is not None
    return told


def between(answer: int | None) -> Comparison:
    return Comparison(LAW, PowerLaw(), None, None, None, answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (FIRST, "theory's law fits better"),
        (SECOND, "a power law fits better"),
        (OPEN, "these sizes cannot tell"),
        (NEITHER, "neither law fits"),
        (None, "too few sizes or seeds to compare laws"),
    ],
)
def test_verdicts_against_a_power_law(answer: int | None, words: str) -> None:
    assert verdict([between(answer)]) == words


def test_a_verdict_against_several_rivals_names_them() -> None:
    other = replace(between(OPEN), rival=LogPower())
    told = verdict([between(FIRST), other])
    assert told == (
        "exp(-C (ln n)^0.5) fits better than n^-b; these sizes cannot tell exp(-C (ln n)^0.5) from (ln n)^-b"
    )


@pytest.mark.parametrize("answer", [FIRST, SECOND, OPEN, NEITHER])
def test_a_judgement_follows_the_answer_and_not_its_words(answer: int) -> None:
    curve = drawn(CLEAR)
    told = judgement([between(answer)], curve)
    assert told is not None
    wanted = {FIRST: Verdict.SUPPORTED, SECOND: Verdict.CONTRADICTED}
    assert told.verdict == wanted.get(answer, Verdict.UNDECIDED)
    assert told.interval is not None
    assert judgement([between(None)], curve) is None
    assert judgement([], curve) is None


@pytest.mark.parametrize("gamma", [1 / 3, 1 / 2, 2 / 3])
def test_a_planted_power_law_is_contradicted_and_one_with_a_floor_is_never_supported(gamma: float) -> None:
    """The negative controls of the claims on theory's law, with the scatter that average Bayes risks have."""
    law = SubPolynomial(gamma)
    bare = drawn(CurveTruth(PowerLaw(), -0.6, level=0.1, noise=0.01))
    told = judgement(compared(law, (PowerLaw(),), bare), bare)
    assert told is not None
    assert told.verdict == Verdict.CONTRADICTED
    for floor in (0.002, 0.01, 0.05):
        noise = np.random.default_rng(4).standard_normal((5, len(SIZES)))
        points = Curve(SIZES, tuple(range(5)), (SIZES**-0.6 + floor) * np.exp(0.01 * noise), ())
        told = judgement(compared(law, (PowerLaw(),), points), points)
        assert told is not None
        assert told.verdict in (Verdict.UNDECIDED, Verdict.CONTRADICTED), told.reason


def test_a_gamma_at_the_border_is_told_and_undoes_no_decided_preference() -> None:
    """Draws of theory's own law with scatter enough that some curves bend more than every law that is searched."""
    law, decided = SubPolynomial(1 / 3), []
    for seed in range(60):
        noise = 0.15 * np.random.default_rng(seed).standard_normal((8, len(SIZES)))
        points = Curve(SIZES, tuple(range(8)), np.exp(-2.5 * np.log(SIZES) ** (1 / 3) + noise), ())
        told = judgement(compared(law, (PowerLaw(),), points), points)
        assert told is not None
        if told.interval is not None and at_border(told.interval.value) and told.verdict != Verdict.CONTRADICTED:
            assert "no estimate" in told.reason
            decided.append(told.verdict)
    assert decided.count(Verdict.SUPPORTED) >= 2


@pytest.mark.parametrize("floor", [0.03, 0.05])
def test_a_planted_floor_that_the_sizes_show_is_contradicted(floor: float) -> None:
    for key in range(5):
        told = said(SubPolynomial(0.5), scattered(SIZES**-0.5 + floor, 0.01, 5, key))
        assert told.verdict == Verdict.CONTRADICTED, told.reason
        assert "a power of n with a floor of" in told.reason


@pytest.mark.slow
def test_the_law_itself_is_hardly_ever_contradicted_by_a_floor() -> None:
    """At most one in forty by design; the law drawn two hundred times with the scatter of average Bayes risks."""
    for gamma in (1 / 3, 1 / 2, 2 / 3):
        means = np.exp(-2 * np.log(SIZES) ** gamma)
        told = [said(SubPolynomial(gamma), scattered(means, 0.01, 5, key)).verdict for key in range(200)]
        assert told.count(Verdict.CONTRADICTED) <= 5, gamma
        assert told.count(Verdict.SUPPORTED) >= 150, gamma
