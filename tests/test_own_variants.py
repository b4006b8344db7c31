"""A gate, a token law, a target and an estimator of one's own are one file and one line each.

The file lies in a folder of its own, the line is put into the registry while a tiny sweep runs with it; names, lists
of valid words, titles and settings follow. ``test_readme`` does the same with edited sources.
"""

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from mtam.base import conf_files
from mtam.base.variants import Variant
from mtam.interaction import interaction_variants
from mtam.recall import recall_variants
from tests.conftest import Mtam

GATE = '''
"""The nearest tag wins, by a margin that can be set."""

import torch

from mtam.recall.gates.untrained import Untrained
from mtam.recall.recall_models import TrainedModel


class NearestModel(TrainedModel):
    """Attention to the nearest tag, without training."""

    gate_class = "nearest_gate:Nearest"
    sharp: float = 30.0

    def gate(self):
        return Nearest(self.sharp)

    def shape(self):
        return (*super().shape(), self.sharp)


class Nearest(Untrained):
    """a_i = softmax of -sharp ||q - v_i||^2."""

    def __init__(self, sharp=30.0):
        self.sharp = sharp

    def weights(self, at):
        return torch.softmax(-self.sharp * (at.tags - at.query.unsqueeze(1)).square().sum(-1), 1)
'''

LAW = '''
"""Tokens with independent signs."""

import numpy as np

from mtam.interaction.simulate.tokens import Tokens


def signs(data, rng):
    """Uniform on {-1, 1}^d."""
    return Tokens("signs", data.d, np.eye(data.d), lambda base, _, shape: np.sign(base.random(shape) - 0.5))
'''

TARGET = '''
"""|z_1|."""

import numpy as np


class Kink:
    lipschitz = 1.0

    def __call__(self, z):
        return np.abs(z[:, 0])


def kink(dim, rng):
    return Kink()
'''

FIT = '''
"""Attention that is told A* and fits a line."""

import numpy as np

from mtam.interaction.estimators.estimators import EstimatedInteraction
from mtam.interaction.interaction_models import InteractionModel


class LineModel(InteractionModel):
    """A straight line at the true A."""

    fit = "line_fit:fit"
    slope_only: bool = False


def fit(trial, truth, x, y, device, tick):
    u = (x @ truth.left) @ (x @ truth.right).transpose(0, 2, 1)
    u[:, np.arange(u.shape[1]), np.arange(u.shape[1])] = 0
    mean = (u.sum(axis=2) / (u.shape[1] - 1)).ravel()
    columns = mean[:, None] if trial.model.slope_only else np.column_stack([mean, np.ones_like(mean)])
    found = np.linalg.lstsq(columns, y.ravel(), rcond=None)[0]
    slope, level = found[0], found[1] if len(found) > 1 else 0.0
    phi = lambda v: slope * v + level
    return EstimatedInteraction(lambda a, b: phi(truth.arguments(a, b)), phi, truth.matrix, None, {"seconds": 0.0})
'''

RECALL = ("sweep.sizes=[32,64]", "sweep.seeds=2", "model.steps=4", "model.width=16", "data.modes=6", "data.test=64")
INTERACTION = ("sweep.sizes=[300,600]", "sweep.seeds=2", "data.d=2", "data.rank=1", "data.tokens=3")
INLINE = ("--launcher", "inline", "--out", "own", "--quiet", "--json")


