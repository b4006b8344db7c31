"""The command that fits laws to curves from elsewhere: rates."""

from typing import Annotated

import typer

from mtam.cli.app import Json, Quiet, app
from mtam.cli.paths import looked_up


@app.command(short_help="Fit laws to your own learning curves.")
def rates(
    file: Annotated[
        str, typer.Argument(metavar="FILE.csv", help="Columns n, error; optionally cell, seed, reference.")
    ],
    law: Annotated[
        str, typer.Option(help="power | sub-polynomial | log-power | entropy-balance; the others are compared with it.")
    ] = "power",
    gamma: Annotated[float | None, typer.Option(help="Of exp(-C (ln n)^gamma), the sub-polynomial law.")] = None,
    floor: Annotated[
        bool, typer.Option("--floor", help="Every law with an additive floor, error = floor + ...")
    ] = False,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="A table with columns n, reference: the curve R_ref of error = C R_ref(n)^b."
        ),
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="PATH", help="Folder for rates.csv and curves.png.  [default: none]")
    ] = None,
    n: Annotated[str | None, typer.Option("--n", help="The column of sample sizes.  [default: n]")] = None,
    error: Annotated[str | None, typer.Option("--error", help="The column of errors.  [default: error]")] = None,
    seed: Annotated[str | None, typer.Option("--seed", help="The column of seeds.  [default: seed, if any]")] = None,
    cell: Annotated[str | None, typer.Option("--cell", help="The column of cells.  [default: cell, if any]")] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Slopes with intervals over seeds, laws compared, and what n would tell them apart; any table with n and error."""
    from mtam.runs import fit_rates

    columns = fit_rates.Columns(n, error, seed, cell)
    wanted = fit_rates.Wanted(law, gamma, floor, looked_up(reference, "--reference"), columns)
    fit_rates.rates(looked_up(file), wanted, looked_up(out, "--out"), json_, quiet)
