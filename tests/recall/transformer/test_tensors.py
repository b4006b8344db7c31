"""The tensors of a pack: stacked samples, features, initial parameters."""

import numpy as np
import pytest
import torch

from mtam.recall.recall_models import TrainedModel, trained_settings
from mtam.recall.recall_spec import RecallData, recall_model
from mtam.recall.simulate.contexts import problem
from mtam.recall.transformer import tensors
from tests.recall.helpers import assemble, trials


def test_stacked_rows_are_those_of_the_samples() -> None:
    some = trials(2, length=30)
    _, _, rows, _ = assemble(some)
    for m, trial in enumerate(some):
        s = problem(trial.data, trial.seed).sample("train", 64)
        for row in (0, 17):
            np.testing.assert_array_equal(rows.moments[m, :, row, :-2], s.moments[row])
            np.testing.assert_array_equal(rows.moments[m, :, row, -2:], 0)
            np.testing.assert_array_equal(rows.tags[m, :, row], s.tags[row])
            np.testing.assert_array_equal(rows.log_share[m, :, row], s.log_share[row])
            np.testing.assert_array_equal(rows.query[m, row], s.query_tag[row])
            np.testing.assert_array_equal(rows.base[m, row, -2:], [s.query[row], 1])
            np.testing.assert_array_equal(rows.base[m, row, :-2], 0)
        np.testing.assert_array_equal(rows.observed[m], s.observed)
        np.testing.assert_array_equal(rows.answering[m], s.answering)


def test_batches_are_views_and_rows_are_copies() -> None:
    _, _, rows, _ = assemble(trials(2))
    batch, copy = rows.batch(5, 9), rows.rows(5, 9)
    torch.testing.assert_close(batch.moments, copy.moments)
    torch.testing.assert_close(batch.at.tags, copy.tags)
    torch.testing.assert_close(batch.base, copy.base)
    rows.moments.fill_(7)
    assert (batch.moments == 7).all()
    assert (copy.moments != 7).any()
    assert len(copy) == 4


def test_every_member_is_put_into_its_own_order() -> None:
    _, _, rows, _ = assemble(trials(2))
    orders = [torch.randperm(64, generator=torch.Generator().manual_seed(m)) for m in range(2)]
    moved = rows.empty_like()
    moved.permute_from(rows, orders)
    for m, order in enumerate(orders):
        torch.testing.assert_close(moved.observed[m], rows.observed[m, order])
        torch.testing.assert_close(moved.moments[m], rows.moments[m][:, order])
        torch.testing.assert_close(moved.query[m], rows.query[m, order])


def test_a_member_starts_from_its_own_stream_whatever_the_pack() -> None:
    some = trials(3)
    together = assemble(some)[3]
    for m, trial in enumerate(some):
        torch.testing.assert_close(assemble([trial])[3][0], together[m])
    assert (together[0] - together[1]).abs().max() > 0.1


@pytest.mark.parametrize("length", [None, 60])
def test_features_of_one_component_have_unit_variance_on_average(length: int | None) -> None:
    """Over fresh components, the noise of finite tokens included."""
    trial = trials(1, length=length)[0]
    p = problem(trial.data, 0)
    c = tensors.features(p, trained_settings(trial.model), torch.float64)[:-2, :-2]
    shown = torch.from_numpy(p.sample("test", 4000).moments.reshape(-1, len(c)).astype(np.float64)) @ c
    assert float(shown.square().mean()) == pytest.approx(1, rel=0.1)
    np.testing.assert_allclose(shown.mean(0), 0, atol=0.1)


def test_heads_have_their_features_in_blocks_and_pass_the_query_through() -> None:
    one, two = trials(1)[0], trials(1, model={"heads": 2})[0]
    plain, blocks = (tensors.features(problem(t.data, 0), trained_settings(t.model), torch.float64) for t in (one, two))
    own = plain[:-2, :-2]
    torch.testing.assert_close(blocks[:-2, :-2], torch.block_diag(own, own))  # type: ignore[no-untyped-call]
    torch.testing.assert_close(blocks[-2:, -2:], torch.eye(2, dtype=torch.float64))
    assert not blocks[-2:, :-2].any()
    assert not blocks[:-2, -2:].any()


def test_fourier_frequencies_are_spread_evenly_over_the_band() -> None:
    trial = trials(1, model={"band": 0.5})[0]
    p, model = problem(trial.data, 0), trained_settings(trial.model)
    values = tensors.fourier(p, model)
    assert values.shape == (32, 16)
    nodes = torch.from_numpy(p.law.grid.nodes)
    for d in (0, 15):
        w = 0.5 * np.pi * 12 * (d + 0.5) / 16
        design = torch.stack([torch.cos(w * nodes), torch.sin(w * nodes)], 1)  # a cosine of any phase
        left = values[:, d] - design @ torch.linalg.lstsq(design, values[:, d : d + 1]).solution[:, 0]
        assert left.abs().max() < 1e-10


def test_features_see_every_kept_mode() -> None:
    """Well conditioned: no Mercer coefficient reaches the head much more weakly than another."""
    trial = trials(1, modes=48, nodes=128, model={"width": 96})[0]
    c = tensors.features(problem(trial.data, 0), trained_settings(trial.model), torch.float64)
    strength = torch.linalg.svdvals(c[:-2, :-2])
    assert strength.max() / strength.min() < 60


def test_the_mercer_arm_shows_the_head_the_first_coefficients_and_nothing_else() -> None:
    some = trials(2, model={"name": "mercer", "width": 5})
    network, features, rows, flat = assemble(some)
    _, kept = network.forward(network.views(flat), features, rows.batch(0, 64))
    for m, trial in enumerate(some):
        p = problem(trial.data, trial.seed)
        shown = (kept.pooled[m] @ features[m])[:, :-2]
        truth = torch.from_numpy(p.sample("train", 64).recalled()[:, :5]).double()
        scale = shown[0, 0] / truth[0, 0]
        torch.testing.assert_close(shown, scale * truth, rtol=1e-6, atol=1e-6)


def test_faint_moments_are_left_out_without_a_change_of_any_product() -> None:
    model = recall_model("softmax")
    assert isinstance(model, TrainedModel)
    for alpha, left in ((2.0, 8 + 2), (0.5, 48 + 2)):
        p = problem(RecallData(alpha=alpha), 3)
        rows = tensors.stack([p.sample("train", 40)], [model], torch.device("cpu"), torch.float32)
        features = tensors.features(p, model, torch.float32)[None]
        fewer, heard = tensors.without_faint(rows, features)
        assert fewer.moments.shape[-1] == fewer.base.shape[-1] == heard.shape[1] == left
        whole = (rows.moments[0, 0] + rows.base[0]).double() @ features[0].double()
        cut = (fewer.moments[0, 0] + fewer.base[0]).double() @ heard[0].double()
        torch.testing.assert_close(cut, whole, rtol=1e-13, atol=1e-13)
