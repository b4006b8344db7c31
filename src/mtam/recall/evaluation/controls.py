"""Two controls on fresh contexts: queries of other contexts, and measures exchanged under the same tags.

A model that recalls answers about the exchanged measure when measures are exchanged (swap gain 1), and knows nothing
under a foreign query (error near or above 1). One that reads the mixture only gains 0 and does not mind the query.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mtam.recall.simulate.contexts import RecallProblem, Sample

Array = NDArray[np.float64]


def foreign_queries(sample: Sample) -> Sample:
    """Every context is asked with the tag of the next one; the answers stay."""
    return replace(sample, query_tag=np.roll(sample.query_tag, 1, axis=0))


def exchanged(sample: Sample, problem: RecallProblem) -> Sample:
    """The answering component changes places with the next one; tags stay, so that the answers change."""
    rows, here = np.arange(len(sample)), sample.answering
    there = (here + 1) % sample.tags.shape[1]
    order = np.tile(np.arange(sample.tags.shape[1]), (len(sample), 1))
    order[rows, here], order[rows, there] = there, here
    moments, coefficients, share = (
        np.take_along_axis(values, order.reshape(order.shape + (1,) * (values.ndim - 2)), 1)
        for values in (sample.moments, sample.coefficients, sample.log_share)
    )
    clean = problem.answer(coefficients[rows, here], sample.query)
    return replace(
        sample, moments=moments, coefficients=coefficients, log_share=share, clean=clean,
        observed=clean + sample.observed - sample.clean,
    )  # fmt: skip


def gain(before: Array, after: Array, clean_before: Array, clean_after: Array) -> float:
    """The slope of the answers' change on the change that is right: 1 under perfect recall, 0 without. (n,) each"""
    right = clean_after - clean_before
    return float(((after - before) * right).sum() / (right**2).sum())
