"""Failures of the machine are told from those of the mathematics, and records say which."""

import json

import pytest

from mtam.sweep import failures
from mtam.sweep.failures import of_machine, passing, told


def test_the_cause_of_an_exception_counts() -> None:
    error = ValueError("no fit")
    assert not failures.of_machine(error)
    error.__cause__ = MemoryError()
    assert failures.of_machine(error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (OSError(28, "No space left on device"), True),
        (ImportError("libcudart.so.12: cannot open shared object file"), True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("Unable To Allocate 3 GiB"), True),
        (ValueError("out of memory"), False),  # words count in exceptions of no class of their own alone
        (RuntimeError("shapes differ"), False),
        (ZeroDivisionError(), False),
        (None, False),
    ],
)
def test_the_machine_fails_by_its_exceptions_or_by_the_words_of_libraries(
    error: BaseException | None, expected: bool
) -> None:
    assert of_machine(error) == expected


def test_causes_of_causes_count_and_mere_contexts_do_not() -> None:
    outer, middle = ValueError("no fit"), KeyError("x")
    outer.__cause__, middle.__cause__ = middle, MemoryError()
    assert of_machine(outer)
    outer.__cause__ = None
    outer.__context__ = MemoryError()
    assert not of_machine(outer)


def raised(error: Exception) -> dict[str, object]:
    try:
        raise error
    except Exception as caught:
        return told(caught)


def test_a_record_tells_class_words_and_place() -> None:
    body = raised(ZeroDivisionError("by \udcff zero"))
    assert body["failure"] == "ZeroDivisionError: by ? zero"
    assert "Traceback" in str(body["traceback"])
    assert json.loads(json.dumps(body)) == body
    json.dumps(body, ensure_ascii=False).encode()
    assert failures.CAUSE not in body
    assert not passing(body)


def test_only_a_failure_of_the_machine_passes() -> None:
    assert passing(raised(MemoryError()))
    assert not passing({failures.CAUSE: failures.MACHINE, "numbers": {}})
    assert not passing({"failure": "diverged", failures.CAUSE: ""})
