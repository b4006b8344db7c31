"""Attention variants by name: one interface, one file per algorithm."""

from mtam.recall.gates.form import SHARPNESS, SPREAD
from mtam.recall.gates.interface import Gate, Params, Shapes, Tags
from mtam.recall.gates.linear import Linear
from mtam.recall.gates.linear_elu import LinearElu
from mtam.recall.gates.multihead import MultiHead
from mtam.recall.gates.softmax import Softmax
from mtam.recall.gates.untrained import Blind, FrozenRbf, Mean, OracleGate, Untrained
from mtam.recall.recall_spec import RecallModel

__all__ = ["GATES", "SHARPNESS", "SPREAD", "Gate", "Params", "Shapes", "Softmax", "Tags", "Untrained", "gate"]

GATES: dict[str, Gate] = {
    "softmax": Softmax(),
    "linear": Linear(),
    "linear_elu": LinearElu(),
    "frozen_rbf": FrozenRbf(),
    "mean": Mean(),
    "oracle": OracleGate(),
    "mercer": OracleGate(),
    "tag_only": Blind(),
}


def gate(model: RecallModel) -> Gate:
    """The gate of a model. Raises KeyError for the benchmarks, which have none."""
    if model.heads > 1 or model.key_dim is not None:
        return MultiHead(model.heads, model.key_dim)
    return GATES[model.name]
