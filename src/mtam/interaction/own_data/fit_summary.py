"""All that is known of a fit to own data on one page of text, laid out as statistics packages lay out a regression."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

WIDTH = 90
SHOWN = (0.02, 0.25, 0.5, 0.75, 0.98)  # quantiles of u at which phi is told
MOST_ENTRIES = 16  # entries of A that are told one by one
NORMAL = 1.959964
PARTNERS = {
    "others": "the other tokens",
    "earlier": "the tokens before it",
    "all": "all tokens, itself too",
    "earlier_and_self": "the tokens before it and itself",
}


@dataclass(frozen=True)
class FitSummary:
    """A page of text; notebooks show it as it is."""

    text: str

    def as_text(self) -> str:
        """The page."""
        return self.text

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


def summarise(numbers: Mapping[str, Any]) -> FitSummary:
    """The page from the numbers of a record of own data (``interaction_numbers.OwnDataNumbers``)."""
    lines = ["Interaction regression: Y_i = mean over j of phi(x_i' A x_j), A of rank r".center(WIDTH).rstrip()]
    lines += ["=" * WIDTH, *_head(numbers), *_layout(numbers), "=" * WIDTH, *_tests(numbers)]
    lines += ["-" * WIDTH, *_spectrum(numbers)]
    if len(numbers["matrix"]) <= MOST_ENTRIES:
        lines += ["-" * WIDTH, *_entries(numbers)]
    lines += ["-" * WIDTH, *_activation(numbers), *_residuals(numbers), "=" * WIDTH]
    said = {name: "yes" if numbers[name] else "NO" for name in ("found", "explains", "fits", "converged")}
    lines.append("   ".join(f"{name}: {value}" for name, value in said.items()))
    lines += [f"Warning: {sentence}" for sentence in numbers["warnings"]]
    return FitSummary("\n".join(lines))


def _head(numbers: Mapping[str, Any]) -> list[str]:
    tried = ", ".join(map(str, numbers["rank_tried"]))
    rank = "given" if len(numbers["rank_tried"]) == 1 else f"of {tried} by hold-out"
    groups = f" in {numbers['groups']} groups" if numbers.get("groups") else ""
    freedom = numbers.get("freedom")
    left = [
        ("Samples, M", f"{numbers['samples']}{groups}"),
        ("Tokens, N", f"{numbers['tokens']}"),
        ("Coordinates, d", f"{numbers['d']}"),
        ("Rank, r", f"{numbers['rank']} ({rank})"),
        ("Parameters of A", f"{numbers['parameters']}"),
        ("Spline, degree s", f"{numbers['spline_degree']}"),
    ]
    right = [
        ("Knot intervals, K", f"{numbers['K']}"),
        ("Degrees of freedom of phi", f"{freedom:.4g}" if freedom is not None else "not penalised"),
        ("Noise, standard deviation", f"{numbers['noise_sd']:.4g}"),
        ("Hold-out error", f"{numbers['holdout_error']:.4g} +- {numbers['holdout_se']:.2g}"),
        ("R^2 held out / explainable", f"{numbers['explained']:.4f} / {numbers['explainable']:.4f}"),
        ("Starts, agreeing", f"{numbers['starts']}, {numbers['agreeing']}"),
    ]
    half = WIDTH // 2 - 2
    return [
        _pair(*one, half) + "    " + _pair(*other, half) for one, other in zip(left, right, strict=True)
    ]  # fmt: skip


def _layout(numbers: Mapping[str, Any]) -> list[str]:
    """Which responses count and which tokens are partners, where that is not all."""
    if numbers.get("responses") is None:
        return []
    told = [
        f"{numbers['responses']} responses count, {numbers['missing_tokens']} tokens are missing",
        f"partners of a token: {PARTNERS[numbers['partners']]}",
        "least squares weighted" if numbers["weighted"] else "",
    ]
    return ["; ".join(part for part in told if part)]


def _pair(name: str, value: str, width: int) -> str:
    return f"{name}:{value:>{width - len(name) - 1}}"


def _tests(numbers: Mapping[str, Any]) -> list[str]:
    rows = [(name, f"{_p(p)}") for name, p in tests(numbers)]
    return [f"{'Hypothesis':<70}{'p':>20}", *(f"{name:<70}{p:>20}" for name, p in rows)]


def tests(numbers: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Hypotheses and p-values, in the order in which one asks."""
    rank = numbers["rank"]
    told = [
        ("there is no interaction (held out)", numbers["no_interaction_p"]),
        ("a linear regression on token and mean predicts as well (held out)", numbers["linear_p"]),
        ("phi is linear (score test)", numbers.get("linear_phi_p")),
        (f"A has rank {rank}, not {rank + 1} (score test)", numbers.get("next_rank_p")),
        ("nothing is left in the residuals", numbers["structure_p"]),
    ]
    return [(name, p) for name, p in told if p is not None]


