"""The decomposition is recovered from errors that follow it exactly."""

import numpy as np
import pytest

from mtam.interaction.interaction_spec import InteractionData, InteractionTrial
from mtam.interaction.reading.error_parts import decompose

TRIAL = InteractionTrial(data=InteractionData(d=5, rank=1, noise=0.3, degree=3))


def columns(c0: float, c1: float, b: float) -> dict[str, np.ndarray]:
    n = np.tile(1000.0 * 2 ** np.arange(6), 3)
    intervals = np.ceil(3 * n**0.2)
    oracle = b * intervals**-4.0 + c0 * (intervals + 3) * 0.09 / n
    excess = c1 * TRIAL.parameters() * 0.09 / n
    seed = np.repeat([0.0, 1.0, 2.0], 6)
    return {"n": n, "seed": seed, "intervals": intervals, "oracle_error": oracle, "parametric_error": excess}


@pytest.mark.parametrize("b", [0.0, 0.2])
def test_known_parts_are_recovered(b: float) -> None:
    table = columns(0.7, 0.8, b)
    told = decompose(table, TRIAL)
    assert told["c0"] == pytest.approx(0.7)
    assert told["c1"] == pytest.approx(0.8)
    last = b * table["intervals"][5] ** -4.0 / table["oracle_error"][5]
    assert told["bias_share_at_largest_M"] == pytest.approx(last, abs=1e-12)


def test_nothing_to_say() -> None:
    table = columns(0.7, 0.8, 0.1)
    assert decompose({"n": table["n"]}, TRIAL) == {}
    assert decompose({name: values[:6] for name, values in table.items()}, TRIAL) == {}
    quiet = TRIAL.model_copy(update={"data": TRIAL.data.model_copy(update={"noise": 0.0})})
    assert decompose(table, quiet) == {}


def test_in_one_dimension_there_is_no_c1() -> None:
    flat = TRIAL.model_copy(update={"data": TRIAL.data.model_copy(update={"d": 1})})
    assert "c1" not in decompose(columns(0.7, 0.8, 0.1), flat)
