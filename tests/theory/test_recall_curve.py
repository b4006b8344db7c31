"""The learning curves that the theorem speaks of: risk falls with n, faster decay of the spectrum lies lower."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from mtam.recall.evaluation.risk import outputs, risk
from mtam.recall.recall_models import trained_settings
from mtam.recall.recall_spec import RecallData, RecallTrial
from mtam.recall.run_recall import fit, run
from mtam.recall.simulate.contexts import Sample, problem
from mtam.recall.transformer import tensors

ALPHAS, SIZES, SEEDS = (0.5, 1.0, 2.0), (64, 256, 1024), 2


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def curves() -> dict[tuple[float, int], list[dict[str, Any]]]:
    """Records by (alpha, n), trained in one pack per size."""
    found: dict[tuple[float, int], list[dict[str, Any]]] = {}
    for n in SIZES:
        pack_ = [RecallTrial(n=n, seed=s, data=RecallData(alpha=a)) for a in ALPHAS for s in range(SEEDS)]
        for trial, record in zip(pack_, run(pack_, device="cpu", tick=lambda _: None), strict=True):
            found.setdefault((trial.data.alpha, n), []).append(record)
    return found


def _mean(curves: dict[tuple[float, int], list[dict[str, Any]]], alpha: float, n: int, name: str = "error") -> float:
    return float(np.mean([record[name] for record in curves[alpha, n]]))


@pytest.mark.parametrize("alpha", ALPHAS)
def test_risk_falls_with_the_sample(curves: dict[tuple[float, int], list[dict[str, Any]]], alpha: float) -> None:
    risks = [_mean(curves, alpha, n) for n in SIZES]
    assert risks[0] > 1.3 * risks[1] > 1.3**2 * risks[2]


@pytest.mark.parametrize("n", SIZES)
def test_larger_alpha_lies_lower(curves: dict[tuple[float, int], list[dict[str, Any]]], n: int) -> None:
    risks = [_mean(curves, alpha, n) for alpha in ALPHAS]
    assert risks[0] > 1.5 * risks[1] > 1.5**2 * risks[2]


def test_recall_is_learned(curves: dict[tuple[float, int], list[dict[str, Any]]]) -> None:
    assert min(_mean(curves, alpha, 1024, "attention_mass") for alpha in ALPHAS) > 0.94
    assert min(_mean(curves, alpha, 1024, "recall_accuracy") for alpha in ALPHAS) > 0.999


def test_a_query_of_another_context_finds_nothing() -> None:
    """Negative control: with queries shuffled against contexts the risk is that of a blind answer, or worse."""
    trial = RecallTrial(n=512, seed=0, data=RecallData(alpha=1.0))
    p = problem(trial.data, 0)
    network, features, trained = fit([trial], [p], torch.device("cpu"), lambda _: None)
    sample = p.sample("test", 2000)
    turned = Sample(
        sample.moments, sample.log_share, sample.tags, np.roll(sample.query_tag, 1, axis=0), sample.query,
        sample.answering, sample.coefficients, sample.clean, sample.observed,
    )  # fmt: skip

    def measured(on: Sample) -> float:
        rows = tensors.stack([on], [trained_settings(trial.model)], torch.device("cpu"), torch.float32)
        return risk(outputs(network, trained.best, features, rows).answers[0], on)["error"]

    straight, shuffled = measured(sample), measured(turned)
    assert straight < 0.25
    assert shuffled > 0.8
    assert math.isfinite(shuffled)