def _p(value: float) -> str:
    return "< 1e-16" if value < 1e-16 else f"{value:.3g}"


def _spectrum(numbers: Mapping[str, Any]) -> list[str]:
    rank = numbers["rank"]
    angles = [np.degrees(numbers[name]) for name in ("column_angles_se", "row_angles_se")]
    lines = [f"{'A':<30}{'singular value':>20}{'left, degrees':>20}{'right, degrees':>20}"]
    for k, value in enumerate(numbers["singular_hat"][:rank]):
        turned = "".join(f"{f'+- {angle[k]:.3g}':>20}" for angle in angles)
        lines.append(f"{f'  direction {k + 1}':<30}{value:>20.5g}{turned}")
    return lines


def _entries(numbers: Mapping[str, Any]) -> list[str]:
    d = numbers["d"]
    lines = [_row("", ("coef", "std err", "z", "[0.025", "0.975]"))]
    for k, (value, error) in enumerate(zip(numbers["matrix"], numbers["matrix_se"], strict=True)):
        z = value / error if error > 0 else math.inf
        told = (value, error, z, value - NORMAL * error, value + NORMAL * error)
        lines.append(_row(f"  A[{k // d}, {k % d}]", [f"{number:.4g}" for number in told]))
    return lines


def _activation(numbers: Mapping[str, Any]) -> list[str]:
    grid, density = np.array(numbers["phi_grid"]), np.array(numbers["u_density"])
    cumulative = np.cumsum(density) / density.sum()
    names = ["phi_hat", "band_low", "band_high"]
    simultaneous = "simultaneous_low" in numbers
    names += ["simultaneous_low", "simultaneous_high"] if simultaneous else []
    heads = ["phi(u)", "[0.025", "0.975]"] + ["[simult.", "simult.]"] * simultaneous
    lines = [_row("phi, at quantile of u", ["u", *heads])]
    for share in SHOWN:
        at = min(int(np.searchsorted(cumulative, share)), len(grid) - 1)
        told = [grid[at], *(numbers[name][at] for name in names)]
        lines.append(_row(f"  {share:.0%}", [f"{number:.4g}" for number in told]))
    return lines


def _residuals(numbers: Mapping[str, Any]) -> list[str]:
    """The response that moves the fit most, and how alike residuals of one sample are."""
    if not numbers.get("residual_cook"):
        return []
    sample, token, cook = (numbers[f"residual_{name}"][0] for name in ("sample", "token", "cook"))
    size, leverage = (numbers[f"residual_{name}"][0] for name in ("standardised", "leverage"))
    lines = [
        "-" * WIDTH,
        f"Most influential response: sample {sample}, token {token} (counted from 0)",
        f"  Cook's distance {cook:.2g}, residual {size:.2f} standard deviations, leverage {leverage:.2g}",
    ]
    alike = numbers.get("residual_correlation")
    return lines if alike is None else [*lines, f"Correlation of two residuals of one sample: {alike:.3f}"]


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<24}" + "".join(f"{cell:>{(WIDTH - 24) // 6}}" for cell in cells)