@pytest.fixture
def modules(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for files of one's own."""
    folder = tmp_path_factory.mktemp("modules")
    monkeypatch.syspath_prepend(folder)
    return folder


def swept(mtam: Mtam, here: Path, *words: str) -> str:
    done = mtam("sweep", *words, *INLINE)
    assert done.code == 0, done.err
    assert json.loads(done.out)["failed"] == 0
    return (here / "own" / "curve.csv").read_text()


def test_a_gate(mtam: Mtam, here: Path, modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (modules / "nearest_gate.py").write_text(GATE)
    line = Variant("nearest_gate:NearestModel", "mtam.recall.run_recall:run")
    monkeypatch.setitem(recall_variants.MODELS, "nearest", line)
    told = swept(mtam, here, "attention", "model=softmax,nearest", "data.tags=orthonormal", "model.sharp=20", *RECALL)
    assert "nearest" in told
    assert "Attention to the nearest tag, without training." in mtam("list").out
    shown = mtam("config", "sweep", "attention", "model=nearest")
    assert "sharp: 30.0" in shown.out
    refused = mtam("sweep", "alpha", "model.sharp=20", "--dry-run")
    assert refused.code == 2
    assert "model.sharp is a setting of nearest, not of softmax." in refused.err


def test_a_token_law(mtam: Mtam, here: Path, modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (modules / "sign_tokens.py").write_text(LAW)
    refused = mtam("sweep", "token_law", "data.token_law=signs", "--dry-run")
    assert refused.code == 2
    monkeypatch.setitem(interaction_variants.TOKEN_LAWS, "signs", "sign_tokens:signs")
    assert "signs" in swept(mtam, here, "token_law", "data.token_law=cube,signs", *INTERACTION)


def test_a_target(mtam: Mtam, here: Path, modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (modules / "kink_target.py").write_text(TARGET)
    monkeypatch.setitem(recall_variants.TARGETS, "kink", "kink_target:kink")
    assert "kink" in swept(mtam, here, "alpha", "data.alpha=1", "data.target=kink,takagi", *RECALL)


TAGS = '''
"""Tags on a circle."""

import numpy as np


def circle(data, rng):
    angles = 2 * np.pi * np.arange(data.components) / data.components
    return np.column_stack([np.cos(angles), np.sin(angles)] + [np.zeros(len(angles))] * (data.tag_dim - 2))
'''

PHI = '''
"""A sawtooth."""

import numpy as np


def sawtooth(data, rng):
    return lambda u: np.abs(2 * np.clip(u, -1, 1) % 1.0 - 0.5)
'''

SHARP = '''
"""The nearest tag wins."""

import torch

from mtam.recall.gates.untrained import Untrained


class Nearest(Untrained):
    def weights(self, at):
        return torch.softmax(-20 * (at.tags - at.query.unsqueeze(1)).square().sum(-1), 1)
'''


SWEEP = """
# @package _global_
defaults: [/data: recall, /model: softmax, /launcher: local, _self_]
problem: recall
protocol: claimed
sweep: {axes: {data.alpha: [1.0]}, sizes: [32], n_min: 32, n_max: 32, seeds: 1}
"""


@pytest.fixture
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTAM_NAMED_CODE", "")


@pytest.mark.usefixtures("nothing_named")
@pytest.mark.parametrize(
    ("text", "words", "small"),
    [
        (TARGET, ("alpha", "data.alpha=1", "data.target=takagi,mine:kink"), RECALL),
        (TAGS, ("alpha", "data.alpha=1", "data.tags=mine:circle"), RECALL),
        (SHARP, ("attention", "model=softmax,own_gate", "model.code=mine:Nearest", "data.tags=orthonormal"), RECALL),
        (LAW, ("token_law", "data.token_law=cube,mine:signs"), INTERACTION),
        (PHI, ("token_law", "data.token_law=cube", "data.activation=mine:sawtooth"), INTERACTION),
    ],
    ids=["target", "tags", "gate", "token law", "activation"],
)
def test_code_is_named_on_the_command_line(
    text: str, words: tuple[str, ...], small: tuple[str, ...], mtam: Mtam, here: Path
) -> None:
    (here / "mine.py").write_text(text)
    first = swept(mtam, here, *words, *small)
    again = mtam("sweep", *words, *small, *INLINE)
    assert again.code == 0
    assert json.loads(again.out)["computed"] == 0
    (here / "mine.py").write_text(text + "\n# changed\n")
    other = mtam("sweep", *words, *small, *INLINE)
    assert other.code == 2  # another text is another sweep
    assert "already holds another" in other.err
    assert mtam("report", "own").code == 0
    assert first


@pytest.mark.usefixtures("nothing_named")
@pytest.mark.parametrize(
    ("words", "small", "sentence"),
    [
        (("alpha", "data.alpha=1", "data.target=mine:three"), RECALL, "a function of z"),
        (("attention", "model=own_gate", "model.code=mine:three", "data.tags=orthonormal"), RECALL, "a gate with"),
        (("token_law", "data.token_law=mine:three"), INTERACTION, "Tokens of"),
        (("token_law", "data.token_law=cube", "data.activation=mine:three"), INTERACTION, "a function of an array"),
    ],
    ids=["target", "gate", "token law", "activation"],
)
def test_code_that_gives_something_else_is_a_sentence(
    words: tuple[str, ...], small: tuple[str, ...], sentence: str, mtam: Mtam, here: Path
) -> None:
    (here / "mine.py").write_text("def three(*given):\n    return 3\n")
    done = mtam("sweep", *words, *small, *INLINE)
    assert done.code == 1
    records = [json.loads(path.read_text()) for path in (here / "own" / "records").glob("*.json")]
    assert records
    for record in records:
        assert "mine:three gives int; valid: " + sentence in record["failure"], record["failure"]


RIDGE = '''
"""Recall by the nearest tag, then ridge regression on moments times waves of the query."""

import numpy as np


class Nearest:
    def weights(self, contexts):
        near = np.einsum("nid,nd->ni", contexts.tags, contexts.query_tag)
        return (near == near.max(axis=1, keepdims=True)).astype(float)

    def features(self, contexts):
        moments = np.einsum("ni,nik->nk", self.weights(contexts), contexts.moments)
        waves = np.cos(np.pi * contexts.query[:, None] * np.arange(3))
        moments = np.pad(moments, ((0, 0), (1, 0)), constant_values=1)
        return np.einsum("nk,nw->nkw", moments, waves).reshape(len(moments), -1)

    def fit(self, contexts, answers, rng):
        assert not {"answering", "coefficients", "clean"} & set(vars(contexts))
        rows = self.features(contexts)
        self.slopes = np.linalg.solve(rows.T @ rows + np.eye(rows.shape[1]), rows.T @ answers)

    def predict(self, contexts):
        return self.features(contexts) @ self.slopes
'''

LEAST_SQUARES = '''
import numpy as np


class Constant:
    """Knows nothing but the level of Y."""

    def fit(self, X, Y, rng):
        self.level = Y.mean() + 0 * rng.standard_normal()

    def g(self, x, y):
        return np.full(len(x), self.level)


class Vandal(Constant):
    def fit(self, X, Y, rng):
        Y[:] = 0


class Short(Constant):
    def g(self, x, y):
        return np.zeros(3)


class NoFit:
    pass
'''


@pytest.mark.usefixtures("nothing_named")
def test_an_estimator_of_recall_is_named_on_the_command_line(mtam: Mtam, here: Path) -> None:
    (here / "mine.py").write_text(RIDGE)
    small = [word for word in RECALL if not word.startswith("sweep.sizes")] + ["sweep.sizes=[64,512]"]
    words = ("attention", "model=mean,own_recall", "model.code=mine:Nearest", "data.tags=orthonormal")
    swept(mtam, here, *words, *small)
    rows = pd.read_csv(here / "own" / "curve.csv")
    own = rows[rows["model"] == "own_recall"]
    assert own["attention_mass"].min() == 1.0
    assert own.loc[own["n"] == 512, "error"].max() < 0.5 < rows.loc[rows["model"] == "mean", "error"].min()
    again = mtam("sweep", *words, *small, *INLINE)
    assert json.loads(again.out)["computed"] == 0
    (here / "mine.py").write_text(RIDGE + "# changed\n")
    assert "already holds another" in mtam("sweep", *words, *small, *INLINE).err


@pytest.mark.usefixtures("nothing_named")
def test_an_estimator_of_interactions_is_compared_and_looked_at(mtam: Mtam, here: Path) -> None:
    (here / "mine.py").write_text(LEAST_SQUARES)
    words = ("model", "model=own_interaction", *INTERACTION)
    swept(mtam, here, *words, "model.code=mine:Constant")
    rows = pd.read_csv(here / "own" / "curve.csv")
    assert rows["error"].between(0.9, 1.2).all()  # Var g* = 1: it explains nothing
    assert (rows["oracle_error"] < 0.2).all()  # the fit beside it does
    for name, sentence in (
        ("Vandal", "assignment destination is read-only"),
        ("Short", "mine:Short: g(x, y) gives shape (3,); valid: ("),
        ("NoFit", "mine:NoFit gives NoFit; valid: an estimator with fit(X, Y, rng) and g(x, y)"),
    ):
        done = mtam("sweep", *words, f"model.code=mine:{name}", *INLINE[:2], "--out", name, "-q", "--json")
        assert done.code == 1
        for path in (here / name / "records").glob("*.json"):
            assert sentence in json.loads(path.read_text())["failure"]


@pytest.mark.parametrize(
    ("sweep", "model"), [("attention", "own_gate"), ("attention", "own_recall"), ("model", "own_interaction")]
)
def test_no_code_is_no_estimator(sweep: str, model: str, mtam: Mtam, here: Path) -> None:
    done = mtam("sweep", sweep, f"model={model}", "--dry-run")
    assert done.code == 2
    assert f"model={model} has no model.code; valid: model.code=MODULE:CLASS on the command line" in done.err
    assert not list(here.iterdir())


@pytest.mark.usefixtures("nothing_named")
def test_labels_name_code_without_its_digest(mtam: Mtam, here: Path) -> None:
    (here / "mine.py").write_text(LAW)
    done = mtam("sweep", "token_law", "data.token_law=cube,mine:signs", *INTERACTION, *INLINE[:-2], "--tables")
    assert done.code == 0
    assert "token_law = mine:signs" in done.out
    assert "mine:signs@" not in done.out


@pytest.mark.usefixtures("nothing_named")
def test_a_file_of_settings_names_no_code(mtam: Mtam, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither plainly nor sealed, and a run's folder does not either: what would run here leaves a trace."""
    (here / "mine.py").write_text(f"open({str(here / 'ran')!r}, 'w').close()\n{TARGET}")
    shutil.copytree(conf_files.conf_dir(), here / "conf")
    monkeypatch.setattr(conf_files, "conf_dir", lambda: here / "conf")
    digest = hashlib.sha256((here / "mine.py").read_bytes()).hexdigest()[:20]
    for value in ("mine:kink", f"mine:kink@{digest}"):
        (here / "conf" / "data" / "recall.yaml").write_text(f"target: {value}\nalpha: 1.0\n")
        (here / "conf" / "sweep" / "mine.yaml").write_text(SWEEP)
        done = mtam("sweep", "mine", *INLINE)
        assert done.code == 2
        assert "the command line" in done.err
        assert len(done.err.splitlines()) == 1
        (here / "conf" / "data" / "recall.yaml").write_text("alpha: 1.0\n")
        (here / "conf" / "sweep" / "mine.yaml").write_text(SWEEP)
        (here / "conf" / "model" / "own_recall.yaml").write_text(f"name: own_recall\ncode: {value}\n")
        done = mtam("sweep", "mine", "model=own_recall", *INLINE)
        assert done.code == 2
        assert "the command line" in done.err, done.err
    done = mtam("sweep", "alpha", f"data.target=mine:kink@{digest}", *RECALL, *INLINE)
    assert done.code == 2
    assert not (here / "ran").exists()
    assert not (here / "own").exists()


def test_an_estimator(mtam: Mtam, here: Path, modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (modules / "line_fit.py").write_text(FIT)
    line = Variant("line_fit:LineModel", "mtam.interaction.run_interaction:run")
    monkeypatch.setitem(interaction_variants.MODELS, "line", line)
    told = swept(mtam, here, "model", "model=oracle_a,line", "model.slope_only=true", *INTERACTION)
    assert "line" in told
