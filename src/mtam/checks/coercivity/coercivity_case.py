"""What check coercivity measures at one law, d and N."""

from dataclasses import dataclass

from mtam.base.table import Estimate
from mtam.interaction.interaction_spec import TokenLaw
from mtam.interaction.theory import coercivity_ratio


@dataclass(frozen=True)
class CoercivityCase:
    """All that was measured at one law, d and N."""

    law: TokenLaw
    d: int
    tokens: int
    ratios: dict[str, Estimate]  # by kind of h
    identity: coercivity_ratio.Identity  # of a generic h
    floor: float | None  # 1 - (N-2)/(S-2) for a finite population of S
