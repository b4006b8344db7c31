"""Tables and panels of the check on the lower bound."""

import math
from collections.abc import Sequence

from mtam.base.finding import Panel, Series
from mtam.base.table import Cell, Table
from mtam.checks.fano.fano_case import FanoCase
from mtam.checks.fano.fano_verdicts import groups, slope

SCALING = ("N", "M", "KL", "of Jensen's", "Fano error", "ML error")
SMOOTH = 7  # the paper's beta for P = 8


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.3g} .. {max(values):.3g}"


def rates(cases: Sequence[FanoCase]) -> Table:
    """One row per beta and N: slopes in M, and how flat the risks are on the scale of theory."""
    rows: list[list[Cell]] = []
    for (beta, tokens), part in groups(cases).items():
        rows.append(
            [
                beta,
                tokens,
                round(-2 * beta / (2 * beta + 1), 3),
                *(slope(part, name) for name in ("bound", "decoding_risk", "erm")),
                *(
                    _range([case.scaled(getattr(case, name)).value for case in part])
                    for name in ("bound", "decoding_risk", "erm")
                ),
            ]
        )
    low, high = min(case.samples for case in cases), max(case.samples for case in cases)
    return Table(
        name="rates",
        title=f"Log-log slopes in M = {low:.3g} .. {high:.3g}, ± scatter, and risk times M^(2b/(2b+1)): flat is right",
        headings=["beta", "N", "theory", "bound", "decoder", "ERM", "bound, scaled", "decoder, scaled", "ERM, scaled"],
        rows=rows,
    )


def family(cases: Sequence[FanoCase]) -> Table:
    """Every family of hypotheses: its size, how far apart it is, and what M samples tell about it."""
    rows: list[list[Cell]] = [
        [
            case.beta,
            case.tokens,
            case.samples,
            case.cells,
            case.words,
            case.distance,
            case.separation,
            case.divergence,
            case.divergence_max,
            math.log(case.words),
        ]
        for case in cases
    ]
    return Table(
        name="family",
        title="The hypotheses: separation is the least ||g_v - g_w||², KL is from the null function, mean over words",
        headings=["beta", "N", "M", "bumps", "words", "distance", "separation", "KL", "max KL", "ln words"],
        rows=rows,
        shown=_first(cases),
    )


def risks(cases: Sequence[FanoCase]) -> Table:
    """Error probabilities and risks of every family."""
    rows: list[list[Cell]] = [
        [
            case.beta,
            case.tokens,
            case.samples,
            case.fano,
            case.decoding,
            *(case.scaled(each) for each in (case.bound, case.decoding_risk, case.erm, case.erm_bias)),
        ]
        for case in cases
    ]
    return Table(
        name="risks",
        title="Errors by Fano's inequality and of maximum likelihood; bound and risks times M^(2b/(2b+1))",
        headings=["beta", "N", "M", "Fano error", "ML error", "bound", "decoder", "ERM", "ERM bias²"],
        rows=rows,
        shown=_first(cases),
    )


def _first(cases: Sequence[FanoCase]) -> int:
    return len(next(iter(groups(cases).values())))


def bumps(betas: Sequence[int], low: int, high: int) -> Table:
    """How much the width of the bumps changes over the samples at hand."""
    rows: list[list[Cell]] = [
        [
            beta,
            round(math.pow(high / low, 1 / (2 * beta + 1)), 2),
            2 ** (2 * beta + 1),
            round(math.pow(high / low, 2 * beta / (2 * beta + 1))),
            round(high / low),
        ]
        for beta in sorted({*betas, SMOOTH})
    ]
    return Table(
        name="bumps",
        title=f"From M = {low:.3g} to {high:.3g}: by what factor the number of bumps grows, and the risk falls",
        headings=["beta", "bumps grow by", "M to double them", "risk falls by", "parametric risk would"],
        rows=rows,
    )


def tokens(by_samples: Sequence[FanoCase], by_both: Sequence[FanoCase]) -> Table:
    """Rows over N at fixed M; the width of the bumps follows M, in the column but last N M."""
    first = by_samples[0]
    return Table(
        name="tokens",
        title=f"At fixed M = {first.samples}: what more tokens per sample give (beta = {first.beta}, h from M)",
        headings=[*SCALING[:1], *SCALING[2:6], "bound", "bound, h from N M", "ERM"],
        rows=[
            [case.tokens, *_scaling(case), case.bound, other.bound, case.erm]
            for case, other in zip(by_samples, by_both, strict=True)
        ],
    )


def tokens_times_samples(cases: Sequence[FanoCase]) -> Table:
    """Rows over N at fixed N M; the width of the bumps follows N M."""
    first = cases[0]
    return Table(
        name="tokens_times_samples",
        title=f"At fixed N M = {first.samples * first.tokens} (beta = {first.beta}, h from N M)",
        headings=[*SCALING, "bound", "ERM"],
        rows=[[case.tokens, case.samples, *_scaling(case), case.bound, case.erm] for case in cases],
    )


def _scaling(case: FanoCase) -> list[Cell]:
    return [case.divergence, round(case.divergence.value / case.jensen.value, 3), case.fano, case.decoding]


def rate_panels(cases: Sequence[FanoCase]) -> list[Panel]:
    """One panel per beta at its first N: scaled risks against M."""
    panels = []
    first = cases[0].tokens
    for (beta, tokens), part in groups(cases).items():
        if tokens != first:
            continue
        x = [float(case.samples) for case in part]
        series = []
        for colour, (name, label) in enumerate(
            (("bound", "Fano's bound"), ("decoding_risk", "maximum likelihood"), ("erm", "ERM, K = 2/h"))
        ):
            scaled = [case.scaled(getattr(case, name)) for case in part]
            series.append(
                Series(label=label, x=x, y=[e.value for e in scaled], se=[e.se for e in scaled], colour=colour)
            )
        panels.append(
            Panel(
                title=f"beta = {beta}, N = {tokens}: flat is right",
                x_label="samples M",
                y_label=rf"risk $\cdot\, M^{{{2 * beta}/{2 * beta + 1}}}$",
                series=series,
                log_x=True,
                log_y=True,
            )
        )
    return panels


def scaling_panel(cases: Sequence[FanoCase]) -> Panel:
    """Divergence against N at fixed M, beside what Jensen's inequality allows."""
    x = [float(case.tokens) for case in cases]
    kinds = (("divergence", "KL of the hypotheses"), ("jensen", "allowed by Jensen"))
    return Panel(
        title=f"beta = {cases[0].beta}, M = {cases[0].samples:.3g}: information against N",
        x_label="tokens N",
        y_label="KL (nats)",
        series=[
            Series(
                label=label,
                x=x,
                y=[getattr(case, name).value for case in cases],
                se=[getattr(case, name).se for case in cases],
                colour=colour,
            )
            for colour, (name, label) in enumerate(kinds)
        ],
        log_x=True,
        log_y=True,
    )
