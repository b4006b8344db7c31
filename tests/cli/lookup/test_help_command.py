"""mtam help is the help page itself; a word that is no command is told by what it names."""

import pytest

from tests.conftest import Mtam


@pytest.mark.parametrize("command", [[], ["sweep"], ["config", "sweep"], ["new"], ["help"]], ids=" ".join)
def test_help_is_the_page_that_the_option_shows(command: list[str], mtam: Mtam) -> None:
    page, same = mtam("help", *command), mtam(*command, "--help")
    assert (page.code, page.out.split()) == (0, same.out.split())


def test_commands_stand_in_the_order_that_people_need(mtam: Mtam) -> None:
    lines = mtam("help").out.partition("Commands:")[2].splitlines()
    assert [line.split()[0] for line in lines if line.strip()][:3] == ["sweep", "fit-ips", "reproduce"]


def test_a_fit_promises_no_axes(mtam: Mtam) -> None:
    assert "adds an axis" in mtam("help", "sweep").prose
    for command in (["fit-ips"], ["check"], ["config", "fit-ips"], ["config", "check"]):
        assert "adds an axis" not in mtam("help", *command).prose


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["help", "alpha"], "alpha is a sweep: mtam sweep alpha runs it"),
        (["help", "config", "sweeep"], "did you mean sweep?"),
        (["help", "sweep", "alpha"], "there is no command alpha"),
        (["help", "zzz"], "--help"),
        (["alpha"], "mtam sweep alpha runs it, mtam config sweep alpha prints its settings"),
        (["minimax"], "mtam check minimax computes it"),
        (["softmax"], "set model=softmax after mtam sweep NAME"),
        (["standard"], "mtam reproduce --scale standard"),
        (["own-curves"], "mtam guide own-curves shows that page"),
        (["rnus"], "did you mean runs?"),
        (["config", "separation"], "say mtam config sweep separation or mtam config check separation"),
        (["config", "softmax"], "set model=softmax"),
        (["config", "alfa"], "did you mean alpha?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_was_meant_is_one_sentence(words: list[str], told: str, mtam: Mtam) -> None:
    said = mtam(*words)
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1), said
    assert told in said.err


@pytest.mark.parametrize(("name", "kind"), [("alpha", "sweep"), ("fano", "check")])
def test_a_configuration_needs_no_kind_where_there_is_one(name: str, kind: str, mtam: Mtam) -> None:
    short, whole = mtam("config", name, "--json"), mtam("config", kind, name, "--json")
    assert (short.code, short.out) == (0, whole.out)
