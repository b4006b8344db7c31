"""Small packs in float64 for the tests of gates, network and training."""

from typing import Any

import torch

from mtam.base.variants import own_settings
from mtam.recall.recall_models import trained_settings
from mtam.recall.recall_spec import RecallData, RecallTrial, recall_model
from mtam.recall.recall_variants import MODELS
from mtam.recall.simulate.contexts import problem
from mtam.recall.transformer import tensors
from mtam.recall.transformer.network import Network


def random_start(name: str = "softmax") -> dict[str, Any]:
    """The settings of a variant with a random form, where it has one."""
    return {"name": name, **({"init": "random"} if "init" in own_settings(MODELS[name]) else {})}


def trials(members: int = 3, *, n: int = 64, model: dict[str, Any] | None = None, **data: Any) -> list[RecallTrial]:
    """Trials of one shape that differ in alpha and seed."""
    common = {"modes": 12, "nodes": 32, "test": 64, **data}
    sizes = {"width": 16, "hidden": 8, **(model or {})}
    return [
        RecallTrial(n=n, seed=m, data=RecallData(alpha=0.5 + 0.5 * m, **common), model=recall_model(**sizes))
        for m in range(members)
    ]


def assemble(
    some: list[RecallTrial], kind: torch.dtype = torch.float64
) -> tuple[Network, torch.Tensor, tensors.Stack, torch.Tensor]:
    """Network, features, the stacked training samples and the initial parameters."""
    head = some[0]
    models, problems = [trained_settings(t.model) for t in some], [problem(t.data, t.seed) for t in some]
    network = Network(models[0].gate(), head.data.seen_dim(), models[0].width, models[0].hidden)
    rows = tensors.stack([p.sample("train", head.n) for p in problems], models, torch.device("cpu"), kind)
    features = torch.stack([tensors.features(p, m, kind) for p, m in zip(problems, models, strict=True)])
    return network, features, rows, tensors.start(network, models, [t.seed for t in some], kind)
