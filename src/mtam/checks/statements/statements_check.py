"""Every statement of the papers that can be put into numbers: its bound with explicit constants, the truth, the ratio.

Statement: each bound lies on its side of what it bounds. What has no explicit constant is listed with the reason, and
what another check evaluates with its place. Were a bound false, a ratio would lie on the wrong side of 1.
"""

from mtam.base.finding import Finding
from mtam.base.table import Cell, Table
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings
from mtam.checks.statements import interaction_bounds, recall_bounds
from mtam.checks.statements.evaluated_bound import EvaluatedBound

EVALUATED, VIOLATED, ELSEWHERE, NOT = "evaluated", "assumption violated", "evaluated elsewhere", "not evaluable"

# Statement, source, state, where or why.
OTHERS: tuple[tuple[str, str, str, str], ...] = (
    ("λ_j = exp(-c j^α)", "paper A, Assumption 1", ELSEWHERE, "met by construction; check entropy: entropy"),
    ("no affine gate selects", "paper A, Remark 3", ELSEWHERE, "check separation: affine_cross_polytope"),
    ("a bump's mean square is 2/((D+1)(D+2))", "paper A, lower bound", ELSEWHERE, "check assouad: bump"),
    ("D_eff(n) ~ (ln n)^{1/(α+1)}", "paper A, effective dimension", ELSEWHERE, "check entropy: exponent_exp_1"),
    ("upper and lower bound have one rate", "paper A, main theorem", ELSEWHERE, "check minimax: bracket_exp_1"),
    (
        "risk <= exp(-C (ln n)^{α/(α+1)})", "paper A, upper bound", NOT,
        "its constant is not explicit; the exact risk and its exponent are in check minimax: exponent_exp_1",
    ),
    ("tokens may depend on each other", "paper B, assumptions", ELSEWHERE, "check coercivity: inequality_dependent"),
    ("risk >= c (N M)^{-2β/(2β+1)}", "paper B, Theorem 4.4", ELSEWHERE, "check fano: bound_beta2"),
    (
        "from tests to estimates", "paper B, Lemma 4.1", NOT,
        "no constant of its own: it enters the bound and the decoding risk of check fano: decoding",
    ),
    (
        "error <= C (bias^2 + (K + r d) ln M / M), before r d is put in", "paper B, upper bound", NOT,
        "constant and power of ln M are not explicit; the exact error of both parts is in check regime: price_beta2",
    ),
)  # fmt: skip


class Settings(CheckSettings):
    """Nothing but the seed of what is drawn."""


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on the numbered statements; seconds."""
    makers = (
        lambda: recall_bounds.separated_tags(settings.seed),
        lambda: recall_bounds.softmax_leak(settings.seed),
        lambda: recall_bounds.truncation(settings.seed),
        recall_bounds.covering,
        lambda: recall_bounds.assouad(settings.seed),
        lambda: interaction_bounds.coercivity(settings.seed),
        interaction_bounds.coercivity_finite,
        interaction_bounds.bounded_noise,
        interaction_bounds.piecewise_polynomials,
        lambda: interaction_bounds.rank_covering(settings.seed),
        interaction_bounds.code_size,
        interaction_bounds.fano,
    )
    found: list[EvaluatedBound] = []
    for at, make in enumerate(makers):
        found.append(make())
        tick((at + 1) / len(makers))
    return finding(found)


def finding(found: list[EvaluatedBound]) -> Finding:
    """Verdicts, the table of all statements, and that of bounds, truths and ratios."""
    others: list[list[Cell]] = [[*other] for other in OTHERS]
    listed: list[list[Cell]] = [
        [one.sentence, one.source, VIOLATED if one.violated else EVALUATED, one.key] for one in found
    ]
    return Finding(
        name="statements",
        title="The statements of both papers, with explicit constants",
        source="paper A, paper B",
        statement="every bound lies on its side of what it bounds",
        assumptions=[
            "constants are those of the papers where they are given, of the classical lemma they use elsewhere"
        ],
        if_false="a ratio of truth to bound would lie on the wrong side of 1",
        verdicts=[one.verdict for one in found],
        tables=[
            Table(
                name="statements",
                title="Statements: evaluated, with an assumption violated, elsewhere, or not evaluable and why",
                headings=["statement", "source", "state", "where or why"],
                rows=sorted([*listed, *others], key=lambda row: str(row[1])),
            ),
            Table(
                name="bounds",
                title="Bound, truth and their ratio",
                headings=["statement", "size", "bound is", "bound", "truth", "truth / bound"],
                rows=[row for one in found for row in one.rows],
                formats={"bound": "#4", "truth": "#4", "truth / bound": "#3"},
            ),
        ],
        notes=["Of a truth that is known within limits, the ratio is that of the end nearest to breaking the bound."],
    )
