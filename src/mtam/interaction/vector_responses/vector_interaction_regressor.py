"""Fits to responses of several components, Y (M, N, q): one A, an amplitude function for every component.

The stages are those of a single response. Every component alone searches with coarse splines; of the A that are found
the one with the least sum_a log L_a, the profiled likelihood of all components, is refined on all of them, with coarse
splines. There the smoothness of every phi_a is chosen by REML, once, and A is refined with ample splines.

Standard errors of A and bands come from the sandwich over samples with the score features of all components, Z_a =
[aggregated B-splines of component a, aggregated tangents of A with the slope of phi_a]: with E_m = sum_a w_a sum_i
[0, .., F_ia e_ia, .., 0, T_ia e_ia] the scores of a sample, V = B (sum_m E_m E_m^T + S) B, B = (sum_a w_a Z_a^T Z_a +
S)^{-1}, S the ridge and the penalties of all components (``own_data.confidence_band``).
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from mtam.base.streams import generator
from mtam.interaction.estimators import erm
from mtam.interaction.estimators.choose_k import ample
from mtam.interaction.files import dataset
from mtam.interaction.files.validate_arrays import finite, numbers
from mtam.interaction.model.domain import domain
from mtam.interaction.model.low_rank import dimension, truncate
from mtam.interaction.model.row_layout import RowLayout
from mtam.interaction.model.splines import Spline, SplineSpace
from mtam.interaction.own_data import choose_rank, confidence_band, confidence_region
from mtam.interaction.own_data.choose_rank import Split
from mtam.interaction.own_data.fitted_interaction import FittedInteraction
from mtam.interaction.search.multistart import ALIKE
from mtam.interaction.search.search import COARSE
from mtam.interaction.simulate.truth import SCALE
from mtam.interaction.solver.levenberg_marquardt import Point
from mtam.interaction.solver.varpro import Profile
from mtam.interaction.vector_responses.joint_profile import JointPoint, JointProfile

Array = npt.NDArray[np.float64]

WHERE = "the data"
DEGREE = 3


@dataclass(frozen=True)
class JointInteractions:
    """The fitted interaction of every component, with what the fit says of itself."""

    parts: tuple[FittedInteraction, ...]  # of standardised responses, one matrix
    profiles: JointProfile
    point: JointPoint
    converged: bool  # the joint descent is settled in the basin that the trusted search of a component has found
    lack_of_fit: float

    def responses(self, values: Array, layout: RowLayout | None = None) -> Array:
        """Standardised predictions, components of a token beside each other  # (M, N, d) -> (M, N q)."""
        told = np.stack([part.responses(values, layout) for part in self.parts], axis=2)
        return told.reshape(len(values), -1)


