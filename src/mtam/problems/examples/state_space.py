"""Recall by a selective state-space model (Mamba-type) in the setting of paper A, in place of softmax attention.

A context is a sequence: the query's token (q, 1), then one token (v_i, 0) per component, v_i its tag. Both layers are
the recurrence of a selective state-space model, discretised by zero-order hold with decay 1 (Gu and Dao 2023,
arXiv 2312.00752, Section 3):

    h_t = exp(-D_t) h_{t-1} + (1 - exp(-D_t)) input_t,    D_t = softplus(a function of the token at t) >= 0.

Layer 1 carries the query along: its input is the token's tag, its step D_t = softplus(<w, tag> + o flag + c). Every
component's token then holds (v_i, h_i), and h_i is the query's tag where the layer has learned to open at the query
alone. Layer 2 carries the answer: its input is the measure of the component, its step D_i = c_i I softplus(h_i' W v_i +
b), c_i the component's share of the tokens, so that a block of tokens has the step of its length. What is left of
measure i at the end is

    a_i = (1 - exp(-D_i)) prod_{k > i} exp(-D_k),    sum_i a_i <= 1,

which takes the place of attention; data, head, training and risk are those of ``mtam.recall``. It starts with a query
that is not carried, o = 0, and has to learn this. Where steps depend on no token (``fixed``, a linear time-invariant
state space) a_i knows the position of a component and not its tag: it cannot recall. That is the negative control.

A gate is a class like ``Selective``: weights from tags; gradients are those of automatic differentiation.
"""

from collections.abc import Sequence
from math import log
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import softplus

from mtam.problems.own import (
    DataSettings,
    Field,
    OwnProblem,
    SweepDefaults,
    Tick,
)
from mtam.recall import run_recall
from mtam.recall.gates import SHARPNESS, SPREAD
from mtam.recall.gates.interface import Params, Shapes, Tags
from mtam.recall.recall_models import SoftmaxModel, TrainedModel
from mtam.recall.recall_spec import RecallData, RecallTrial

LOGIT = 8.0  # units of the trained logits: AdamW moves an entry by about the learning rate a step


class Selective:
    """Two selective layers."""

    heads = 1

    def shapes(self, dim: int) -> Shapes:
        """w, o and c of layer 1; W = SPREAD score + SHARPNESS temperature I, as elsewhere, and b of layer 2."""
        return {"tag": (dim,), "flag": (1,), "hold": (1,), "score": (dim, dim), "temperature": (1,), "open": (1,)}

    def start(self, dim: int, model: Any, random: torch.Generator) -> Params:
        """w = 0, o = 0: nothing is carried yet; c = -3, the usual small step; W = 4 I, b = -2."""
        del model, random
        zeros = {name: torch.zeros(shape, dtype=torch.float64) for name, shape in self.shapes(dim).items()}
        return zeros | {
            "hold": torch.full((1,), -3.0 / LOGIT, dtype=torch.float64),
            "temperature": torch.full((1,), 4.0 / SHARPNESS, dtype=torch.float64),
            "open": torch.full((1,), -2.0 / LOGIT, dtype=torch.float64),
        }

    def weights(self, params: Params, at: Tags) -> Tensor:
        """a  # (M, I, B)."""

        def number(name: str) -> Tensor:
            return LOGIT * params[name].unsqueeze(-1)  # (M, 1, 1)

        tokens = torch.cat([at.query.unsqueeze(1), at.tags], 1)  # (M, 1 + I, B, d)
        logits = LOGIT * torch.einsum("mtbd,md->mtb", tokens, params["tag"]) + number("hold")
        flag = torch.zeros(tokens.shape[1], dtype=tokens.dtype, device=tokens.device)
        flag[0] = 1
        carried = remains(softplus(logits + number("flag") * flag.view(1, -1, 1)))  # (M, T, T, B)
        held = torch.einsum("mtsb,msbd->mtbd", carried, tokens)[:, 1:]  # (M, I, B, d)
        sharp = torch.diag_embed(params["temperature"].expand(-1, tokens.shape[-1]))
        form = SPREAD * params["score"] + SHARPNESS * sharp
        score = (torch.einsum("mibd,mde->mibe", held, form) * at.tags).sum(-1) + number("open")
        steps = softplus(score) * (at.log_share + log(at.tags.shape[1])).exp()
        return remains(steps)[:, -1]

    def forward(self, params: Params, at: Tags) -> tuple[Tensor, tuple[Params, Tensor]]:
        """The weights, and the graph of automatic differentiation."""
        with torch.enable_grad():
            own = self.shapes(at.tags.shape[-1])  # the parameters of the head are there, too
            leaves = {name: params[name].detach().requires_grad_(True) for name in own}
            weights = self.weights(leaves, at)
        return weights.detach(), (leaves, weights)

    def backward(self, params: Params, at: Tags, kept: tuple[Params, Tensor], grad: Tensor, into: Params) -> None:
        """By automatic differentiation."""
        del params, at
        leaves, weights = kept
        found = torch.autograd.grad(weights, list(leaves.values()), grad)
        for name, value in zip(leaves, found, strict=True):
            into[name].copy_(value)


