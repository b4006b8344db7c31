"""Statements of paper A that have explicit constants, beside what they bound."""

import numpy as np

from mtam.base.streams import generator
from mtam.checks.statements.evaluated_bound import EvaluatedBound, simulated
from mtam.recall.theory import assouad_family, metric_entropy, minimax, rankin
from mtam.recall.theory.water_filling import log_half_axes

TAGS, TAG_DIM, DRAWS = 16, 8, 200
TEMPERATURES = (2.0, 4.0, 8.0, 16.0, 32.0)
KEPT = (1, 2, 3, 4, 5)
SAMPLES, AXES = 50_000, 32
RADII = (0.5, 0.2, 0.05, 0.01, 0.001)
SIZES = (16, 64, 256, 1024, 4096)
NOISE = 0.1  # sigma, in root mean squares of the coefficients
REPEATS = 60
VECTORS, DIM = (3, 4, 5, 6, 7), 3


def softmax_leak(seed: int) -> EvaluatedBound:
    """Lemma 8: off the target softmax leaves at most (I - 1) e^{-gap}; of random tags the draw that comes nearest."""
    rng = generator(seed, "check", "statements", "tags")
    tags = rng.standard_normal((DRAWS, TAGS, TAG_DIM))
    tags /= np.linalg.norm(tags, axis=2, keepdims=True)
    products = np.einsum("sid,sd->si", tags, tags[:, 0])  # (draws, I), the query carries the first tag
    bounds, truths = [], []
    for beta in TEMPERATURES:
        gap = beta * (1 - products[:, 1:].max(axis=1))
        bound = (TAGS - 1) * np.exp(-gap)
        leak = np.exp(beta * (products[:, 1:] - 1)).sum(axis=1)
        truth = leak / (1 + leak)
        nearest = int(np.argmax(truth / bound))
        bounds.append(bound[nearest])
        truths.append(truth[nearest])
    return EvaluatedBound(
        "softmax_leak", "paper A, Lemma 8", "softmax attention leaves at most (I - 1) e^{-gap} off the target", "upper",
        tuple(f"beta = {beta:g}" for beta in TEMPERATURES), np.array(bounds), np.array(truths), np.array(truths),
        f"exact, the nearest of {DRAWS} draws of {TAGS} tags in {TAG_DIM} dimensions",
    )  # fmt: skip


def truncation(seed: int) -> EvaluatedBound:
    """Approximation by D coefficients: E |F(u) - F(u_1 .. u_D)|^2 <= sum_{j > D} lambda_j for a 1-Lipschitz F.

    Here F(u) = ||u||, u uniform on the box, lambda_j = exp(-j).
    """
    axes = minimax.half_axes(1.0, 1.0)[:AXES]
    rng = generator(seed, "check", "statements", "truncation")
    squares = rng.uniform(-axes, axes, (SAMPLES, len(axes))) ** 2
    norms = np.sqrt(np.cumsum(squares, axis=1))
    apart = (norms[:, -1:] - norms[:, [d - 1 for d in KEPT]]) ** 2  # (samples, D)
    low, high = simulated(apart.mean(axis=0), apart.std(axis=0, ddof=1) / SAMPLES**0.5)
    bounds = np.array([(axes[d:] ** 2).sum() / 3 for d in KEPT])
    return EvaluatedBound(
        "truncation", "paper A, approximation", "D coefficients lose at most the sum of the other λ_j (Lipschitz F)",
        "upper", tuple(f"D = {d}" for d in KEPT), bounds, low, high, f"F = ||u||, {SAMPLES} draws",
    )  # fmt: skip


def covering() -> EvaluatedBound:
    """Covering of the box of coefficients: H(theta) <= sum_{a_j > theta} ln(2 a_j / theta), H exact in the sup norm."""
    axes = log_half_axes(1.0, 1.0, "exponential", 64)
    radii = np.log(np.array(RADII))
    split = metric_entropy.split_axes(axes, radii)
    bounds = metric_entropy.water_entropy(axes, radii) + split * np.log(2)
    truths = metric_entropy.cube_entropy(axes, radii)
    return EvaluatedBound(
        "covering", "paper A, covering number", "ln N(theta) <= sum of ln(2 a_j / theta), axes wider than theta",
        "upper", tuple(f"theta = {radius:g}" for radius in RADII), bounds, truths, truths,
        "exact, by a cover and as many separated points",
    )  # fmt: skip


def assouad(seed: int) -> EvaluatedBound:
    """The lower bound: k theta^2/8 (1 - sqrt(n k theta^2/(4 N sigma^2))) against the Bayes risk of its own family."""
    axes = minimax.half_axes(1.0, 1.0)
    sigma = NOISE * float((axes**2).sum() / 3) ** 0.5
    bounds, risks = [], []
    for size in SIZES:
        hard = assouad_family.hardest(axes, size, sigma, assouad_family.assouad)
        rng = generator(seed, "check", "statements", "assouad", size)
        risks.append(assouad_family.bayes_risk(hard, size, sigma, signed=False, repeats=REPEATS, rng=rng))
        bounds.append(assouad_family.assouad(hard, size, sigma))
    values, errors = np.array(risks).T
    low, high = simulated(values, errors)
    return EvaluatedBound(
        "assouad", "paper A, lower bound", "no estimator has less risk than Assouad's bound (lambda_j = exp(-j))",
        "lower", tuple(f"n = {size}" for size in SIZES), np.array(bounds), low, high,
        f"exact Bayes risk of the family over {REPEATS} samples",
    )  # fmt: skip


def separated_tags(seed: int) -> EvaluatedBound:
    """Rankin: the smallest angle between N unit vectors is at most that of the simplex, or 90 degrees to N = 2 d."""
    rng = generator(seed, "check", "statements", "rankin")
    found = [rankin.largest_product(rankin.search(count, DIM, 3, rng)) for count in VECTORS]
    proven = [rankin.least_largest_product(count, DIM) for count in VECTORS]
    angles, bounds = (np.degrees(np.arccos(np.clip(values, -1, 1))) for values in (found, proven))
    return EvaluatedBound(
        "separated_tags", "paper A, Assumption 2 (Rankin)", "tags lie no further apart than Rankin's bound", "upper",
        tuple(f"N = {count}, d = {DIM}" for count in VECTORS), bounds, angles, angles, "found by search, in degrees",
    )  # fmt: skip
