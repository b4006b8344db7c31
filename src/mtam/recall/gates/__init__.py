"""Attention variants: one interface, one file per algorithm; the settings of a variant name its gate."""

from mtam.base.variants import load, settings_class
from mtam.recall.gates.form import SHARPNESS, SPREAD
from mtam.recall.gates.interface import Gate, Params, Shapes, Tags
from mtam.recall.gates.softmax import Softmax
from mtam.recall.gates.untrained import Untrained
from mtam.recall.recall_variants import MODELS

__all__ = ["SHARPNESS", "SPREAD", "Gate", "Params", "Shapes", "Softmax", "Tags", "Untrained", "gate", "names"]


def names() -> list[str]:
    """The variants that have a gate."""
    return [name for name, variant in MODELS.items() if hasattr(settings_class(variant), "gate_class")]


def gate(name: str) -> Gate:
    """The gate of a variant with its default settings."""
    found: Gate = load(settings_class(MODELS[name]).gate_class)()
    return found
