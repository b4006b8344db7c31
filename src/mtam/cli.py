"""The command line: parse, call, print. Nothing heavy is imported until a command needs it."""

import json
import os
import signal
import sys
import warnings
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO

import typer

from mtam import catalog, complete
from mtam.errors import UsageError
from mtam.shorthands import of_own_data, share_of, with_launcher
from mtam.sweep.threads import one_thread

if TYPE_CHECKING:
    from mtam.lab import Options
    from mtam.sweep.plan import Plan

app = typer.Typer(
    name="mtam",
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
SweepName = Annotated[str, typer.Argument(help="A file in conf/sweep.")]
Out = Annotated[Path | None, typer.Option(help="Folder of the run.  [default: outputs/<name>-<hash>]")]
LauncherName = Annotated[str | None, typer.Option(help="inline | local.", autocompletion=lambda: ["inline", "local"])]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes.  [default: one per core]")]
Device = Annotated[str, typer.Option(help="auto | cpu | cuda.", autocompletion=lambda: ["auto", "cpu", "cuda"])]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would run; write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no tables.")]
Force = Annotated[bool, typer.Option("--force", help="Compute again what is already there.")]
Folder = Annotated[Path, typer.Argument(help="The folder of a run.", metavar="DIR")]


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


@app.command(short_help="Run a sweep: tables, slopes, figures.")
def sweep(
    name: SweepName,
    settings: Settings = None,
    out: Out = None,
    launcher: LauncherName = None,
    workers: Workers = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    json_: Json = False,
    quiet: Quiet = False,
    force: Force = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Compute failed trials again.")] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failed trial.")] = False,
    task_id: Annotated[int | None, typer.Option(help="With --num-tasks: this task's number, from 0.")] = None,
    num_tasks: Annotated[int | None, typer.Option(help="Share the packs among so many tasks.")] = None,
) -> None:
    """Train and measure a whole sweep; compute only what is missing; print convergence tables and slopes."""
    options = _options(out, device, dry_run, quiet, force)
    task = share_of(task_id, num_tasks)
    from dataclasses import replace

    from mtam import config

    options = replace(options, retry_failed=retry_failed, fail_fast=fail_fast, task=task)
    plan = config.plan_sweep(name, with_launcher(settings, launcher, workers))
    _finish(plan, options, json_)