class VectorInteractionRegressor:
    """Y_ia = (N-1)^{-1} sum_{j != i} phi_a(X_i^T A X_j) + noise, a = 1..q; A of low rank, common to the components.

    Parameters: rank, int or None for hold-out over 1, 2, 4, ...; max_starts of every search; random_state, an int.
    After ``fit``: A_ (d, d) and A_se_ (d, d), E u^2 = 1/9 (its sign is that of the search); rank_; interactions_, one
    fitted interaction per component; phi_grid_, phi_ and phi_se_ (points,), (q, points) twice; noise_sd_ (q,), in the
    units of Y; explained_ (q,), shares of the variance of held-out samples; converged_.
    """

    A_: Array
    A_se_: Array
    rank_: int
    interactions_: list[FittedInteraction]
    phi_grid_: Array
    phi_: Array
    phi_se_: Array
    noise_sd_: Array
    explained_: Array
    converged_: bool

    def __init__(self, rank: int | None = None, *, max_starts: int = 40, random_state: int = 0) -> None:
        self.rank = rank
        self.max_starts = max_starts
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, Y: npt.ArrayLike) -> Self:
        """Fit to tokens X (M, N, d) and responses Y (M, N, q), neither of which is changed.

        Raises ValueError, one sentence, for other shapes, for components that cannot be learned from
        (``dataset.validate``) and for a rank that is none of 1 to d.
        """
        values = numbers(Y, f"Y in {WHERE}")
        if values.ndim != 3 or values.shape[2] < 1:
            raise ValueError(f"Y in {WHERE} has shape {values.shape}; valid: (M, N, q), samples x tokens x components")
        x, d = numbers(X, f"X in {WHERE}"), 0
        for a in range(values.shape[2]):
            x, _ = dataset.validate(x, values[..., a], f"component {a} of {WHERE}")
        d = x.shape[2]
        if self.rank is not None and not 1 <= self.rank <= d:
            raise ValueError(f"rank = {self.rank!r}; valid: 1 to {d}")
        order = generator(self.random_state, "interaction", "own", "holdout").permutation(len(x))
        x, values = x[order], values[order]
        centre, unit = values.mean(axis=(0, 1)), values.std(axis=(0, 1))
        y = (values - centre) / unit
        flat, cut = y.reshape(len(y), -1), len(x) - len(x) // 5
        split = Split(x[:cut], flat[:cut], x[cut:], flat[cut:])
        tried = choose_rank.choose(self._attempt, split, self._ranks(x))
        held = self._joint(split.x, split.y, tried.rank)
        missed = split.y_test - held.responses(split.x_test)
        self.explained_ = 1 - _by_component(missed, y).mean(axis=(0, 1)) / _by_component(flat[cut:], y).mean(
            axis=(0, 1)
        )
        found = self._joint(x, flat, tried.rank)
        self.rank_, self.converged_, self.A_ = tried.rank, found.converged, found.parts[0].matrix
        self._uncertainty(found, x, y, unit, centre)
        return self

    def _ranks(self, x: Array) -> list[int]:
        d = x.shape[2]
        if self.rank is not None:
            return [self.rank]
        powers = [2**k for k in range(d.bit_length()) if 2**k < d]
        return [r for r in [*powers, d] if 2 * (dimension(d, r) - 1) <= x.shape[0] * x.shape[1]]

    def _attempt(
        self, x: Array, flat: Array, rank: int, layout: RowLayout | None
    ) -> tuple[JointInteractions, JointInteractions]:
        """The fit at a rank as ``choose_rank`` asks for it: what the search says, and what predicts."""
        del layout
        found = self._joint(x, flat, rank)
        return found, found

    def _joint(self, x: Array, flat: Array, rank: int) -> JointInteractions:
        """The fit at a rank to standardised responses  # (M, N, d), (M, N q)."""
        y = flat.reshape(*x.shape[:2], -1)
        tokens, components = x.shape[1], range(y.shape[2])
        coarse = SplineSpace(DEGREE, COARSE)
        options = erm.ErmOptions(self.max_starts)
        alone = [
            erm.fit(
                x, y[..., a], rank, coarse, generator(self.random_state, "interaction", "own", "starts", rank), options
            )
            for a in components
        ]
        rng = generator(self.random_state, "interaction", "own", "vector", rank)
        first = erm.prepare(x, y[..., 0], rank, coarse, rng)
        joint = JointProfile(tuple(replace(first, y=y[..., a].copy()) for a in components), np.ones(len(alone)))
        back = np.linalg.pinv(first.white)
        points = [joint.at(*truncate(back @ one.matrix @ back.T, rank, SCALE)) for one in alone]
        logs = [sum(np.log(max(fit.loss, 1e-300)) for fit in point.fits) for point in points]
        best = int(np.argmin(logs))
        joint = joint.reweighted(points[best])
        rough = joint.refine(joint.at(points[best].u, points[best].v))
        wide = domain(replace(joint.parts[0], space=SplineSpace(DEGREE, ample(len(x), tokens))), _point(rough))
        parts = []
        for part in joint.parts:
            smooth = replace(wide, y=part.y)
            found = JointProfile((smooth,), np.ones(1)).at(rough.u, rough.v)
            parts.append(smooth.smoothed(found.fits[0], found.u, found.v)[0])
        joint = replace(joint, parts=tuple(parts))
        start = joint.at(rough.u, rough.v)
        joint = joint.reweighted(start)
        point = joint.refine(joint.at(rough.u, rough.v))
        return JointInteractions(
            tuple(_interaction(part, point, a) for a, part in enumerate(joint.parts)),
            joint,
            point,
            point.settled and any(_agrees(one, joint.parts[0], point) for one in alone),
            alone[best].lack_of_fit,
        )

    def _uncertainty(self, found: JointInteractions, x: Array, y: Array, unit: Array, centre: Array) -> None:
        """Standard errors, noise, and everything in the units of Y."""
        joint, parts, rank = found.profiles, found.parts, self.rank_
        q, rows = len(parts), x.shape[0] * x.shape[1]
        basis, phis = joint.parts[0].basis, [part.spline for part in parts]
        frame = confidence_band.Frame.at(joint.parts[0].white, self.A_, rank)
        size, p = basis.shape[1], frame.keep.shape[1]
        bread, prior = np.zeros((q * size + p,) * 2), np.zeros((q * size + p,) * 2)
        scores = np.zeros((len(x), q * size + p))
        noise, spent, tangents = np.empty(q), np.empty(q), slice(q * size, None)
        for a in range(q):
            z, e = _scores(x, y[..., a], frame, phis[a], basis)
            weight = float(joint.weights[a])
            own, moved = z[:, :size], z[:, size:] @ frame.keep
            here = slice(a * size, (a + 1) * size)
            penalty = rows * weight * joint.parts[a].penalty
            prior[here, here] = penalty
            bread[here, here] += weight * own.T @ own + penalty
            cross = weight * own.T @ moved
            bread[here, tangents] += cross
            bread[tangents, here] += cross.T
            bread[tangents, tangents] += weight * moved.T @ moved
            both = np.concatenate([own, moved], axis=1) * (weight * e[:, None])
            sums = both.reshape(*y.shape[:2], -1).sum(axis=1)
            scores[:, here] += sums[:, :size]
            scores[:, tangents] += sums[:, size:]
            spent[a] = joint.parts[a].freedom(found.point.fits[a])
            noise[a] = float(e @ e) / max(1.0, rows - spent[a] - p / q)
        inverse = confidence_band.pseudoinverse(bread)
        ratio = rows * q / max(1.0, rows * q - float(spent.sum()) - p) * len(x) / max(1, len(x) - 1)
        whole = inverse @ (ratio * scores.T @ scores + prior) @ inverse
        self.noise_sd_ = unit * np.sqrt(noise)
        none = np.zeros((0, 0))
        told = confidence_band.Covariance(none, none, whole[tangents, tangents], frame, len(x), none)
        self.A_se_ = confidence_region.errors(told).entries
        tail = confidence_band.TAIL
        low, high = (float(end) for end in np.quantile(confidence_band.arguments(x, self.A_), [tail, 1 - tail]))
        self.phi_grid_ = np.linspace(low, high, confidence_band.POINTS)
        at = phis[0].space.design(self.phi_grid_) @ basis
        self.phi_ = np.array([centre[a] + unit[a] * phis[a](self.phi_grid_) for a in range(q)])
        blocks = [whole[a * size : (a + 1) * size, a * size : (a + 1) * size] for a in range(q)]
        spreads = [np.sqrt(np.maximum(np.einsum("nb,bc,nc->n", at, block, at), 0.0)) for block in blocks]
        self.phi_se_ = unit[:, None] * np.array(spreads)
        self.interactions_ = [
            replace(part, coefficients=centre[a] + unit[a] * part.coefficients) for a, part in enumerate(parts)
        ]

    def predict(self, X: npt.ArrayLike) -> Array:
        """The mean over j != i of phi_a(X_i^T A X_j)  # (M, N, d) -> (M, N, q). Raises ValueError as ``fit`` does."""
        if "interactions_" not in vars(self):
            raise ValueError(f"this {type(self).__name__} is not fitted yet; call fit(X, Y) first")
        return np.stack([one.predict(X) for one in self.interactions_], axis=2)

    def score(self, X: npt.ArrayLike, Y: npt.ArrayLike) -> float:
        """The mean over components of R^2  # (M, N, d), (M, N, q)."""
        y, told = numbers(Y, f"Y in {WHERE}"), self.predict(X)
        if y.shape != told.shape:
            raise ValueError(f"Y in {WHERE} has shape {y.shape}; valid beside this X: {told.shape}")
        finite(y.reshape(len(y), -1), f"Y in {WHERE}")
        return float(np.mean(1 - np.mean((y - told) ** 2, axis=(0, 1)) / y.var(axis=(0, 1))))


