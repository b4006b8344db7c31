"""Tags of the components and of the query (paper A, Assumption 2: <v^(i), v^(j)> <= 0 for i != j).

At most d1 + 1 vectors of R^{d1} have all inner products negative, at most 2 d1 have none positive (Rankin). The sets
below draw these borders; equicorrelated tags violate the assumption on purpose. Every sample sees its tags under a
fresh rotation (unless ``data.rotate`` is false), so that a model must compare tags and cannot memorise them. Nuisance
tags are a cross-polytope beside dimensions of standard normal noise that query and keys do not share: a model must
learn which dimensions matter.
"""

import numpy as np
from numpy.typing import NDArray

from mtam.base.named.named_code import is_sealed, load_named, shown
from mtam.base.streams import generator
from mtam.recall.recall_spec import RecallData

Array = NDArray[np.float64]


def gram(tags: str, components: int, correlation: float) -> Array:
    """The promised inner products of a deterministic tag set. (I, I)"""
    identity = np.eye(components)
    if tags == "orthonormal":
        return identity
    if tags == "equicorrelated":
        return (1 - correlation) * identity + correlation
    if tags == "simplex":
        return identity if components == 1 else np.asarray((identity * components - 1) / (components - 1))
    if tags == "cross_polytope":  # pairs e_k, -e_k in a row
        pair = np.arange(components) // 2
        return np.asarray(2 * identity - (pair[:, None] == pair))
    raise ValueError(f"{tags} tags have no fixed inner products")


def from_gram(products: Array, dim: int) -> Array:
    """Vectors with the given inner products, by Cholesky's recursion without the directions that vanish. (I, dim)

    Raises ValueError when the rank of the products exceeds dim or they are not positive semidefinite.
    """
    count = len(products)
    vectors = np.zeros((count, count))
    rank = 0
    for i in range(count):
        known = vectors[i, :rank]
        rest = products[i, i] - known @ known
        if rest < -1e-9:
            raise ValueError("these inner products belong to no set of vectors")
        if rest > 1e-9:
            vectors[i, rank] = np.sqrt(rest)
            later = products[i + 1 :, i] - vectors[i + 1 :, :rank] @ vectors[i, :rank]
            vectors[i + 1 :, rank] = later / vectors[i, rank]
            rank += 1
    if rank > dim:
        raise ValueError(f"these tags span {rank} dimensions, more than {dim}")
    return np.pad(vectors[:, :rank], ((0, 0), (0, dim - rank)))


def haar_rotations(normals: Array) -> Array:
    """Orthogonal matrices from standard normal ones: Q of the QR decomposition whose R has a positive diagonal.

    This Q has the Haar distribution (Mezzadri, Notices AMS 2007); without the sign it has not. (..., d, d)
    """
    q, r = np.linalg.qr(normals)
    return np.asarray(q * np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :])


def draw(data: RecallData, seed: int, split: str, count: int) -> Array:
    """The tags of ``count`` contexts; the first rows do not depend on ``count``. (count, I, d1)

    Without ``rotate`` all contexts have the tags of the seed: component i always carries the same one.
    """
    rng = generator(seed, "recall", split, "tags") if data.rotate else generator(seed, "recall", "fixed tags")
    drawn = count if data.rotate else 1
    if data.tags == "iid":
        normals = rng.standard_normal((drawn, data.components, data.tag_dim))
        found = normals / np.linalg.norm(normals, axis=-1, keepdims=True)
    else:
        fixed = own_tags(data, seed) if is_sealed(data.tags) else deterministic(data)
        rotations = haar_rotations(rng.standard_normal((drawn, data.tag_dim, data.tag_dim)))
        found = fixed @ np.swapaxes(rotations, -1, -2)
    return np.broadcast_to(found, (count, data.components, data.tag_dim))


def deterministic(data: RecallData) -> Array:
    """The tag set of a name, not rotated. (I, d1)"""
    name = "cross_polytope" if data.tags == "nuisance" else data.tags
    return from_gram(gram(name, data.components, data.correlation), data.tag_dim)


def own_tags(data: RecallData, seed: int) -> Array:
    """The tag set of the user's own function of (data, generator), not rotated. (I, d1)"""
    found = np.asarray(load_named(data.tags)(data, generator(seed, "recall", "own tags")), dtype=float)
    if found.shape != (data.components, data.tag_dim) or not np.isfinite(found).all():
        raise ValueError(f"{shown(data.tags)} gives {found.shape} for data.components, data.tag_dim finite numbers")
    return found


def observe(data: RecallData, seed: int, split: str, tags: Array, answering: NDArray[np.int64]) -> tuple[Array, Array]:
    """What a model sees of the tags: keys (n, I, d) and the query's tag (n, d), each with its own noise."""
    query = tags[np.arange(len(tags)), answering]
    jitter = generator(seed, "recall", split, "query_noise").standard_normal(query.shape)
    query = query + data.query_noise * jitter / np.sqrt(data.tag_dim)
    if data.tags != "nuisance":
        return tags, query
    noise = generator(seed, "recall", split, "nuisance").standard_normal((len(tags), tags.shape[1] + 1, data.nuisance))
    return np.concatenate([tags, noise[:, 1:]], -1), np.concatenate([query, noise[:, 0]], -1)
