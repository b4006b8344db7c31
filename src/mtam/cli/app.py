"""The Typer application and the options that several commands share."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.cli.lookup.meaning import close, kinds, where
from mtam.cli.paths import looked_up

if TYPE_CHECKING:
    from mtam.runs.run_plan import Options

ORDER = (
    "sweep",
    "fit-ips",
    "reproduce",
    "check",
    "rates",
    "runs",
    "report",
    "status",
    "claims",
    "pack",
    "export",
    "list",
    "config",
    "new",
    "guide",
    "help",
    "warm",
)


class InOrder(TyperGroup):
    """The help page lists commands as people need them, whatever module was imported first."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names in ORDER; what is not named there comes last."""
        del ctx
        return sorted(self.commands, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Where the word is no command, say what has that name and which command takes it."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            word = args[0]
            hint = where(word) or close(word, self.commands) or f"see {ctx.command_path} --help."
            raise UsageError(f"there is no command {word}; {hint}")
        return super().resolve_command(ctx, args)


class ConfigGroup(TyperGroup):
    """``mtam config NAME`` is that of the one sweep or check of this name."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Put the kind before the name where the name has one kind only."""
        if not args or args[0].startswith("-") or self.get_command(ctx, args[0]) is not None:
            return super().resolve_command(ctx, args)
        word = args[0]
        groups = [group for group in kinds(word) if group in self.commands]
        if word.endswith(".py"):
            groups = ["sweep"]
        if len(groups) == 1:
            return super().resolve_command(ctx, [*groups, *args])
        both = " or ".join(f"mtam config {group} {word}" for group in groups)
        known = [*self.commands, *conf_files.options("sweep"), *conf_files.options("check")]
        hint = f"say {both}." if both else where(word) or close(word, known) or f"see {ctx.command_path} --help."
        raise UsageError(f"there is no configuration {word}; {hint}" if not both else f"{word} is both; {hint}")


app = typer.Typer(
    name="mtam",
    cls=InOrder,
    help="A laboratory for the statistics of attention: learning curves against proven rates.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the rich help page alone would double the start-up time
    context_settings={"help_option_names": ["-h", "--help"]},
)
configs = typer.Typer(
    cls=ConfigGroup, no_args_is_help=True, rich_markup_mode=None, help="Print a composed configuration."
)
app.add_typer(configs, name="config")


Settings = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Settings in Hydra's override grammar; a list (data.alpha=0.5,1,2) adds an axis to a sweep.",
        show_default=False,
    ),
]
OneRun = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Settings in Hydra's override grammar, each with one value, such as data.noise=0.1; several values along "
        "an axis are for mtam sweep.",
        show_default=False,
    ),
]
OneCheck = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Settings in Hydra's override grammar; a list of values is KEY=[1,2], as a check has no axes.",
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
LAUNCHERS = ["inline", "local", "slurm", "executor"]
LauncherName = Annotated[
    str | None,
    typer.Option(help="inline | local | slurm | executor.", autocompletion=lambda: LAUNCHERS, show_default=False),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes.  [default: one per core]")]
Device = Annotated[str, typer.Option(help="auto | cpu | cuda.", autocompletion=lambda: ["auto", "cpu", "cuda"])]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would run; write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no tables.")]
Force = Annotated[bool, typer.Option("--force", help="Compute again what is already there.")]
Tables = Annotated[bool, typer.Option("--tables", help="All tables, not only what fits one screen.")]
Details = Annotated[bool, typer.Option("--details", help="Claims with sources, theory and reasons.")]
UntilDecided = Annotated[bool, typer.Option("--until-decided", help="More seeds for open claims, look by look.")]
Budget = Annotated[str | None, typer.Option(help="With --until-decided: time for it, as 90min or 2h. [1h]")]
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
