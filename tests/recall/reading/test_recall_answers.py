"""What a sweep of recall answers in a few lines: known figures come back, with their intervals."""

from typing import Any

import numpy as np

from mtam.rates.intervals import Interval
from mtam.rates.verdict import Judgement, Verdict
from mtam.recall.reading.recall_answers import answers
from mtam.recall.recall_spec import RecallData, RecallModel, RecallTrial
from mtam.report.tables.cell_text import answer_text

SEEDS = range(4)
JITTER = (1.0, 1.1, 0.9, 1.05)


def trial(seed: int, model: str = "softmax", **data: Any) -> RecallTrial:
    return RecallTrial(n=64, seed=seed, data=RecallData(**data), model=RecallModel.model_validate({"name": model}))


def lines(some: list[RecallTrial], told: list[dict[str, Any]]) -> list[str]:
    return [answer_text(one) for one in answers(some, told)]


def numbers(seed: int, error: float = 0.1, **more: Any) -> dict[str, Any]:
    return {"error": error * JITTER[seed], "attention_mass": 0.99, **more}


def test_rivals_on_every_kind_of_tags() -> None:
    """Linear attention errs as much as softmax on a simplex, and twenty times as much on a cross-polytope."""
    some, told = [], []
    for tags, worse in (("simplex", 1.0), ("cross_polytope", 20.0)):
        for model, factor in (("softmax", 1.0), ("linear", worse), ("linear_elu", 30.0), ("frozen_rbf", 2.0)):
            some += [trial(s, model, tags=tags, components=4) for s in SEEDS]
            told += [numbers(s, 0.01 * factor) for s in SEEDS]
    assert lines(some, told) == [
        f"{tags} tags, n = 64: linear: {verdict} (risk x {gap} [{gap}, {gap}]); frozen_rbf: no (risk x 2 [2, 2]); "
        "softmax's attention mass 0.99 [0.99, 0.99]"
        for tags, verdict, gap in (("simplex", "as well as softmax", 1), ("cross_polytope", "no", 20))
    ]
    first, second = (one.figures["linear"] for one in answers(some, told))
    assert isinstance(first, Judgement)
    assert isinstance(second, Judgement)
    assert (first.verdict, second.verdict) == (Verdict.SUPPORTED, Verdict.CONTRADICTED)


def test_where_recall_breaks() -> None:
    """The mass falls linearly in ln I, through .95 at I = 4 for d1 = 2; for more dimensions not within the plane."""
    some, told = [], []
    for dim in (2, 4, 6):
        for count in (2, 4, 8, 16):
            some += [trial(s, components=count, tag_dim=dim, tags="iid") for s in SEEDS]
            mass = 0.95 - 0.05 * np.log2(count / 4) if dim == 2 else 0.99
            told += [numbers(s, 0.1 if count <= dim + 1 else 0.3, attention_mass=float(mass)) for s in SEEDS]
    found = lines(some, told)
    assert found[0] == "attention mass at n = 64 falls below 0.95 where I is 4 [4, 4] (d1 = 2), > 16 (d1 = 4, 6)"
    assert found[1].startswith("attention mass at n = 64 falls below 0.8 where I is > 16")
    assert found[2] == "the exact posterior has mass 1 for every I, so these borders are where the training ends"
    assert found[3] == "risk beyond Rankin's 2 d1 against that within d1 + 1: x 3 [3, 3] (d1 = 2, 4, 6)"
    bound = answers(some, told)[0].figures["d1_6"]
    assert isinstance(bound, Interval)
    assert (bound.low, bound.high) == (16.0, float("inf"))
    without = [{"error": one["error"]} for one in told]
    assert lines(some, without) == [], "a rival without attention loses none"


def test_with_a_noisy_query_the_posterior_stands_beside_the_trained_mass() -> None:
    """The posterior falls through .95 at I = 4, the trained mass lies .01 below it everywhere."""
    some, told = [], []
    for count in (2, 4, 8):
        for dim in (2, 4):
            some += [trial(s, components=count, tag_dim=dim, tags="iid", query_noise=0.3) for s in SEEDS]
            mass = 0.95 - 0.05 * float(np.log2(count / 4))
            told += [numbers(s, attention_mass=mass - 0.01, posterior_mass=mass) for s in SEEDS]
    found = {one.key: one for one in answers(some, told)}
    words = answer_text(found["posterior_below_95"])
    assert words == "that of the exact posterior, softmax with (d1/σ²) I, falls below 0.95 where I is 4 (d1 = 2, 4)"
    apart = found["mass_less_posterior"].figures["d1_2"]
    assert isinstance(apart, Interval)
    assert (round(apart.low, 6), round(apart.high, 6)) == (-0.01, -0.01)
    without = [{name: value for name, value in one.items() if name != "posterior_mass"} for one in told]
    assert not {"posterior", "posterior_below_95"} & {one.key for one in answers(some, without)}


def test_a_question_stands_before_its_answer() -> None:
    some = [trial(s, tags="equicorrelated", correlation=rho) for rho in (0.0, 0.5, 0.9) for s in SEEDS]
    told = [numbers(t.seed, 0.1 + t.data.correlation, attention_mass=1 - t.data.correlation) for t in some]
    first, second = lines(some, told)
    assert first.startswith("must tags have products of at most 0 (Assumption 2)? no: recall survives")
    assert "rho 0.5" in first
    assert "twice" in second
    without = [{"error": one["error"]} for one in told]
    assert ["twice" in line for line in lines(some, without)] == [True]


def test_a_sweep_that_asks_nothing_says_nothing() -> None:
    assert lines([], []) == []
    assert lines([trial(s) for s in SEEDS], [numbers(s) for s in SEEDS]) == []


def test_the_sweep_of_alpha_tells_how_many_coefficients_are_learned_after_the_law() -> None:
    some, told = [], []
    for alpha in (1.0, 2.0):
        for n in (512, 1024, 4096):
            for seed in SEEDS:
                some.append(trial(seed, alpha=alpha).model_copy(update={"n": n}))
                bayes = 0.1 * JITTER[seed]
                told.append({"error": 2 * bayes} | ({"bayes_error": bayes} if n >= 1024 else {}))
    first, second = lines(some, told)
    assert first.startswith("alpha = 1.0: exp(-C (ln n)^0.50) is ")
    assert second.startswith("alpha = 2.0: exp(-C (ln n)^0.67) is ")
    axes = [one | {"axes_learned": 5.0 * JITTER[t.seed], "cover_axes": 5} for t, one in zip(some, told, strict=True)]
    third = lines(some, axes)[2]
    assert third.startswith("coefficients learned, each by the share of its effect: 5.06 [")
    assert "at n = 4096 (alpha = 1.0; D_eff = 5)" in third
    assert lines(some, [{"error": 0.1} for _ in some]) == []
