"""Markdown in a terminal: wide tables become lists, code stays whole, pictures are named."""

import io

from rich.console import Console

from mtam.guide.terminal_markdown import rendered


def shown(page: str, width: int = 60) -> str:
    """The page as plain text."""
    console = Console(width=width, file=io.StringIO())
    with console.capture() as text:
        console.print(rendered(page, width), crop=False)
    return text.get()


def test_a_table_that_fits_stays_a_table() -> None:
    lines = shown("| a | b | c | d |\n|---|---|---|---|\n| 1 | 2 | 3 | 4 |").splitlines()
    assert ["1", "2", "3", "4"] in [line.split() for line in lines]


def test_a_wide_table_becomes_a_list_without_losing_a_cell() -> None:
    long = "words " * 20
    text = shown(f"| claim | theory | run | verdict |\n|---|---|---|---|\n| {long} | | -0.8 \\| x | **yes** |")
    assert " ".join(text.split()) == f"• {long}run: -0.8 | x; verdict: yes"


def test_of_a_name_a_description_and_a_figure_only_the_figure_keeps_its_heading() -> None:
    text = shown(f"| run | result | minutes |\n|---|---|---|\n| one | {'word ' * 20}| 3 |")
    assert " ".join(text.split()) == f"• one {'word ' * 19}word; minutes: 3"


def test_code_is_never_wrapped() -> None:
    line = "mtam sweep " + "data.alpha=1,2 " * 8
    assert f"    {line.strip()}\n" in shown(f"```bash\n{line.strip()}\n```")


def test_a_picture_is_named() -> None:
    assert "Picture: a curve (outputs/curve.png)" in shown("![a curve](../../../outputs/curve.png)")
