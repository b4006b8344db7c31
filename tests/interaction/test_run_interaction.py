"""One trial in, one JSON-safe dict out."""

import json
from typing import Any

import pytest

from mtam.interaction.interaction_spec import InteractionTrial
from mtam.interaction.run_interaction import run

SMALL: dict[str, Any] = {"data": {"d": 4, "tokens": 5, "rank": 2}, "n": 800}
PROMISED = {
    "error", "error_se", "oracle_error", "oracle_error_se", "excess", "parametric_error",
    "predicted_parametric_error", "converged", "starts", "agreeing", "intervals", "loss", "iterations", "seconds",
    "oracle_seconds", "data_seconds", "phi_grid", "phi_true", "phi_hat", "u_density", "singular_true",
    "singular_hat", "a_cosine",
}  # fmt: skip


def once(**settings: Any) -> dict[str, Any]:
    trial = InteractionTrial.model_validate({**SMALL, **settings})
    return run([trial], device="cpu", tick=lambda _: None)[0]


def test_promised_fields_as_json() -> None:
    result = once()
    assert set(result) >= PROMISED
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["error_se"] < 0.02 * result["error"]
    assert result["excess"] == pytest.approx(result["error"] - result["oracle_error"])
    assert result["predicted_parametric_error"] == pytest.approx(11 * 0.3**2 / 800)
    assert result["a_cosine"] > 0.98
    lengths = [len(result[name]) for name in ("phi_grid", "phi_true", "phi_hat", "u_density")]
    assert lengths == [201] * 4
    step = result["phi_grid"][1] - result["phi_grid"][0]
    assert sum(result["u_density"]) * step == pytest.approx(1, abs=0.01)


def test_the_gauge_makes_phi_comparable() -> None:
    result = once()
    rows = zip(result["phi_hat"], result["phi_true"], result["u_density"], strict=True)
    gaps = [(hat - true) ** 2 * weight for hat, true, weight in rows]
    step = result["phi_grid"][1] - result["phi_grid"][0]
    assert sum(gaps) * step < 2 * result["error"]


@pytest.mark.bits
def test_equal_trials_give_equal_numbers() -> None:
    timeless = [{k: v for k, v in once().items() if not k.endswith("seconds")} for _ in range(2)]
    assert timeless[0] == timeless[1]


@pytest.mark.bits
def test_order_of_work_does_not_matter() -> None:
    trials = [InteractionTrial.model_validate({**SMALL, "seed": seed}) for seed in (0, 1)]
    together = run(trials, device="cpu", tick=lambda _: None)
    alone = run(trials[1:], device="cpu", tick=lambda _: None)
    assert together[1]["error"] == alone[0]["error"]


def test_oracle_alone_matches_the_oracle_beside_the_fit() -> None:
    alone = once(model={"name": "oracle_a"})
    assert alone["error"] == pytest.approx(once()["oracle_error"], rel=0.1)
    assert "starts" not in alone


@pytest.mark.parametrize("law", ["cube", "gaussian", "sphere", "anisotropic", "dependent", "without_replacement"])
def test_every_token_law_runs(law: str) -> None:
    result = once(data={**SMALL["data"], "token_law": law, "condition": 20.0})
    assert result["error"] < 0.1


@pytest.mark.parametrize("activation", ["bspline", "rate_hard", "tanh", "exp", "relu", "odd", "even"])
def test_every_activation_runs(activation: str) -> None:
    assert once(data={**SMALL["data"], "activation": activation})["error"] < 0.1


def test_failures_are_sentences() -> None:
    result = once(data={"d": 1, "rank": 1, "tokens": 3, "token_law": "sphere", "activation": "even"})
    assert list(result) == ["failure", "traceback"]
    assert "constant on the products" in result["failure"]


def test_progress_rises_to_one_and_may_stop_the_run() -> None:
    seen: list[float] = []
    trials = [InteractionTrial.model_validate({**SMALL, "seed": seed}) for seed in (0, 1)]
    run(trials, device="cpu", tick=seen.append)
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == 1

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(trials, device="cpu", tick=stop)
