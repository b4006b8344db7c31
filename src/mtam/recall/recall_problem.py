"""What theory says about the curve of a recall cell, for the problem's definition in ``mtam.problems.registry``."""

from collections.abc import Sequence

from mtam.recall.recall_spec import RecallTrial
from mtam.recall.theory import minimax


def reference(trial: RecallTrial, sizes: Sequence[int]) -> list[float]:
    """R_ref(n) by reverse water-filling of the coefficient box (``mtam.recall.theory.minimax``)."""
    d = trial.data
    curve = minimax.reference_curve(d.alpha, d.decay, sizes, d.noise, spectrum=d.spectrum)
    return [float(value) for value in curve]


def lower_bound(trial: RecallTrial, sizes: Sequence[int]) -> list[float] | None:
    """Assouad's bound over the same class (``mtam.recall.theory.minimax``); None without noise and for the toy."""
    d = trial.data
    if trial.protocol == "reported" or d.noise == 0:
        return None
    return [float(value) for value in minimax.lower_bound(d.alpha, d.decay, sizes, d.noise, spectrum=d.spectrum)]