def _by_component(flat: Array, y: Array) -> Array:
    return flat.reshape(len(flat), *y.shape[1:]) ** 2


def _agrees(alone: erm.Erm, part: Profile, point: JointPoint) -> bool:
    """Whether the search of one component is trusted and has found this A, or its negative."""
    back = np.linalg.pinv(part.white)
    theirs, ours = back @ alone.matrix @ back.T, point.u @ point.v.T
    cosine = abs(float(np.sum(theirs * ours))) / float(np.linalg.norm(theirs) * np.linalg.norm(ours))
    return alone.converged and cosine > ALIKE


def _point(point: JointPoint) -> Point:
    return Point(point.u, point.v, point.fits[0])


def _interaction(part: Profile, point: JointPoint, component: int) -> FittedInteraction:
    matrix = (part.white @ point.u) @ (part.white @ point.v).T * (SCALE / part.norm)
    spline = part.spline(point.fits[component])
    space = spline.space
    return FittedInteraction(
        matrix, spline.coefficients, space.degree, space.intervals, reach=space.reach, bends=space.bends
    )


def _scores(x: Array, y: Array, frame: confidence_band.Frame, phi: Spline, basis: Array) -> tuple[Array, Array]:
    step = max(1, confidence_band.BLOCK // x.shape[1])
    parts = [
        confidence_band.scores(x[k : k + step], y[k : k + step], frame, phi, basis) for k in range(0, len(x), step)
    ]
    return np.concatenate([z for z, _ in parts]), np.concatenate([e for _, e in parts])
