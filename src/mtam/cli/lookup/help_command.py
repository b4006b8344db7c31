"""mtam help: the help page of the program or of a command."""

from typing import Annotated, Any

import typer

from mtam.base.errors import UsageError
from mtam.cli.app import ORDER, app
from mtam.cli.lookup.meaning import close, where

Commands = Annotated[
    list[str] | None,
    typer.Argument(metavar="[COMMAND]...", help="A command.", autocompletion=lambda: list(ORDER)),
]


@app.command("help", short_help="This page, or that of a command.")
def help_(ctx: typer.Context, command: Commands = None) -> None:
    """Show the help page of a command, as --help after it does; without a name that of the program."""
    context: Any = ctx.parent
    for word in command or []:
        of_group = getattr(context.command, "commands", {})
        if word not in of_group:
            hint = where(word) or close(word, of_group) or f"see {context.command_path} --help."
            raise UsageError(f"there is no command {word}; {hint}")
        context = typer.Context(of_group[word], info_name=word, parent=context)
    typer.echo(context.get_help())
