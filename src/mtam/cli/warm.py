"""mtam warm: compile all kernels once."""

from mtam.cli.app import Json, Quiet, app


@app.command(short_help="Compile all kernels once, for job arrays and CI.")
def warm(json_: Json = False, quiet: Quiet = False) -> None:
    """Compile the kernels of every estimator now, so that no trial has to: once per machine, before a job array."""
    from mtam.runs import warm_kernels

    warm_kernels.warm(json_, quiet)
