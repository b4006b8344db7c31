"""Identifiability beyond one head, one layer, scalar responses (the limits that paper B names).

Statement: the null space of the population Fisher matrix of attention layers is the tangent space of the groups that
change no response, and nothing else: factorisations, scales, constants, the frame between stacked layers, and for
special phi the merging of linear heads, rotations of quadratic heads, exchanges between heads at one A. Their
directions are written down (``interaction.identifiability.gauge_directions``), counted by formula, tried on the model,
and their number is compared with what the rank of the Fisher matrix lacks. Assumed: tokens with a density, Gaussian
noise, polynomial phi, of which the class is closed under phi(./t). Were it false, the rank would lack more than is
counted, as it does where a parameter is added that does nothing of its own: that is the control.
"""

from collections.abc import Sequence

from pydantic import Field, field_validator

from mtam.base.finding import Finding, JudgedStatement
from mtam.checks.check_registry import Tick
from mtam.checks.check_settings import CheckSettings, distinct_within
from mtam.checks.identifiability import identifiability_tables
from mtam.checks.identifiability.identifiability_case import SILENT, IdentifiabilityCase, controls, measured, wanted
from mtam.interaction.identifiability.fisher_rank import WIDE
from mtam.rates.verdict import Verdict

LAYERS = {"one": "one layer", "residual": "two layers, the second on X + L(X)", "stacked": "two layers, stacked"}


class Settings(CheckSettings):
    """How many heads, tokens, and draws of every case."""

    seed: int = Field(20, ge=0)
    heads: list[int] = Field([1, 2, 3])
    tokens: int = Field(3, ge=3, le=20)
    draws: int = Field(2, ge=1, le=20)

    @field_validator("heads")
    @classmethod
    def _heads(cls, heads: list[int]) -> list[int]:
        distinct_within(heads, 1, 4)
        return heads


def check(settings: Settings, tick: Tick) -> Finding:
    """The finding on identifiability; some ten seconds with the default settings."""
    every = [*wanted(settings.heads), *controls(settings.heads)]
    cases: list[IdentifiabilityCase] = []
    for done, case in enumerate(every):
        cases += [measured(case, settings.tokens, settings.seed, draw) for draw in range(settings.draws)]
        tick((done + 1) / len(every))
    honest = [case for case in cases if not case.wanted.idle]
    idle = [case for case in cases if case.wanted.idle]
    special = [case for case in honest if case.wanted.twins or case.wanted.phi != "cubic"]
    generic = [case for case in honest if case not in special]
    first = honest[:: settings.draws]
    return Finding(
        name="identifiability",
        title="Identifiability of heads, values and layers",
        source="paper B, limits of its model (one layer, one head, no value matrix)",
        statement="nothing but the counted groups leaves the responses of attention layers as they are, locally",
        assumptions=["tokens with a density, Gaussian noise", "phi polynomial, parameters generic but where said"],
        if_false="the Fisher matrix would lack more rank than the groups have dimensions, as in the control",
        verdicts=[
            *(
                _judged(f"layers_{layers}", f"the gauge is all that is lacking: {words}", cases_of)
                for layers, words in LAYERS.items()
                if (cases_of := [case for case in generic if case.wanted.model.layers == layers])
            ),
            _judged(
                "special", "where phi is linear or even, or two heads share A, the deficit is counted too", special
            ),
            _permutations(honest),
            _control(idle),
        ],
        tables=[
            identifiability_tables.families(),
            identifiability_tables.ranks(first, "ranks", "Rank of the Fisher matrix, what it lacks, and why"),
            identifiability_tables.ranks(
                idle[:: settings.draws], "control", "Control: an amplitude beside every phi, not told to theory"
            ),
        ],
        panels=[identifiability_tables.gap_panel(first)],
        notes=[
            f"singular values of the derivatives J of all responses, columns of length one; below 1e-11 of the largest "
            f"they are rounding, and a rank is said where the gap is {WIDE:g} at least. Directions of theory change "
            f"responses by less than {SILENT:g} of |J|; {settings.draws} draws of parameters and tokens each"
        ],
    )


def _judged(key: str, claim: str, cases: Sequence[IdentifiabilityCase]) -> JudgedStatement:
    """Supported where every case holds; undecided where a rank cannot be said."""
    unclear = [case for case in cases if not case.found.clear]
    wrong = [case for case in cases if case.found.clear and not case.holds]
    worst = max((case.unexplained for case in cases), key=abs)
    narrowest = min(case.found.gap for case in cases)
    said = Verdict.CONTRADICTED if wrong else Verdict.UNDECIDED if unclear else Verdict.SUPPORTED
    told = f"{len(cases)} cases, of which {len(wrong)} differ" if wrong else f"all {len(cases)} cases"
    if unclear:
        told += f"; in {len(unclear)} the rank cannot be said"
    because = f"{told}: narrowest gap {narrowest:.0e}, largest change along a direction of theory "
    because += f"{max(case.change for case in cases):.0e}"
    return JudgedStatement(key=key, claim=claim, said=said, because=because, expected=0.0, value=float(worst))


def _permutations(cases: Sequence[IdentifiabilityCase]) -> JudgedStatement:
    most = max(case.permuted for case in cases)
    return JudgedStatement(
        key="permutations",
        claim="the order of the heads of any layer is seen in no response",
        said=Verdict.SUPPORTED if most < SILENT else Verdict.CONTRADICTED,
        because=f"all orders in {len(cases)} cases: largest relative difference {most:.0e}",
        expected=0.0,
        value=most,
    )


def _control(cases: Sequence[IdentifiabilityCase]) -> JudgedStatement:
    """Whether the deficit of the idle parameters is seen: one per head beyond what is counted."""
    seen = [case.found.clear and case.unexplained == case.wanted.model.heads for case in cases]
    return JudgedStatement(
        key="control",
        claim="a parameter per head that does nothing of its own is seen as a deficit that nothing explains",
        said=Verdict.SUPPORTED if all(seen) else Verdict.CONTRADICTED,
        because=f"{sum(seen)} of {len(seen)} cases lack one more per head than theory counts",
        expected=1.0,
        value=sum(case.unexplained for case in cases) / sum(case.wanted.model.heads for case in cases),
    )
