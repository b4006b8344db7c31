"""Samples with weights, groups and missing tokens, from arrays or a file to tokens, responses and the layout of rows.

Beside X (M, N, d) and Y (M, N) a file FILE.npz may hold
- weights (M,) or (M, N): the variance of a response is sigma^2 / weight; 0 leaves it out;
- groups (M,): samples that are not independent of each other have one label, number or text;
- mask (M, N): 1 where a token is, 0 where none is; a row of NaN in X says the same.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtam.interaction.files import dataset
from mtam.interaction.files.missing_tokens import filled, nowhere
from mtam.interaction.files.validate_arrays import finite, numbers
from mtam.interaction.model.partners import FLAGS
from mtam.interaction.model.row_layout import Index, Labels, RowLayout, part_of

Array = npt.NDArray[np.float64]

OPTIONAL = ("weights", "groups", "mask")


@dataclass(frozen=True)
class OwnSamples:
    """Validated samples; without a layout every token is there, acts on all others, and counts alike."""

    x: Array  # (M, N, d)
    y: Array  # (M, N)
    layout: RowLayout | None = None

    def __getitem__(self, part: Index) -> "OwnSamples":
        """Some of the samples."""
        return OwnSamples(self.x[part], self.y[part], part_of(self.layout, part))

    @property
    def rows(self) -> int:
        """The number of responses that count."""
        return int(self.y.size) if self.layout is None else self.layout.rows

    @property
    def tokens_there(self) -> Array:
        """X, or the tokens that are there as samples of one  # (M, N, d) or (n, 1, d)."""
        return self.x if self.layout is None else self.x[self.layout.there][:, None]

    @property
    def responses_there(self) -> Array:
        """Y, or the responses that count  # (M, N) or (n, 1)."""
        return self.y if self.layout is None else self.y[self.layout.weights > 0][:, None]


def read(path: str | os.PathLike[str], partners: str = "others") -> tuple[OwnSamples, list[str]]:
    """The samples of a file, and which optional arrays it has; raises what ``dataset.read``, ``arrange`` do."""
    x, y, extras = dataset.arrays(Path(path), OPTIONAL)
    return arrange(x, y, extras, partners, str(path)), sorted(extras)


def arrange(
    x: object,
    y: object,
    extras: Mapping[str, object | None],
    partners: str = "others",
    where: str = "the data",
) -> OwnSamples:
    """Samples that can be learned from; those without a response that counts are left out.

    ``extras`` are optional arrays by name. Responses of missing tokens, of tokens without partners and of weight 0 may
    be anything; ``partners``: see ``model.partners``.

    Raises ValueError for what ``dataset.validate`` refuses among the rest, and for optional arrays of
    other shapes, negative weights, fewer than ten groups, unknown partners.
    """
    if partners not in FLAGS:
        raise ValueError(f"partners = {partners!r}; valid: {', '.join(FLAGS)}")
    given = {name: value for name, value in extras.items() if value is not None}
    tokens, responses = numbers(x, f"X in {where}"), numbers(y, f"Y in {where}")
    dataset.shapes(tokens, responses, where)
    if not (given or partners != "others" or nowhere(tokens).any()):
        return OwnSamples(*dataset.validate(tokens, responses, where))
    tokens, there = filled(tokens, given.get("mask"), f"X in {where}")
    weights = weights_of(given.get("weights"), responses.shape, where)
    groups = _groups(given.get("groups"), len(tokens), where)
    layout = RowLayout.of(there, weights, groups, *FLAGS[partners])
    counted = layout.weights > 0
    responses = np.where(counted, responses, 0.0)
    finite(responses, f"Y in {where}")
    found, some = OwnSamples(tokens, responses, layout), np.asarray(counted.any(axis=1))
    found = found if some.all() else found[some]
    _enough(found, where)
    dataset.learnable(found.x, found.y, where, found.tokens_there, found.responses_there)
    return OwnSamples(found.x, found.y) if _plain(found.layout) else found


def _plain(layout: RowLayout | None) -> bool:
    """Whether a layout says nothing: equal weights are no weights."""
    if layout is None or layout.causal or layout.itself or layout.groups is not None or not layout.there.all():
        return layout is None
    return bool(np.all(layout.weights == layout.weights.flat[0]) and layout.weights.flat[0] > 0)


def weights_of(given: object | None, shape: tuple[int, ...], where: str) -> Array:
    """Weights of responses, the largest being 1; ones if none are given  # (M,) or (M, N) -> (M, N)."""
    if given is None:
        return np.ones(shape)
    weights = numbers(given, f"weights in {where}")
    if weights.shape not in (shape[:1], shape):
        raise ValueError(f"weights in {where} have shape {weights.shape}; valid: {shape[:1]} or {shape}")
    finite(weights, f"weights in {where}")
    if weights.min() < 0:
        place = tuple(int(i) for i in np.argwhere(weights < 0)[0])
        raise ValueError(f"weights in {where} are negative, the first at index {place}; valid: 0 and above")
    if not weights.max() > 0:
        raise ValueError(f"weights in {where} are all zero; valid: some above zero")
    weights = weights / weights.max()
    return np.asarray(np.broadcast_to(weights[:, None] if weights.ndim == 1 else weights, shape))


def _groups(given: object | None, samples: int, where: str) -> Labels | None:
    """Labels as 0, 1, 2, ..."""
    if given is None:
        return None
    labels: npt.NDArray[Any] = np.asarray(given)
    if labels.shape != (samples,):
        raise ValueError(f"groups in {where} have shape {labels.shape}; valid: ({samples},), a label per sample")
    if labels.dtype.kind not in "biufUS":
        raise ValueError(f"groups in {where} are of type {labels.dtype}; valid: numbers or text")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError(f"groups in {where} have labels that are NaN or infinite; valid: a label per sample")
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _enough(found: OwnSamples, where: str) -> None:
    """Refuse what is left if it is too little."""
    samples, _, d = found.x.shape
    layout, wanted = found.layout, 2 * (2 * d - 2)
    if samples < dataset.FEWEST or found.rows < wanted:
        raise ValueError(
            f"{where} has {samples} samples with {found.rows} responses that count (of tokens that are there, "
            f"with partners and a weight above zero); valid: at least {dataset.FEWEST} samples and "
            f"{max(wanted, 1)} responses"
        )
    if layout is not None and layout.groups is not None:
        groups = len(np.unique(layout.groups))
        if groups < dataset.FEWEST:
            raise ValueError(
                f"groups in {where} have {groups} different labels; valid: at least {dataset.FEWEST}, as a fifth of "
                "the groups is held out and standard errors are over groups"
            )
