"""Executors by name: a factory gives a ``concurrent.futures.Executor``, or a context manager that gives one."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from mtam.base.errors import UsageError

Factory = Callable[[], AbstractContextManager[Executor]]  # an executor is a context manager that gives itself
PRESETS = {"parsl": "parsl", "dask": "distributed"}  # functions below, and the packages that they need
SAY = "launcher.factory=MODULE:FUNCTION, which gives a concurrent.futures.Executor"


def factory(text: str | None) -> Factory:
    """The function that ``module:function``, or a preset, names; a module of the working folder will do.

    Raises UsageError where there is none.
    """
    if not text:
        raise UsageError(f"--launcher executor needs {SAY}; there are: {', '.join(PRESETS)}.")
    if text in PRESETS:
        if find_spec(PRESETS[text]) is None:
            raise UsageError(f"launcher.factory={text} needs {PRESETS[text]}: pip install 'mtam[{text}]'.")
        return {"parsl": parsl, "dask": dask}[text]
    module, _, name = text.partition(":")
    if not name:
        raise UsageError(f"launcher.factory={text} is no {SAY}; there are: {', '.join(PRESETS)}.")
    if os.getcwd() not in sys.path:  # last, so that nothing installed is hidden
        sys.path.append(os.getcwd())
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"launcher.factory={text}: {error}; say {SAY}.") from None
    if not callable(found):
        raise UsageError(f"launcher.factory={text} is no function; say {SAY}.")
    made: Factory = found
    return made


@contextmanager
def parsl() -> Iterator[Executor]:
    """Parsl's pool of worker processes on this machine, one per core; its records of the run are thrown away.

    For a cluster write the same with a provider (PBSProProvider, LSFProvider, ...) in a module of your own.
    """
    pools, configs = import_module("parsl.concurrent"), import_module("parsl.config")
    htex, providers = import_module("parsl.executors"), import_module("parsl.providers")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="mtam-parsl-", ignore_cleanup_errors=True) as place:
        local = htex.HighThroughputExecutor(
            label="mtam",
            max_workers_per_node=cores,
            cores_per_worker=1,
            address="127.0.0.1",
            encrypted=False,
            provider=providers.LocalProvider(init_blocks=1, max_blocks=1),
        )
        config = configs.Config(executors=[local], run_dir=place, initialize_logging=False, strategy="none")
        with pools.ParslPoolExecutor(config=config) as pool:
            yield pool


@contextmanager
def own_programs() -> Iterator[None]:
    """Parsl starts its programs by their names; they stand beside this Python, be they on PATH or not.

    Jobs that an executor submits to SLURM inherit the path, if the cluster exports the environment.
    """
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def dask() -> Iterator[Executor]:
    """Dask's scheduler at DASK_SCHEDULER_ADDRESS; without one, worker processes on this machine, one per core."""
    distributed: Any = import_module("distributed")
    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    where = {"address": address} if address else {"threads_per_worker": 1, "dashboard_address": None}
    with distributed.Client(**where) as client, client.get_executor(pure=False, retries=0) as pool:
        yield pool
