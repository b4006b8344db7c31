"""The toy experiment of paper A's Appendix D: two measures on [0, 1] with opposite tags, and what it can show.

    nu = (mu^(1) x delta_v + mu^(2) x delta_{-v}) / 2,  v = +-1,   Y = v S(Z_1) + noise,  S(Z) = sum_j lambda_j Z_j^2,

with lambda_j = exp(-j^alpha) and mu^(i) of density proportional to (c + sum_j w_j Z_ij e_j)_+, w_j = sqrt(lambda_j) or,
as the paper leaves the exponent open, lambda_j itself, c = 1 or 0, for the system e_j = sqrt2 cos(pi j x), or with e_1
= 1 first; then normalising hides the scale of Z_1 and no model can know S exactly. A context is 5000 tokens (x, tag);
their counts on the grid are the same data. d1 = 1 < I = 2: the toy lies outside the theorem's I <= d1, inside
<v, v'> <= 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtam.base.streams import generator
from mtam.recall.recall_spec import RecallTrial
from mtam.recall.simulate.bases import cosine

Array = NDArray[np.float64]

MOMENTS = {"normal": (1.0, 2.0), "uniform_sqrt3": (1.0, 0.8), "uniform_1": (1 / 3, 4 / 45)}  # E Z^2, Var Z^2


@dataclass(frozen=True)
class Toy:
    """``n`` contexts; row r is the same for every larger n of the same stream."""

    counts: NDArray[np.float32]  # (n, 2, G): shares of the tokens with tag -1 and tag +1 on the nodes
    swapped: NDArray[np.float32]  # (n, 2, G): the same with the two measures exchanged, the tags kept
    sign: NDArray[np.int64]  # (n,): 1 where the query's tag is +1, else 0
    clean: Array  # (n,): v S(Z_1)
    other: Array  # (n,): v S(Z_2), the answer after the exchange
    observed: Array  # (n,)
    refused: int  # densities without mass, drawn again


def spectrum(alpha: float, modes: int) -> Array:
    """exp(-j^alpha), j = 1 .. M. (M,)"""
    return np.asarray(np.exp(-(np.arange(1, modes + 1, dtype=np.float64) ** alpha)))


def system(trial: RecallTrial) -> Array:
    """The toy's functions e_j on its nodes. (M, G)"""
    data = trial.data
    functions = cosine(data.modes, (np.arange(data.nodes) + 0.5) / data.nodes)
    if trial.reported.system == "constant_first":
        functions = np.concatenate([np.ones((1, data.nodes)), functions[:-1]])
    return functions


def draw(trial: RecallTrial, split: str, n: int) -> Toy:
    """The first n contexts of a stream; densities that vanish everywhere are drawn again and counted."""
    data, toy = trial.data, trial.reported
    lam = spectrum(data.alpha, data.modes)
    weights = np.sqrt(lam) if toy.weights == "root" else lam
    functions = system(trial)
    rng = generator(trial.seed, "reported", split, "Z")
    z = np.empty((n, 2, data.modes))
    refused = 0
    for row in range(n):
        for which in range(2):
            z[row, which], again = _with_mass(rng, toy.law, weights, functions, toy.constant)
            refused += again
    density = np.maximum(toy.constant + (z * weights) @ functions, 0.0)
    mass = density / density.sum(-1, keepdims=True)  # (n, 2, G): mu^(1), mu^(2)
    sign = (generator(trial.seed, "reported", split, "tag").random(n) < 0.5).astype(np.int64)
    value = 2 * sign - 1
    answers = (z**2) @ lam  # (n, 2)
    clean, other = value * answers[:, 0], value * answers[:, 1]
    noise = generator(trial.seed, "reported", split, "noise").standard_normal(n)
    counts, swapped = (_tokens(trial, split, mass[:, order], sign) for order in ([0, 1], [1, 0]))
    return Toy(counts, swapped, sign, clean, other, clean + data.noise * noise, refused)


def _with_mass(
    rng: np.random.Generator, law: str, weights: Array, functions: Array, constant: bool
) -> tuple[Array, int]:
    """A coefficient vector whose density is positive somewhere, and how many were refused before it."""
    refused = 0
    while True:
        if law == "normal":
            z = rng.standard_normal(len(weights))
        else:
            z = rng.uniform(-1, 1, len(weights)) * (np.sqrt(3) if law == "uniform_sqrt3" else 1.0)
        if (constant + (z * weights) @ functions).max() > 0:
            return z, refused
        refused += 1


def _tokens(trial: RecallTrial, split: str, mass: Array, sign: NDArray[np.int64]) -> NDArray[np.float32]:
    """Shares of the tokens by tag and node: multinomial counts, or the measures themselves without a length."""
    n = len(mass)
    by_tag = np.empty_like(mass)  # (n, 2, G), tag -1 first
    by_tag[np.arange(n), sign] = mass[:, 0]
    by_tag[np.arange(n), 1 - sign] = mass[:, 1]
    if trial.data.length is None:
        return (by_tag / 2).astype(np.float32)
    half = trial.data.length // 2  # as many tokens of each tag
    counts = generator(trial.seed, "reported", split, "tokens").multinomial(half, by_tag)
    return (counts / (2 * half)).astype(np.float32)


def answer_moments(trial: RecallTrial) -> tuple[float, float]:
    """E S and Var S for independent Z_j, before any density is refused."""
    lam = spectrum(trial.data.alpha, trial.data.modes)
    mean, variance = MOMENTS[trial.reported.law]
    return float(lam.sum() * mean), float((lam**2).sum() * variance)


def sign_only(trial: RecallTrial) -> float:
    """The mean squared error of the best predictor that sees only the query's tag, v E S: it is Var S."""
    return answer_moments(trial)[1]


def shuffled(trial: RecallTrial) -> float:
    """The error of perfect recall, and of the sign-only predictor alike, under shuffled queries: Var S + 2 (E S)^2.

    Under a wrong tag, half of the time, recall finds the other measure and answers -v S(Z_2): E (S_1 + S_2)^2 / 2. The
    sign-only predictor errs by Var S / 2 + (Var S + 4 (E S)^2) / 2. A shuffle test cannot tell one from the other.
    """
    mean, variance = answer_moments(trial)
    return variance + 2 * mean**2
