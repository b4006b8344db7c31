"""Contexts nu = I^{-1} sum_i mu^(i) over pairs (tag, content), their queries and answers.

A component is stored by its moments m_i (K,) against a dictionary (K, G) of signed weights on the quadrature nodes:

    int V d mu^(i) = int V dx + s sum_k m_ik sum_g D_kg V(x_g).

Exact contexts have K = J, m_i = u_i, D_jg = w_g e_j(x_g): the infinite-length limit. Contexts of L tokens have K = G,
D = identity and m_ig = (count_ig / count_i - w_g) / s: counts on the grid hold all that L tokens say, at the cost of
G numbers. Scores depend on tags only, so attention weighs a component by its share of the tokens, count_i / L.
"""

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mtam.base.streams import generator
from mtam.recall.recall_spec import RecallData
from mtam.recall.simulate import tags
from mtam.recall.simulate.measures import MeasureFamily, family
from mtam.recall.simulate.targets import Answer, answer

Array = NDArray[np.float64]
Array32 = NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """``n`` contexts with queries and answers; row r is the same for every larger n of the same stream."""

    moments: Array32  # (n, I, K)
    log_share: Array32  # (n, I): log of the component's share of the tokens; -inf where it has none
    tags: Array32  # (n, I, d1)
    query_tag: Array32  # (n, d1)
    query: Array32  # (n,): the query's content x_q, uniform on [0, 1]
    answering: NDArray[np.int64]  # (n,): i*, the component that the query's tag points at
    coefficients: Array32  # (n, I, J): the true u of every component; models never see it
    clean: Array  # (n,): F*(mu^(i*), x_q)
    observed: Array  # (n,): clean plus noise

    def __len__(self) -> int:
        return len(self.clean)

    def head(self, n: int) -> "Sample":
        """The first n contexts, as views."""
        return Sample(**{each.name: getattr(self, each.name)[:n] for each in fields(self)})

    def recalled(self) -> Array32:
        """The true coefficients of the answering component. (n, J)"""
        return np.asarray(self.coefficients[np.arange(len(self)), self.answering])


@dataclass(frozen=True)
class RecallProblem:
    """A specification with a seed: its component law and its regression function."""

    data: RecallData
    seed: int
    law: MeasureFamily
    answer: Answer

    def dictionary(self) -> Array:
        """Signed weights of the moments on the nodes. (K, G)"""
        if self.data.length is None:
            return self.law.grid.values * self.law.grid.weights
        return np.eye(self.data.nodes)

    def presentation(self) -> Array:
        """d moments / d coefficients of a component, up to the noise of finite tokens. (J, K)"""
        if self.data.length is None:
            return np.eye(self.data.modes)
        return self.law.grid.values * self.law.grid.weights

    def sample(self, split: str, n: int) -> Sample:
        """The first n contexts of the stream ``split`` ("train" or "test")."""
        data = self.data
        uniforms = generator(self.seed, "recall", split, "xi").random(
            (n, data.components, data.modes), dtype=np.float32
        )
        u = self.law.coefficients(uniforms)  # (n, I, J)
        answering = (generator(self.seed, "recall", split, "index").random(n) * data.components).astype(np.int64)
        query = generator(self.seed, "recall", split, "query").random(n).astype(np.float32)
        tag, query_tag = tags.observe(data, self.seed, split, tags.draw(data, self.seed, split, n), answering)
        clean = self.answer(u[np.arange(n), answering], query)
        noise = generator(self.seed, "recall", split, "noise").standard_normal(n)
        moments, share = self._presented(u, split)
        return Sample(
            moments, share, tag.astype(np.float32), query_tag.astype(np.float32), query, answering, u, clean,
            clean + data.noise * noise,
        )  # fmt: skip

    def _presented(self, u: Array32, split: str) -> tuple[Array32, Array32]:
        """Moments and log shares of exact contexts, or of L tokens drawn from them. (n, I, K), (n, I)"""
        count = self.data.components
        if self.data.length is None:
            return u, np.full(u.shape[:2], -np.log(count), dtype=np.float32)
        rng = generator(self.seed, "recall", split, "shares")
        sizes = rng.multinomial(self.data.length, np.full(count, 1 / count), size=len(u))  # (n, I)
        counts = token_counts(self.law, u, sizes, self.seed, split)  # (n, I, G)
        weights = counts / np.maximum(sizes, 1)[..., None]
        moments = np.where(sizes[..., None] > 0, weights - self.law.grid.weights, 0.0) / self.law.amplitude
        with np.errstate(divide="ignore"):  # a component without tokens has log share -inf: no attention
            share = np.log(sizes / self.data.length)
        return moments.astype(np.float32), share.astype(np.float32)


def token_counts(law: MeasureFamily, u: Array32, sizes: NDArray[np.int64], seed: int, split: str) -> NDArray[np.int64]:
    """How many of each component's tokens fall on each node. (n, I, J), (n, I) -> (n, I, G)"""
    rng = generator(seed, "recall", split, "tokens")
    probabilities = law.probabilities(u)
    return rng.multinomial(sizes, probabilities / probabilities.sum(-1, keepdims=True))


@lru_cache(maxsize=64)  # a study asks for the same problem at every sample size
def problem(data: RecallData, seed: int) -> RecallProblem:
    """The law and the regression function of a specification under a seed."""
    law = family(data)
    return RecallProblem(data, seed, law, answer(data, law, seed))
