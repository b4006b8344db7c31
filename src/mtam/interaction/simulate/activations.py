"""Activations phi* on [-1, 1], continued constantly outside; the scale is fixed later, by the standardisation of g*.

The family fixes how smooth the truth is: ``bspline`` has P - 1 continuous derivatives and few knots, ``rate_hard``
is Hoelder of order beta at every scale and no smoother, the others are the activations one meets in practice.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mtam.base.named.named_code import expected, is_sealed, load_named
from mtam.base.streams import generator
from mtam.interaction.files.activation_points import read
from mtam.interaction.interaction_spec import InteractionData
from mtam.interaction.model.splines import Spline, SplineSpace

Array = npt.NDArray[np.float64]
Function = Callable[[Array], Array]

GAIN = 3.0  # u has standard deviation 1/3, so tanh(3u), exp(3u) see arguments of unit variance
FREQUENCIES = 512  # of the rate-hard series, at first: where beta = 2, finer than any K that data ask for
FINE = 32  # cubic intervals per shortest wavelength of the rate-hard table


def activation(data: InteractionData, seed: int, head: int = 0) -> Function:
    """The activation named by ``data.activation``, its coefficients keyed by the seed and the head alone."""
    rng = generator(seed, "interaction", "truth", "activation", *of_head(head))
    if is_sealed(data.activation):
        given = load_named(data.activation)(data, rng)
        named: Function = expected(data.activation, given, callable(given), "a function of an array in [-1, 1]")
        return named
    match data.activation:
        case "bspline":
            return smooth_spline(data.degree, rng, data.knots)
        case "odd":
            return parity(smooth_spline(data.degree, rng, data.knots), -1)
        case "even":
            return parity(smooth_spline(data.degree, rng, data.knots), +1)
        case "rate_hard":
            return rate_hard(max(1, data.degree - 1), rough_series(seed, data.frequencies, head))
        case "samples":
            assert data.samples_file is not None
            return read(data.samples_file, data.samples_sha256).interpolate()
        case "tanh" | "hypotheses":  # the base to which truth.draw_truth adds the bumps
            return lambda u: np.asarray(np.tanh(GAIN * np.clip(u, -1, 1)))
        case "exp":
            return lambda u: np.asarray(np.exp(GAIN * np.clip(u, -1, 1)))
        case "relu":
            return lambda u: np.clip(u, 0, 1)
    raise ValueError(f"there is no activation {data.activation}")


def smooth_spline(degree: int, rng: np.random.Generator, intervals: int = 6) -> Spline:
    """Least-squares B-spline of degree P on few intervals of a random smooth curve, as in the paper.

    The curve is sum_k (a_k cos(pi k u/2) + b_k sin(pi k u/2))/k, k = 1..4, with standard normal a, b.
    """
    grid = np.linspace(-1, 1, 401)
    k = np.arange(1, 5)
    angles = np.pi / 2 * grid[:, None] * k
    a, b = rng.standard_normal((2, 4)) / k
    space = SplineSpace(degree, intervals)
    coefficients = np.linalg.lstsq(space.design(grid), np.cos(angles) @ a + np.sin(angles) @ b, rcond=None)[0]
    return Spline(space, coefficients)


def parity(phi: Spline, sign: int) -> Spline:
    """(phi(u) + sign phi(-u))/2: uniform B-splines mirror into one another, so it stays in the same space."""
    return Spline(phi.space, (phi.coefficients + sign * phi.coefficients[::-1]) / 2)


def of_head(head: int) -> tuple[str | int, ...]:
    """What the streams of a head are named after those of the first: nothing for itself."""
    return ("head", head) if head else ()


def rough_series(seed: int, frequencies: int, head: int = 0) -> Array:
    """a, b of the rate-hard truth of a seed, standard normal; the first 512 are the same however many  # (2, F)."""
    first = generator(seed, "interaction", "truth", "activation", *of_head(head)).standard_normal((2, FREQUENCIES))
    more = generator(seed, "interaction", "truth", "activation", "continued", *of_head(head))
    rest = more.standard_normal((2, max(0, frequencies - FREQUENCIES)))
    return np.concatenate([first, rest], axis=1)[:, :frequencies]


def rate_hard(beta: float, series: Array) -> Spline:
    """sum_k k^{-(beta + 1/2)} (a_k cos(pi k u/2) + b_k sin(pi k u/2)), k = 1..F; ``series`` is a, b  # (2, F).

    The squared error of its best approximation by splines on K intervals falls like K^{-2 beta}, without steps, at
    every K below about F/2: no spline class contains it, and its smoothness is beta and not more. What the series lacks
    beyond F is the share (K/F)^{2 beta} of that error, in order of magnitude. Tabulated by a cubic spline whose own
    error (below 1e-7) is far under any fit's.
    """
    k = np.arange(1, series.shape[1] + 1)
    a, b = series * k ** -(beta + 0.5)
    return tabulated(a, b)


def tabulated(a: Array, b: Array) -> Spline:
    """sum_k a_k cos(pi k u/2) + b_k sin(pi k u/2), k = 1, 2, .., as a cubic spline on a fine grid  # (F,), (F,)."""
    k = np.arange(1, len(a) + 1)
    intervals = len(a) * FINE // 2
    period = 2 * intervals  # the series has period 4, the grid spans half of it
    spectrum = np.zeros(period, dtype=np.complex128)
    # At u = -1 + 2 n / intervals the angle pi k u/2 is 2 pi k n / period - pi k / 2.
    spectrum[k] = (a - 1j * b) * np.exp(-0.5j * np.pi * k)
    # Filtering by the symbol of the cubic cardinal spline, (4 + 2 cos w)/6, turns values into coefficients.
    symbol = (4 + 2 * np.cos(2 * np.pi * np.arange(period) / period)) / 6
    coefficients = np.real(np.fft.ifft(spectrum / symbol) * period)
    return Spline(SplineSpace(3, intervals), coefficients[np.arange(-1, intervals + 2) % period])
