"""What a sweep crosses and where it runs, validated; and validation errors told in one sentence."""

import re
import reprlib
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Self, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator

from mtam.base import conf_files
from mtam.base.errors import UsageError
from mtam.base.spec import Frozen
from mtam.base.system import machine

Settings = TypeVar("Settings", bound=Frozen)


class SweepSettings(Frozen):
    """The axes, sizes and seeds that a sweep crosses."""

    axes: dict[str, list[Any]] = Field(default_factory=dict)
    sizes: list[int] | None = None
    n_min: int = Field(ge=1)
    n_max: int = Field(ge=1)
    seeds: int = Field(ge=1)
    first_seed: int = Field(0, ge=0)
    more_seeds: int = Field(0, ge=0)  # further seeds of the cells at ``more_at``, which scatter more than the others
    more_at: dict[str, list[Any]] = Field(default_factory=dict)  # values along axes
    exploratory: str | None = Field(None, min_length=20)  # why no claim is judged by this sweep; None: there is one

    @field_validator("sizes", mode="after")
    @classmethod
    def _sizes_are_sizes(cls, sizes: list[int] | None) -> list[int] | None:
        if sizes is not None and (not sizes or min(sizes) < 1 or len(set(sizes)) < len(sizes)):
            raise ValueError(f"{sizes} must be distinct positive sample sizes, at least one")
        return sizes

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.n_min > self.n_max:
            raise ValueError(f"sweep.n_min = {self.n_min} is larger than sweep.n_max = {self.n_max}")
        return self

    def seed_range(self, at: Mapping[str, Any]) -> range:
        """first_seed, first_seed + 1, ...: as many as ``seeds``, and ``more_seeds`` in a cell ``at`` such a place."""
        more = bool(self.more_at) and all(key in at and at[key] in values for key, values in self.more_at.items())
        return range(self.first_seed, self.first_seed + self.seeds + more * self.more_seeds)

    def sample_sizes(self) -> list[int]:
        """The explicit sizes, else n_min, 2 n_min, 4 n_min, ... up to n_max."""
        if self.sizes is not None:
            return sorted(self.sizes)
        return [self.n_min << k for k in range((self.n_max // self.n_min).bit_length())]


class LauncherSettings(Frozen):
    """Where packs run; never part of a trial's identity."""

    name: str
    workers: int | None = Field(None, ge=1)

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in conf_files.options("launcher"):
            raise ValueError(f"{name!r} is not a launcher; valid: {', '.join(conf_files.options('launcher'))}")
        return name


class ExecutorSettings(LauncherSettings):
    """An executor of somebody else's; never part of a trial's identity."""

    factory: str | None = None  # module:function, or a preset


class SlurmSettings(Frozen):
    """A SLURM job array; never part of a trial's identity."""

    name: str
    partition: str | None = None
    time: int = Field(ge=1)  # minutes
    mem_gb: float | None = Field(None, gt=0)
    cpus: int = Field(ge=1)
    gpus: int = Field(ge=0)
    tasks: int | None = Field(None, ge=1)
    array_parallelism: int | None = Field(None, ge=1)
    max_array_size: int | None = Field(None, ge=1)
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    setup: list[str] = Field(default_factory=list)
    extra: list[str] = Field(default_factory=list)

    @field_validator("partition", "account", "qos", "constraint", mode="before")
    @classmethod
    def _names(cls, name: Any) -> Any:
        """An account may be called 4711."""
        return str(name) if isinstance(name, int) and not isinstance(name, bool) else name

    @field_validator("extra", mode="after")
    @classmethod
    def _options(cls, extra: list[str]) -> list[str]:
        for option in extra:
            if not re.fullmatch(r"--[a-z][a-z-]*(=.+)?", option):
                raise ValueError(f"{option!r} is no option of sbatch; valid: --name or --name=value")
        return extra

    def sbatch(self) -> dict[str, str | bool]:
        """``extra`` as submitit wants it.

        >>> SlurmSettings(name="slurm", time=1, cpus=1, gpus=0, extra=["--reservation=a", "--exclusive"]).sbatch()
        {'reservation': 'a', 'exclusive': True}
        """
        parts = (option.removeprefix("--").partition("=") for option in self.extra)
        return {name: value if sign else True for name, sign, value in parts}


def launcher_settings(tree: Any, name: str) -> dict[str, Any]:
    """The launcher's settings, validated as the launcher that they name wants them."""
    kinds: dict[str, type[Frozen]] = {"slurm": SlurmSettings, "executor": ExecutorSettings}
    kind = kinds.get(str(tree.get("name")), LauncherSettings) if isinstance(tree, dict) else LauncherSettings
    return validate(kind, tree, "launcher", name).model_dump()


def check_logger(name: str | None) -> None:
    """Raise UsageError when the logger needs a package that is not there."""
    if name == "tensorboard":
        machine.require_torch("logger=tensorboard")
    if name == "tensorboard" and find_spec("tensorboard") is None:
        raise UsageError(
            "logger=tensorboard needs the package tensorboard; install it with pip install 'mtam[tensorboard]'."
        )


def validate(kind: type[Settings], tree: Any, prefix: str, name: str) -> Settings:
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        raise UsageError(describe(error, name, prefix)) from None


def describe(error: ValidationError, name: str, prefix: str = "") -> str:
    """One sentence for the first mistake: where, what was found, what would be valid."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in ([prefix] if prefix else []) + list(first["loc"]))
    where = {"n": "sample size", "seed": "seed"}.get(where, where)
    if first["type"] == "extra_forbidden":
        return f"{where} is no setting of this problem; was the wrong data or model chosen for {name}?"
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:] if message.startswith("Input") else message
    if first["type"] == "value_error" and not where.count("."):
        return f"{message}."
    return f"{where} = {reprlib.repr(first['input'])}: {message.removeprefix('input ')}."
