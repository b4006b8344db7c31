"""protocol=reported against what was published: anchors, baselines, controls, and a verdict in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mtam.base.remark import Remark, provenance
from mtam.recall.reading.reported_toy import TABLE
from mtam.recall.recall_spec import RecallTrial

Numbers = Mapping[str, Any]

PUBLISHED_ERROR = 1.44e-2
PUBLISHED_SHUFFLED = 0.775
PUBLISHED_WEIGHT = 4e-4  # per token of the queried tag
RECALLED = 0.8  # of the change that exact recall of the exchanged measure would make


def remarks(trials: Sequence[RecallTrial], numbers: Sequence[Numbers]) -> list[Remark]:
    """Tables for a sweep under protocol=reported, from the records at its largest n; empty for other protocols."""
    if not trials or trials[0].protocol != "reported":
        return []
    largest = max(trial.n for trial in trials)
    groups: dict[float, list[Numbers]] = {}
    for trial, record in zip(trials, numbers, strict=True):
        if trial.n == largest:
            groups.setdefault(trial.data.alpha, []).append(record)
    heads = ["quantity", "published", *(f"alpha = {alpha:g}" for alpha in groups)]
    rows = [[name, published, *(read(group) for group in groups.values())] for name, published, read in _QUANTITIES]
    verdicts = [[f"alpha = {alpha:g}", _verdict(group)] for alpha, group in groups.items()]
    return [
        (f"Anchors of the paper beside this run, n = {largest}", heads, rows),
        ("Verdict", ["cell", "what this run shows"], [*verdicts, ["all", _SHUFFLE], ["all", _RANGE]]),
        provenance(TABLE),
    ]


_SHUFFLE = (
    "the shuffled error is Var S + 2 (E S)^2 for perfect recall and for a predictor that sees only the tag's sign: "
    "shuffling cannot show recall; the exchange of the two measures can"
)
_RANGE = "over n = 4 .. 64 a power law stays within 0.1 nat of the exact law: this range cannot identify the law"


def _mean(name: str, digits: int = 3) -> Any:
    def read(group: Sequence[Numbers]) -> str:
        values = np.array([float(record.get(name, np.nan)) for record in group])
        if not np.isfinite(values).all():
            return "-"
        same = np.ptp(values) == 0  # closed forms, and counts on which all seeds agree
        spread = "" if len(values) < 2 or same else f" ± {values.std(ddof=1) / len(values) ** 0.5:.1g}"
        return f"{values.mean():.{digits}g}{spread}"

    return read


def _sharpest(group: Sequence[Numbers]) -> str:
    return f"{np.mean([max(record['token_weight_same']) for record in group]):.2g}"


def _heads(group: Sequence[Numbers]) -> str:
    names = ("heads_matching", "heads_opposite", "heads_symmetric")
    return " / ".join(f"{np.mean([record[name] for record in group]):.1f}" for name in names)


_QUANTITIES: tuple[tuple[str, str, Any], ...] = (
    ("validation mean squared error", f"{PUBLISHED_ERROR:g}", _mean("mse")),
    ("sign-only baseline, Var S", "-", _mean("sign_only_mse")),
    ("recall given, coefficients from its tokens, sum of their squares", "-", _mean("plug_in_mse")),
    ("recall given, squared coefficients weighed by least squares", "-", _mean("mercer_mse")),
    ("the same without recall, from the tokens of both tags", "-", _mean("mixture_mse")),
    ("error with queries shuffled", f"{PUBLISHED_SHUFFLED:g}", _mean("shuffled_mse")),
    ("the same by arithmetic, Var S + 2 (E S)^2", "-", _mean("shuffled_expected")),
    ("measures exchanged: share of the right change", "-", _mean("swap_gain")),
    ("seeds on the sign-only plateau", "-", _mean("sign_plateau", 2)),
    ("largest weight per token of the queried tag", f"{PUBLISHED_WEIGHT:g}", _sharpest),
    ("heads: queried tag / other tag / both", "2 / 1 / 1", _heads),
)


def _verdict(group: Sequence[Numbers]) -> str:
    error = float(np.mean([record["mse"] for record in group]))
    gain = float(np.mean([record["swap_gain"] for record in group]))
    plateau = float(np.mean([bool(record["sign_plateau"]) for record in group]))
    if gain > RECALLED:
        told = (
            f"the named measure is recalled: exchanging the measures moves the answer by {gain:.0%} of what it should"
        )
    elif plateau >= 0.5:
        told = f"most seeds sit on the sign-only plateau ({plateau:.0%}): they know the tag's sign and not the measure"
    else:
        told = (
            f"recall has begun but is not complete: exchanging the measures moves the answer by {gain:.0%} of its due"
        )
    reached = (
        "is reached" if error <= 1.5 * PUBLISHED_ERROR else f"is missed by a factor of {error / PUBLISHED_ERROR:.0f}"
    )
    return f"{told}; the published error {PUBLISHED_ERROR:g} {reached}"