@app.command("fit-ips", short_help="Fit one pairwise interaction (paper B).")
def fit_ips(
    settings: Settings = None,
    data: Annotated[str | None, typer.Option(help="Your own data: FILE.npz with X (M, N, d) and Y (M, N).")] = None,
    d: Annotated[int | None, typer.Option("--d", help="Dimension of a token.  [default: 30]")] = None,
    rank: Annotated[int | None, typer.Option(help="Rank of A*.  [default: 2]")] = None,
    tokens: Annotated[int | None, typer.Option(help="N, tokens per sample.  [default: 10]")] = None,
    samples: Annotated[int | None, typer.Option(help="M, samples.  [default: 20000]")] = None,
    degree: Annotated[int | None, typer.Option(help="P, degree of the true spline.  [default: 3]")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of truth, data and starts.  [default: 0]")] = None,
    out: Out = None,
    launcher: LauncherName = None,
    workers: Workers = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    json_: Json = False,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Draw interaction data, fit phi and A by empirical risk minimisation, compare with the fit that knows A*."""
    options = _options(out, device, dry_run, quiet, force)
    from mtam import config

    flags = {"data.d": d, "data.rank": rank, "data.tokens": tokens, "samples": samples, "data.degree": degree}
    if data is not None:
        flags = of_own_data(flags)
    given = [f"{key}={value}" for key, value in (flags | {"seed": seed}).items() if value is not None]
    texts = given + with_launcher(settings, launcher, workers)
    _finish(config.plan_fit(texts) if data is None else config.plan_own(data, texts), options, json_)


@app.command(short_help="Run the jobs of both papers.")
def reproduce(
    scale: Annotated[
        str,
        typer.Option(help="smoke | standard | full."),
    ] = "smoke",
    out: Annotated[Path, typer.Option(help="Parent of the runs' folders.")] = Path("outputs"),
    launcher: LauncherName = None,
    workers: Workers = None,
    device: Device = "auto",
    dry_run: DryRun = False,
    json_: Json = False,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Run every job of a scale, both papers; resumes where it stopped."""
    if scale not in catalog.options("reproduce"):
        raise UsageError(f"--scale {scale} is unknown; {catalog.nearest(scale, catalog.options('reproduce'))}")
    options = _options(out, device, dry_run, quiet, force)
    from mtam import commands

    commands.reproduce(scale, with_launcher(None, launcher, workers), options, json_)


@app.command(short_help="Tables and figures from the records.")
def report(out: Folder, json_: Json = False, quiet: Quiet = False) -> None:
    """Build tables and figures of a run again from its records, also of a half-finished one."""
    from mtam import commands

    commands.report(out, json_, quiet)


@app.command(short_help="Done, running, failed, missing trials.")
def status(out: Folder, json_: Json = False) -> None:
    """Count done, running, failed and missing trials of a run, cell by cell."""
    from mtam import commands

    commands.status(out, json_)


@app.command("list", short_help="What there is, a line each.")
def list_(json_: Json = False) -> None:
    """List sweeps, data, models, launchers and scales with a line each."""
    groups = {group: catalog.titles(group) for group in ("sweep", *catalog.GROUPS, "reproduce")}
    if json_:
        typer.echo(json.dumps(groups))
        return
    for group, names in groups.items():
        typer.secho(group, bold=True)
        for name, title in names.items():
            typer.echo(f"  {name:<14} {title}".rstrip())


@configs.command("sweep")
def config_sweep(name: SweepName, settings: Settings = None, json_: Json = False) -> None:
    """The configuration of a sweep."""
    from mtam import config

    _print_config(config.plan_sweep(name, settings or []), json_)


@configs.command("fit-ips")
def config_fit_ips(settings: Settings = None, json_: Json = False) -> None:
    """The configuration of an interaction fit."""
    from mtam import config

    _print_config(config.plan_fit(settings or []), json_)


def _print_config(plan: "Plan", as_json: bool) -> None:
    import yaml

    text = json.dumps(plan.config) + "\n" if as_json else yaml.safe_dump(plan.config, sort_keys=False)
    typer.echo(text, nl=False)


def _options(out: Path | None, device: str, dry_run: bool, quiet: bool, force: bool) -> "Options":
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device} is unknown; valid: auto, cpu, cuda.")
    from mtam.lab import Options

    return Options(out, device, dry_run, force, quiet)


def _finish(plan: "Plan", options: "Options", as_json: bool) -> None:
    from mtam import commands

    commands.run(plan, options, as_json)


INTERRUPTED = 130
STOPPED = "interrupted; what is done is kept, the same command goes on from there."


def _fail(sentence: str, code: int) -> NoReturn:
    sentence = " ".join(sentence.split())
    print(f"mtam: {sentence}{'' if sentence[-1:] in '.?' else '.'}", file=sys.stderr)
    sys.exit(code)


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """One line for a person; where in the source it was raised helps nobody who runs a sweep."""
    del category, filename, lineno, file, line
    print(f"mtam: warning: {message}", file=sys.stderr)


def _stop(number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt(number)


def main() -> None:
    """Entry point: exit code 0 done, 1 a trial or the program failed, 2 wrong input, 130 interrupted."""
    if complete.VARIABLE in os.environ and complete.answer():
        sys.exit(0)
    one_thread()
    warnings.showwarning = _warn
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that knows no Greek still shows the numbers
            stream.reconfigure(errors="replace")
    for name in ("SIGTERM", "SIGUSR2"):  # what batch systems send before they kill
        signal.signal(getattr(signal, name), _stop)
    try:
        code: Any = app(standalone_mode=False)
    except UsageError as error:
        _fail(str(error), 2)
    except (KeyboardInterrupt, typer.Abort):
        _fail(STOPPED, INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except FileNotFoundError as error:
        if error.filename is not None or os.path.isdir(os.curdir):
            raise
        _fail("the working folder has vanished; change to another one.", 2)
    except Exception as error:
        if not hasattr(error, "format_message"):  # everything Typer itself says about wrong usage has it
            raise
        if "\n" in error.format_message():  # a command without arguments: its help page
            print(error.format_message(), file=sys.stderr)
            sys.exit(2)
        _fail(_usage(error), 2)
    if code == INTERRUPTED:  # Typer turns Ctrl-C into this code, without a word
        _fail(STOPPED, INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _usage(error: Any) -> str:
    sentence: str = error.format_message()
    command = getattr(getattr(error, "ctx", None), "command_path", "mtam")
    return f"{sentence.rstrip('.')}; see {command} --help."
