"""The Typer application and the options that several commands share."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from mtam.base.errors import UsageError
from mtam.cli.paths import looked_up

if TYPE_CHECKING:
    from mtam.runs.run_plan import Options

ORDER = (
    "sweep",
    "fit-ips",
    "reproduce",
    "check",
    "rates",
    "report",
    "status",
    "claims",
    "pack",
    "export",
    "list",
    "config",
    "new",
    "guide",
    "warm",
)


class InOrder(TyperGroup):
    """The help page lists commands as people need them, whatever module was imported first."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in ORDER; what is not named there comes last."""
        del ctx
        return sorted(self.commands, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


app = typer.Typer(
    name="mtam",
    cls=InOrder,
    help="A laboratory for the statistics of attention: learning curves against proven rates.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the rich help page alone would double the start-up time
    context_settings={"help_option_names": ["-h", "--help"]},
)
configs = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Print a composed configuration.")
app.add_typer(configs, name="config")


Settings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Settings in Hydra's override grammar; a list (data.alpha=0.5,1,2) adds an axis to a sweep.",
        show_default=False,
    ),
]
SweepName = Annotated[
    str, typer.Argument(help="A file in conf/sweep; FILE.py, a problem of your own; or an installed problem.")
]
ProblemFile = Annotated[
    str | None,
    typer.Option(
        "--problem", metavar="FILE.py", help="The file of a problem of your own; it is run.", show_default=False
    ),
]
Out = Annotated[str | None, typer.Option(metavar="PATH", help="Folder of the run.  [default: outputs/<name>-<hash>]")]
LAUNCHERS = ["inline", "local", "slurm"]
LauncherName = Annotated[
    str | None, typer.Option(help="inline | local | slurm.", autocompletion=lambda: LAUNCHERS, show_default=False)
]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes.  [default: one per core]")]
Device = Annotated[str, typer.Option(help="auto | cpu | cuda.", autocompletion=lambda: ["auto", "cpu", "cuda"])]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would run; write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no tables.")]
Force = Annotated[bool, typer.Option("--force", help="Compute again what is already there.")]
Tables = Annotated[bool, typer.Option("--tables", help="All tables, not only what fits one screen.")]
Details = Annotated[bool, typer.Option("--details", help="Claims with sources, theory and reasons.")]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", metavar="png,svg,pdf", help="Every panel as a file of its own in figures/, as wide as a column.",
        show_default=False,
    ),
]  # fmt: skip
Style = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Of these panels: paper | talk | FILE.mplstyle | a style of matplotlib.  [default: paper]",
        show_default=False,
    ),
]  # fmt: skip
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Compute failed trials again.")]
Folder = Annotated[str, typer.Argument(help="The folder of a run.", metavar="DIR")]
FolderOrArchive = Annotated[
    str, typer.Argument(help="The folder of a run, or its archive by mtam pack.", metavar="DIR|FILE.tar.gz")
]


@app.callback(invoke_without_command=True)
def _main(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        from mtam import __version__

        typer.echo(f"mtam {__version__}")
        raise typer.Exit
    del ctx


def options_of(
    out: str | None, device: str, dry_run: bool, quiet: bool, force: bool, retry_failed: bool = False
) -> "Options":
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device} is unknown; valid: auto, cpu, cuda.")
    from mtam.runs.run_plan import Options

    return Options(looked_up(out, "--out"), device, dry_run, force, quiet, retry_failed)
