"""The command that fits laws to curves from elsewhere: rates."""

from pathlib import Path
from typing import Annotated

import typer

from mtam.cli.app import Json, Quiet, app


@app.command(short_help="Fit laws to your own learning curves.")
def rates(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="Columns n, error; optionally cell, seed, reference.")
    ],
    law: Annotated[
        str, typer.Option(help="power | sub-polynomial | log-power | entropy-balance; the others are compared with it.")
    ] = "power",
    gamma: Annotated[float | None, typer.Option(help="Of exp(-C (ln n)^gamma), the sub-polynomial law.")] = None,
    floor: Annotated[
        bool, typer.Option("--floor", help="Every law with an additive floor, error = floor + ...")
    ] = False,
    reference: Annotated[
        Path | None, typer.Option(help="A table with columns n, reference: the curve R_ref of error = C R_ref(n)^b.")
    ] = None,
    n: Annotated[str | None, typer.Option("--n", help="The column of sample sizes.  [default: n]")] = None,
    error: Annotated[str | None, typer.Option("--error", help="The column of errors.  [default: error]")] = None,
    seed: Annotated[str | None, typer.Option("--seed", help="The column of seeds.  [default: seed, if any]")] = None,
    cell: Annotated[str | None, typer.Option("--cell", help="The column of cells.  [default: cell, if any]")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for rates.csv and curves.png.  [default: none]")] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Slopes with intervals over seeds, laws compared, and what n would tell them apart; any table with n and error."""
    from mtam.runs import fit_rates

    wanted = fit_rates.Wanted(law, gamma, floor, reference, fit_rates.Columns(n, error, seed, cell))
    fit_rates.rates(file, wanted, out, json_, quiet)
