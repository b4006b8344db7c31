"""Columns of records that more than one room speaks of, by name; what they mean stands with the numbers' dataclasses.

``mtam.recall.recall_numbers``, ``mtam.interaction.interaction_numbers``.
"""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ERROR = "error"
BAYES_ERROR = "bayes_error"
AVERAGE_BAYES_ERROR = "average_bayes_error"
ATTENTION_MASS = "attention_mass"
ATTENTION_ENTROPY = "attention_entropy"
RECALL_ACCURACY = "recall_accuracy"
ORACLE_ERROR = "oracle_error"
PARAMETRIC_ERROR = "parametric_error"
FORECAST_ERROR = "forecast_error"
FORECAST_ORACLE_ERROR = "forecast_oracle_error"
FORECAST_TYPICAL_ERROR = "forecast_typical_error"
FORECAST_TYPICAL_ORACLE_ERROR = "forecast_typical_oracle_error"
LINEAR_ERROR = "linear_error"
FORECAST_BEST_ERROR = "forecast_best_error"
EXCESS_RATIO = "excess_ratio"
CONVERGED = "converged"
INTERVALS = "intervals"
A_COSINE = "a_cosine"


def as_record(numbers: "DataclassInstance") -> dict[str, Any]:
    """The numbers that are there, in the order of their fields."""
    found = {field.name: getattr(numbers, field.name) for field in fields(numbers)}
    return {name: value for name, value in found.items() if value is not None}
