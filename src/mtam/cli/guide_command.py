"""mtam guide: the pages of the guide, in a terminal."""

import json
from typing import Annotated

import typer

from mtam.cli.app import Json, app
from mtam.guide import pages

Page = Annotated[
    str | None,
    typer.Argument(metavar="[PAGE]", help="A page of the guide.", autocompletion=lambda: list(pages.PAGES)),
]


@app.command("guide", short_help="The guide: pages to read here.")
def guide(page: Page = None, json_: Json = False) -> None:
    """Show a page of the guide; without a name, list the pages."""
    if page is None:
        titles = pages.titles()
        if json_:
            typer.echo(json.dumps(titles))
            return
        for name, title in titles.items():
            typer.echo(f"  {name:<14} {title}")
        typer.echo("\nmtam guide PAGE shows one of them.")
        return
    text = pages.text(page)
    if json_:
        typer.echo(json.dumps({"page": page, "markdown": text}))
        return
    from mtam.runs.show_page import show

    show(text)
