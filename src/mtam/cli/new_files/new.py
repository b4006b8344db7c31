"""mtam new: a problem in a file that works, with its test; a notebook."""

from typing import Annotated

import typer

from mtam.cli.app import app

news = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Begin something of your own.")
app.add_typer(news, name="new")

EXAMPLES = ("gaussian_mean", "kernel_ridge", "associative_memory", "state_space")


@news.command("problem", short_help="A problem in one file, with its test.")
def problem(
    name: Annotated[str, typer.Argument(help="Its name; NAME.py and test_NAME.py are written here.")],
    example: Annotated[
        str,
        typer.Option("--from", help=" | ".join(EXAMPLES) + ".", autocompletion=lambda: list(EXAMPLES)),
    ] = EXAMPLES[0],
) -> None:
    """Write a problem that works, to be changed into one's own: `mtam sweep NAME.py` runs it."""
    from mtam.runs import new_problem

    for path in new_problem.write(name, example, EXAMPLES):
        typer.echo(path)
    typer.echo(f"mtam sweep {name}.py runs it; pytest test_{name}.py tests it.")


@news.command("notebook", short_help="A Jupyter notebook: a sweep, laws, a fit to arrays.")
def notebook(
    name: Annotated[str, typer.Argument(help="NAME.ipynb is written here.")] = "tour",
) -> None:
    """Write a notebook that runs: a sweep with its verdicts, laws of learning curves, a fit to arrays."""
    from mtam.runs import new_notebook

    typer.echo(new_notebook.write(name))
