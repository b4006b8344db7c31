"""Smoothing by cross-validation over groups, against refits and against REML where noise is alike within a group."""

import numpy as np
import pytest
import scipy.linalg

from mtam.interaction.solver import grouped_smoothing, reml
from mtam.interaction.solver.grouped_smoothing import Fold

COLUMNS, ROWS = 12, 400


def problem(common: float, rng: np.random.Generator, bend: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, a line and a wave in noise, and groups of ten rows with one point and in part one noise."""
    groups = np.repeat(np.arange(ROWS // 10), 10)
    at = rng.random(ROWS // 10)[groups]
    features = np.exp(-(((at[:, None] - np.linspace(0, 1, COLUMNS)) * COLUMNS) ** 2))
    noise = common * rng.standard_normal(ROWS // 10)[groups] + rng.standard_normal(ROWS)
    return features, at + bend * np.sin(7 * at) + noise, groups


def folds(features: np.ndarray, y: np.ndarray, labels: np.ndarray) -> list[Fold]:
    parts = [(features[labels == k], y[labels == k]) for k in np.unique(labels)]
    return [Fold(f.T @ f, f.T @ t, float(t @ t)) for f, t in parts]


def test_the_choice_is_the_least_error_of_groups_left_out() -> None:
    features, y, groups = problem(1.0, np.random.default_rng(0), 3.0)
    bent = reml.differences(COLUMNS)
    roughness, ridge, labels = bent.T @ bent, 1e-6 * np.eye(COLUMNS), groups % 10
    found = grouped_smoothing.choose(folds(features, y, labels), roughness, ridge, ROWS)

    def error(smoothing: float) -> float:
        total = 0.0
        for k in range(10):
            out = labels == k
            gram = features[~out].T @ features[~out] + ROWS * (ridge + smoothing * roughness)
            c = scipy.linalg.solve(gram, features[~out].T @ y[~out])
            total += float(np.sum((y[out] - features[out] @ c) ** 2))
        return total

    assert all(error(found.value) <= error(found.value * factor) + 1e-9 for factor in (0.1, 0.3, 3.0, 10.0))
    gram = features.T @ features / ROWS
    hat = np.linalg.solve(gram + ridge + found.value * roughness, gram + ridge)
    assert found.freedom == pytest.approx(np.trace(hat), rel=1e-6)


def test_noise_common_to_a_group_is_no_signal() -> None:
    """Twenty data sets: REML spends degrees of freedom on what a group has in common, cross-validation does not."""
    bent = reml.differences(COLUMNS)
    roughness, ridge, spent = bent.T @ bent, 1e-6 * np.eye(COLUMNS), []
    for seed in range(20):
        features, y, groups = problem(2.0, np.random.default_rng(seed + 1))
        gram = features.T @ features / ROWS + ridge
        by_rows = reml.choose(gram, features.T @ y / ROWS, float(y @ y) / ROWS, roughness, ROWS)
        by_groups = grouped_smoothing.choose(folds(features, y, groups % 10), roughness, ridge, ROWS)
        spent.append((by_rows.freedom, by_groups.freedom))
    by_rows_mean, by_groups_mean = np.mean(spent, axis=0)
    assert by_rows_mean > 8
    assert by_groups_mean < 5