def remains(steps: Tensor) -> Tensor:
    """(1 - exp(-D_s)) exp(-sum_{s < k <= t} D_k): what is left at t of the input at s  # (M, T, B) -> (M, T, T, B)."""
    total = steps.cumsum(1)
    later = total.unsqueeze(2) - total.unsqueeze(1)  # (M, t, s, B)
    past = torch.ones(later.shape[1:3], dtype=torch.bool, device=steps.device).tril()[None, :, :, None]
    return torch.where(past, -torch.expm1(-steps).unsqueeze(1) * torch.exp(-later.clamp_min(0)), 0.0)


class Fixed(Selective):
    """One step for all tokens, learned: what is left of a component depends on its position alone."""

    def shapes(self, dim: int) -> Shapes:
        """b."""
        del dim
        return {"open": (1,)}

    def start(self, dim: int, model: Any, random: torch.Generator) -> Params:
        """b = -2, as above."""
        return {"open": super().start(dim, model, random)["open"]}

    def weights(self, params: Params, at: Tags) -> Tensor:
        """a  # (M, I, B)."""
        steps = softplus(LOGIT * params["open"].unsqueeze(-1)) * (at.log_share + log(at.tags.shape[1])).exp()
        return remains(steps)[:, -1]


class SelectiveModel(TrainedModel):
    """Two selective layers in place of attention."""

    gate_class: ClassVar[Any] = Selective


class FixedModel(TrainedModel):
    """A state space whose steps depend on no token: the negative control."""

    gate_class: ClassVar[Any] = Fixed


class Recall(DataSettings):
    """Contexts of I measures, of which the query's tag names one (paper A)."""

    alpha: float = Field(1.0, gt=0)  # the eigenvalues are exp(-j^alpha)
    modes: int = Field(16, ge=2, le=48)
    components: int = Field(4, ge=1, le=16)  # I
    tag_dim: int = Field(4, ge=1)
    noise: float = Field(0.1, ge=0)  # as a share of the target's standard deviation
    test: int = Field(1024, ge=16)  # fresh contexts


def recall(trial: Any) -> RecallTrial:
    """The trial as that of the built-in problem, whose data are drawn and whose head is trained."""
    data = RecallData(nodes=64, **trial.data.model_dump())
    return RecallTrial(data=data, model=trial.model, n=trial.n, seed=trial.seed)


def run(trials: Sequence[Any], *, device: str, tick: Tick, checkpoint: Any = None) -> list[dict[str, Any]]:
    """All trials of a pack as one program."""
    kept = ("error", "error_se", "attention_mass", "recall_accuracy", "failure")
    found = run_recall.run([recall(trial) for trial in trials], device=device, tick=tick, checkpoint=checkpoint)
    return [{name: record[name] for name in kept if name in record} for record in found]


def claim(key: str, model: str, sentence: str, theory: str, judge: dict[str, Any], why: str) -> dict[str, Any]:
    """A claim about one gate."""
    control = {"if_contradicted": {"nature": "negative-control", "why": why}} if "control" in key else {}
    return {
        "id": f"state-space-{key}", "claim": sentence, "source": "false" if control else "the gate above",
        "theory": theory, "judge": judge, "why": why, "at": {"model": model}, **control,
    }  # fmt: skip


MASS = {"way": "level", "column": "attention_mass", "low": 0.8}
CLAIMS = [
    claim(
        "recalls", "selective", "a selective state space puts its mass on the right component", "1", MASS,
        "uniform weights put 1/4 there, softmax attention more than 0.9",
    ),
    claim(
        "risk", "selective", "its risk is at most twice that of softmax attention", "at most 2",
        {"way": "ratio", "rival": {"model": "softmax"}, "high": 2.0, "largest": True},
        "without recall the risk is more than four times as large",
    ),
    claim(
        "control", "fixed", "a state space whose steps depend on no token does so, too", "1 (to be refused)", MASS,
        "its weights know positions and no tags",
    ),
    claim(
        "risk-control", "fixed", "and its risk is at most twice that of softmax attention", "at most 2 (to be refused)",
        {"way": "ratio", "rival": {"model": "softmax"}, "high": 2.0, "largest": True},
        "a mean over components says nearly nothing of one of them",
    ),
]  # fmt: skip

PROBLEM = OwnProblem(
    name="state_space",
    data=Recall,
    estimators={"softmax": SoftmaxModel, "selective": SelectiveModel, "fixed": FixedModel},
    run=run,
    law=lambda trial: recall(trial).law(),
    levels={"attention_mass": "mass", "recall_accuracy": "recall"},
    claims=CLAIMS,
    shape=lambda trial: recall(trial).shape(),
    cost=lambda trial: (12 if trial.model.name == "selective" else 1) * recall(trial).cost(),
    memory=lambda trial: recall(trial).memory(),
    sweep=SweepDefaults(
        title="recall by a selective state space, against softmax attention and a state space that selects nothing",
        axes={"model": ["softmax", "selective", "fixed"]},
        n_min=128,
        n_max=512,
        seeds=6,
    ),
)
