"""protocol=reported against what was published: anchors, baselines, controls, and what they say."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np

from mtam.base.reported_setting import provenance
from mtam.base.table import Cell, Table, figure, mean_figure
from mtam.rates.fitting.fit import student_interval
from mtam.rates.judge_curves import ratio_within, within
from mtam.recall.reading.reported_toy import TABLE
from mtam.recall.reading.thresholds import AS_GOOD, RECALLED
from mtam.recall.recall_spec import RecallTrial

Numbers = Mapping[str, Any]
Group = Sequence[Numbers]  # the records of one alpha at the largest size

PUBLISHED_ERROR = 1.44e-2
PUBLISHED_SHUFFLED = 0.775
PUBLISHED_WEIGHT = 4e-4  # per token of the queried tag
NEAR, WEIGHT_WITHIN = 1.5, 0.1  # of the claims toy-error, toy-shuffled and toy-weight
PUBLISHED_HEADS = (2, 1, 1)  # that look at the queried tag, at the other one, at both
MOST_SEEDS = 0.5  # share of seeds from which most are on the plateau


class Shown(StrEnum):
    """What a run of the toy shows."""

    RECALL = "the named measure is recalled"
    PLATEAU = "most seeds sit on the sign-only plateau: they know the tag's sign and not the measure"
    BEGUN = "recall has begun but is not complete"


def tables(trials: Sequence[RecallTrial], numbers: Sequence[Numbers]) -> list[Table]:
    """Tables for a sweep under protocol=reported, from the records at its largest n; empty for other protocols."""
    if not trials or trials[0].protocol != "reported":
        return []
    largest, labels = max(trial.n for trial in trials), _labels(trials)
    groups: dict[str, list[Numbers]] = {}
    for trial, label, record in zip(trials, labels, numbers, strict=True):
        if trial.n == largest:
            groups.setdefault(label, []).append(record)
    cells = list(groups)
    anchors = Table(
        name="anchors",
        title=f"Anchors of the paper beside this run, n = {largest}",
        headings=["quantity", "published", *cells],
        rows=[[name, published, *map(read, groups.values())] for name, published, read in _QUANTITIES],
        formats=dict.fromkeys(cells, ".3g±.1g") | {"published": ".3g"},
    )
    facts = Table(
        name="caveats",
        title="How to read these figures",
        headings=["about", "fact"],
        rows=[["shuffled queries", _SHUFFLE], ["n = 4 .. 64", _RANGE]],
    )
    return [anchors, _verdicts(groups), _together(trials, labels, numbers), facts, provenance(TABLE)]


def _labels(trials: Sequence[RecallTrial]) -> list[str]:
    """The cell of every trial: alpha, and what differs between trials of the settings that are not reported."""
    settings = [trial.reported.model_dump() for trial in trials]
    open_ = [key for key in settings[0] if len({repr(each[key]) for each in settings}) > 1]
    return [
        ", ".join([f"alpha = {trial.data.alpha:g}", *(f"{key} = {each[key]}" for key in open_)])
        for trial, each in zip(trials, settings, strict=True)
    ]


def _together(trials: Sequence[RecallTrial], labels: Sequence[str], numbers: Sequence[Numbers]) -> Table:
    """How many seeds of a cell have the three published figures, each and together, as the claims judge them."""
    groups: dict[tuple[str, int], list[Numbers]] = {}
    for trial, label, record in zip(trials, labels, numbers, strict=True):
        groups.setdefault((label, trial.n), []).append(record)
    rows: list[list[Cell]] = []
    for (label, n), group in groups.items():
        shuffled, weights = _values(group, "shuffled_mse"), np.array([max(each["token_weight_same"]) for each in group])
        met = np.array([
            _values(group, "mse") <= NEAR * PUBLISHED_ERROR,
            (shuffled >= PUBLISHED_SHUFFLED / NEAR) & (shuffled <= PUBLISHED_SHUFFLED * NEAR),
            np.abs(weights - PUBLISHED_WEIGHT) <= WEIGHT_WITHIN * PUBLISHED_WEIGHT,
        ])  # fmt: skip
        rows.append([label, n, len(group), *(int(each) for each in met.sum(1)), int(met.all(0).sum())])
    title = (
        f"Seeds that have the published figures: error at most {NEAR:g} times, shuffled within a factor {NEAR:g}, "
        f"weight within {WEIGHT_WITHIN:.0%}. What a search finds is a possibility and no evidence"
    )
    headings = ["cell", "n", "seeds", "error", "shuffled", "weight", "all three"]
    return Table(name="toy_together", title=title, headings=headings, rows=rows)


_SHUFFLE = (
    "the shuffled error is Var S + 2 (E S)^2 for perfect recall and for a predictor that sees only the tag's sign: "
    "shuffling cannot show recall; the exchange of the two measures can"
)
_RANGE = "over n = 4 .. 64 a power law stays within 0.1 nat of the exact law: this range cannot identify the law"


def _verdicts(groups: Mapping[str, Group]) -> Table:
    """Whether recall is complete and whether the published error is reached, cell by cell."""
    moved, factor, plateau = "share of the right change", "error / published", "seeds on the plateau"
    rows: list[list[Cell]] = []
    for cell, group in groups.items():
        gains, errors = _values(group, "swap_gain"), _values(group, "mse")
        recall = within(student_interval(gains), low=RECALLED)
        reached = ratio_within(errors, np.full(len(errors), PUBLISHED_ERROR), high=AS_GOOD)
        on_plateau = float(_values(group, "sign_plateau").mean())
        row: list[Cell] = [cell, shown(group), recall, mean_figure(gains), on_plateau]
        rows.append([*row, reached, mean_figure(errors / PUBLISHED_ERROR)])
    return Table(
        name="toy_verdict",
        title="Verdict",
        headings=[
            "cell", "what this run shows", "recall complete?", moved, plateau, "published error reached?", factor
        ],
        rows=rows,
        formats={moved: ".2f", plateau: ".2f", factor: ".3g±.1g"},
    )  # fmt: skip


def shown(group: Group) -> Shown:
    """What the means over seeds show: the exchange of measures tells recall, not the shuffled error."""
    if float(_values(group, "swap_gain").mean()) >= RECALLED:
        return Shown.RECALL
    return Shown.PLATEAU if float(_values(group, "sign_plateau").mean()) >= MOST_SEEDS else Shown.BEGUN


def _values(group: Group, name: str) -> np.ndarray:
    """One number of every record; NaN where it is missing. (seeds,)"""
    return np.array([float(record.get(name, np.nan)) for record in group])


def _mean(name: str) -> Callable[[Group], Cell]:
    def read(group: Group) -> Cell:
        values = _values(group, name)
        if np.ptp(values) == 0:  # closed forms, and counts on which all seeds agree
            return figure(float(values[0]))
        return mean_figure(values)

    return read


def _sharpest(group: Group) -> Cell:
    return float(np.mean([max(record["token_weight_same"]) for record in group]))


_QUANTITIES: tuple[tuple[str, float | int | None, Callable[[Group], Cell]], ...] = (
    ("validation mean squared error", PUBLISHED_ERROR, _mean("mse")),
    ("sign-only baseline, Var S", None, _mean("sign_only_mse")),
    ("recall given, coefficients from its tokens, sum of their squares", None, _mean("plug_in_mse")),
    ("recall given, squared coefficients weighed by least squares", None, _mean("mercer_mse")),
    ("the same without recall, from the tokens of both tags", None, _mean("mixture_mse")),
    ("error with queries shuffled", PUBLISHED_SHUFFLED, _mean("shuffled_mse")),
    ("the same by arithmetic, Var S + 2 (E S)^2", None, _mean("shuffled_expected")),
    ("measures exchanged: share of the right change", None, _mean("swap_gain")),
    ("seeds on the sign-only plateau", None, _mean("sign_plateau")),
    ("largest weight per token of the queried tag", PUBLISHED_WEIGHT, _sharpest),
    ("heads on the queried tag", PUBLISHED_HEADS[0], _mean("heads_matching")),
    ("heads on the other tag", PUBLISHED_HEADS[1], _mean("heads_opposite")),
    ("heads on both", PUBLISHED_HEADS[2], _mean("heads_symmetric")),
)
