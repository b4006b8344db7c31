"""The command that fits laws to curves from elsewhere: rates."""

from typing import Annotated

import typer

from mtam.base.errors import UsageError
from mtam.cli.app import Json, Quiet, app
from mtam.cli.paths import looked_up


@app.command(short_help="Fit laws to your own learning curves.")
def rates(
    file: Annotated[
        str, typer.Argument(metavar="FILE.csv", help="Columns n, error; optionally cell, seed, reference.")
    ],
    law: Annotated[
        str,
        typer.Option(
            help="power | sub-polynomial | log-power | entropy-balance, compared with the others; or two-resources: "
            "error = E + A N^-a + B D^-b."
        ),
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
    columns: Annotated[
        str | None, typer.Option(metavar="N,D", help="The columns of the two resources.  [default: N,D]")
    ] = None,
    huber: Annotated[
        float | None, typer.Option(help="Delta of Huber's loss, of two resources.  [default: least squares]")
    ] = None,
    predict: Annotated[
        str | None, typer.Option(metavar="SIZES", help="Sizes not run: 1e6,1e7; of two resources 1e9:2e10.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="Of the next runs, told which: a sum of n; of two resources 6 N D.")
    ] = None,
    json_: Json = False,
    quiet: Quiet = False,
) -> None:
    """Slopes with intervals, laws compared, predictions, what to run next; any table with n and error."""
    if law == "two-resources":
        one = {
            "--gamma": gamma,
            "--floor": floor or None,
            "--reference": reference,
            "--n": n,
            "--seed": seed,
            "--cell": cell,
        }
        if given := [name for name, value in one.items() if value is not None]:
            raise UsageError(f"{given[0]} is of laws of one resource; leave it out with --law two-resources.")
        from mtam.runs import two_resource_rates

        asked = two_resource_rates.TwoResources(columns, error, huber, predict, budget)
        two_resource_rates.two_resource_rates(looked_up(file), asked, looked_up(out, "--out"), json_, quiet)
        return
    if columns is not None or huber is not None:
        raise UsageError(f"{'--columns' if columns else '--huber'} is of --law two-resources.")
    from mtam.runs import fit_rates

    used = fit_rates.Columns(n, error, seed, cell)
    sizes = fit_rates.sizes_asked(predict)
    wanted = fit_rates.Wanted(law, gamma, floor, looked_up(reference, "--reference"), used, sizes, budget)
    fit_rates.rates(looked_up(file), wanted, looked_up(out, "--out"), json_, quiet)
