"""Columns that several rooms speak of are fields of a dataclass of numbers, and records hold what is there."""

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from mtam.base import columns
from mtam.interaction import interaction_numbers
from mtam.recall import recall_numbers
from mtam.recall.recall_numbers import BenchmarkNumbers, TrainedNumbers


def kinds() -> list[Any]:
    modules = (interaction_numbers, recall_numbers)
    return [kind for module in modules for kind in vars(module).values() if is_dataclass(kind)]


def test_every_column_is_a_number_of_some_record() -> None:
    known = {field.name for kind in kinds() for field in fields(kind)}
    named = {value for name, value in vars(columns).items() if name.isupper() and isinstance(value, str)}
    assert len(named) > 10
    assert named <= known


def test_every_number_is_explained() -> None:
    """In the docstring of its dataclass or of one that it derives from; a family such as trace_* by its first part."""
    for kind in kinds():
        told = " ".join(base.__doc__ or "" for base in kind.__mro__[:-1])
        for field in fields(kind):
            assert field.name in told or f"{field.name.partition('_')[0]}_*" in told or "the rest as" in told, (
                field.name
            )


def test_a_record_holds_what_is_there_in_the_order_of_the_fields() -> None:
    numbers = BenchmarkNumbers(error=0.1, error_se=0.01, mse=0.2, target_variance=1.0, seconds=1.0, pack_seconds=2.0)
    assert list(columns.as_record(numbers)) == [
        "error", "error_se", "mse", "target_variance", "attention_mass", "attention_entropy", "recall_accuracy",
        "seconds", "pack_seconds",
    ]  # fmt: skip


def test_a_number_that_has_no_place_is_an_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword"):
        TrainedNumbers(novelty=1.0)  # type: ignore[call-arg]
