"""The README's own examples: its sweep file composes, its settings are accepted."""

import re
import shlex
from pathlib import Path

import pytest

from mtam import catalog
from tests.conftest import REPO, Mtam

README = (REPO / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines() if line.startswith("mtam ")]
PLANNED = [
    line
    for line in COMMANDS
    if line.split()[1] in ("sweep", "fit-ips") and "my_sweep" not in line and "FILE" not in line
]


@pytest.mark.parametrize("line", PLANNED)
def test_the_commands_are_accepted(line: str, mtam: Mtam) -> None:
    said = mtam(*shlex.split(line)[1:], "--dry-run")
    assert said.code == 0, said.err


def test_the_sweep_of_your_own(mtam: Mtam, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = here / "conf"
    for path in (REPO / "conf").rglob("*.yaml"):
        copy = conf / path.relative_to(REPO / "conf")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    (yaml,) = [text for kind, text in BLOCKS if kind == "yaml"]
    (conf / "sweep" / "my_sweep.yaml").write_text(yaml)
    monkeypatch.setenv("MTAM_CONF", str(conf))
    catalog.conf_dir.cache_clear()
    try:
        said = mtam("sweep", "my_sweep", "--dry-run")
        listed = mtam("list")
    finally:
        catalog.conf_dir.cache_clear()
    assert said.code == 0, said.err
    assert "36 of 36" in said.out
    assert "does label noise change the slope at alpha = 2?" in listed.out


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert pictures
    assert [path for path in pictures if not (REPO / path).is_file()] == []
