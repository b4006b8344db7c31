"""Completion of sweep names, groups and keys, in the words that bash, zsh and fish hand over."""

from pathlib import Path

import pytest

from mtam.cli.completion import answer, candidates
from tests.conftest import REPO

MEAN = REPO / "src" / "mtam" / "problems" / "examples" / "gaussian_mean.py"


@pytest.mark.parametrize(
    ("before", "word", "expected"),
    [
        (["sweep"], "separ", ["separation"]),
        (["sweep"], "zzz", []),
        (["config", "sweep"], "alpha_", ["alpha_reported"]),
        (["sweep", "alpha"], "data.alp", ["data.alpha="]),
        (["sweep", "alpha"], "sweep.n_", ["sweep.n_max=", "sweep.n_min="]),
        (["fit-ips", "--d", "5"], "data.tok", ["data.token_law=", "data.tokens="]),
        (["sweep", "alpha"], "launcher=in", ["launcher=inline"]),
        (["sweep", "alpha", "launcher", "="], "in", ["inline"]),  # bash splits at the sign
        (["sweep", "alpha", "launcher"], "=", ["executor", "inline", "local", "slurm"]),
        (["sweep", "alpha"], "--dr", None),
        (["sweep", "alpha", "--out"], "da", None),
        (["check"], "coer", ["coercivity"]),
        (["check", "coercivity"], "se", ["seed="]),
        ([], "sw", None),
        (["report"], "", None),
    ],
)
def test_candidates(before: list[str], word: str, expected: list[str] | None) -> None:
    assert candidates(before, word) == expected


def test_a_file_of_ones_own_is_read_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MEAN.read_text() + "open('ran', 'w')\n")
    (tmp_path / "maps").mkdir()
    assert candidates(["sweep"], "m") == ["missing_head", "misspecified", "model", "maps/", "mine.py"]
    assert candidates(["sweep", "mine.py"], "data.") == ["data.d=", "data.sigma="]
    assert candidates(["sweep", "mine.py"], "model") == ["model=", "model.factor="]
    assert candidates(["sweep", "mine.py", "model=first_half"], "model") == ["model="]
    assert candidates(["sweep", "mine.py"], "model=s") == ["model=sample_mean", "model=shrunk"]
    assert candidates(["sweep", "mine.py", "model"], "=") == ["sample_mean", "first_half", "shrunk"]
    assert candidates(["sweep", "gone.py"], "model") == []
    assert not (tmp_path / "ran").exists()


def test_zsh(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("_MTAM_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "mtam sweep alpha launcher=lo")
    assert answer()
    assert '"launcher=local"' in capsys.readouterr().out


def test_fish_asks_whether_there_is_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_MTAM_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "is-args")
    for text, code in (("mtam sweep al", 0), ("mtam sweep zzz", 1)):
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", text)
        with pytest.raises(SystemExit) as stop:
            answer()
        assert stop.value.code == code


def test_settings_are_those_of_the_models_on_the_line() -> None:
    assert candidates(["sweep", "alpha"], "model.b") == [
        "model.band=",
        "model.batch=",
        "model.benchmark=",
        "model.beta0=",
    ]
    assert candidates(["sweep", "alpha", "model=frozen_rbf"], "model.bandw") == ["model.bandwidth="]
    assert candidates(["sweep", "alpha", "model", "=", "knn"], "model.") == ["model.name="]
    assert candidates(["sweep", "alpha", "model=knn,linear"], "model.init") == ["model.init="]
