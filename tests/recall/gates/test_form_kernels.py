"""Compiled scores and their gradient against products of tensors."""

import pytest
import torch

from mtam.recall.gates.form_kernels import pull, score


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (1, 1, 1, 1), (3, 7, 2, 6)])
def test_scores_and_pull_are_those_of_einsum(kind: torch.dtype, whole: bool, shape: tuple[int, ...]) -> None:
    """For arrays of any layout: batches are views into a sample."""
    members, count, batch, dim = shape
    random = torch.Generator().manual_seed(0)
    form = torch.randn(members, dim, dim, generator=random, dtype=kind)
    query = torch.randn(members, 2 * batch, dim, generator=random, dtype=kind)
    tags = torch.randn(members, count, 2 * batch, dim, generator=random, dtype=kind)
    grad = torch.randn(members, count, 2 * batch, generator=random, dtype=kind)
    if not whole:
        query, tags, grad = query[:, 1::2], tags[:, :, 1::2], grad[:, :, 1::2]
        assert not tags.is_contiguous() or batch == 1
    torch.testing.assert_close(score(form, query, tags), torch.einsum("mbd,mde,mibe->mib", query, form, tags))
    expected = torch.einsum("mbd,mib,mibe->mde", query, grad, tags)
    torch.testing.assert_close(
        pull(query, tags, grad), expected, rtol=1e-5 if kind == torch.float32 else 1e-9, atol=1e-5
    )
