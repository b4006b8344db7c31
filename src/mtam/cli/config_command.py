"""mtam config: a composed configuration, printed."""

import json
from typing import TYPE_CHECKING

import typer

from mtam.cli.app import Json, OneRun, ProblemFile, Settings, SweepName, configs
from mtam.cli.paths import looked_up

if TYPE_CHECKING:
    from mtam.sweep.planning import Plan


@configs.command("sweep")
def config_sweep(name: SweepName, settings: Settings = None, json_: Json = False, problem: ProblemFile = None) -> None:
    """The configuration of a sweep."""
    from mtam import config

    _print_config(config.plan_named(name, settings or [], looked_up(problem, "--problem")), json_)


@configs.command("fit-ips")
def config_fit_ips(settings: OneRun = None, json_: Json = False) -> None:
    """The configuration of an interaction fit."""
    from mtam import config

    _print_config(config.plan_fit(settings or []), json_)


def _print_config(plan: "Plan", as_json: bool) -> None:
    import yaml

    text = json.dumps(plan.config) + "\n" if as_json else yaml.safe_dump(plan.config, sort_keys=False)
    typer.echo(text, nl=False)
