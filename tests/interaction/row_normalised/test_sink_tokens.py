"""Sinks of the strength asked for, values as named, and whom rows attend to."""

import numpy as np

from mtam.interaction.row_normalised.attention_forms import FORMS
from mtam.interaction.row_normalised.sink_tokens import attended, draw_layer, draw_responses, draw_tokens, with_sink

RNG = np.random.default_rng(0)
LAYER = draw_layer(3, 0.7, RNG)
TOKENS = draw_tokens((2000, 6, 3), RNG)


def test_one_token_is_so_many_times_as_long_as_the_others() -> None:
    x, growing = with_sink(LAYER, TOKENS, 7.0, "growing")
    norms = np.linalg.norm(x, axis=2)
    np.testing.assert_allclose(norms[:, 0], 7 * np.sqrt(3))
    np.testing.assert_allclose(norms[:, 1:], np.sqrt(3))
    _, ordinary = with_sink(LAYER, TOKENS, 7.0, "ordinary")
    np.testing.assert_allclose(growing[:, 1:], ordinary[:, 1:])
    np.testing.assert_allclose(growing[:, 0], 7 * ordinary[:, 0])


def test_scores_of_ordinary_tokens_have_the_standard_deviation_asked_for() -> None:
    u = np.einsum("md,de,me->m", TOKENS[:, 0], LAYER.matrix, TOKENS[:, 1])
    assert abs(u.std() - 0.7) < 0.05
    np.testing.assert_allclose(np.linalg.norm(LAYER.linear), 1.0)


def test_noise_is_a_share_of_the_response() -> None:
    x, values = with_sink(LAYER, TOKENS, 4.0, "growing")
    clean, noisy = (
        draw_responses(FORMS["relu"], LAYER, x, values, share, np.random.default_rng(1)) for share in (0.0, 0.3)
    )
    assert noisy.noise == 0.3 * clean.y.std()
    assert abs((noisy.y - clean.y).std() / noisy.noise - 1) < 0.03


def test_a_sink_takes_half_of_the_rows_of_softmax() -> None:
    """Its scores are large of either sign: it takes all of a row or nothing."""
    softmax = FORMS["softmax"]
    plain, sunk = (
        attended(softmax, LAYER, *with_sink(LAYER, TOKENS, strength, "ordinary")) for strength in (1.0, 50.0)
    )
    assert abs(plain[0] - 0.2) < 0.02
    assert abs(sunk[0] - 0.5) < 0.03
    assert plain[1] > sunk[1] + 1
