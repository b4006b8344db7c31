"""Run a command with the numerical libraries held to the code that they have for processors without AVX-512.

    python scripts/other_kernel.py COMMAND ...

Sums come out in other last bits there, and the last rows of a matrix product otherwise than those before them. Compiled
kernels are those of the plainest processor of the kind, kept in a folder of their own. Only for x86-64: elsewhere the
libraries have hardly any choice, and the command runs as it is. Variables that are set already stay as they are:
OPENBLAS_CORETYPE=Zen takes that.
"""

import os
import platform
import sys
from pathlib import Path

import numpy as np

PLAIN = {
    "OPENBLAS_CORETYPE": "Haswell",  # numpy's and scipy's
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",  # torch's
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "NUMBA_CPU_NAME": "generic",
}


def environment(machine: str) -> dict[str, str]:
    """The variables for a processor of this kind, as ``platform.machine`` names it."""
    if machine.lower() not in ("x86_64", "amd64"):
        return {}
    cache = {"NUMBA_CACHE_DIR": str(Path(sys.prefix) / "numba-generic")}
    return PLAIN | cache | {"NPY_DISABLE_CPU_FEATURES": " ".join(wide())}


def wide() -> list[str]:
    """The features beyond AVX2 for which this numpy has code of its own; it warns of any other."""
    told = np.show_config(mode="dicts")
    extensions = told["SIMD Extensions"]
    names = [*extensions.get("found", []), *extensions.get("not found", [])]
    return [name for name in names if name.startswith("AVX512") or name == "X86_V4"]


def main() -> None:
    """Become the command."""
    if len(sys.argv) < 2:
        sys.exit("usage: python scripts/other_kernel.py COMMAND ...")
    chosen = {name: os.environ.get(name, value) for name, value in environment(platform.machine()).items()}
    print(" ".join(f"{name}={value!r}" for name, value in chosen.items()) or "as it is", file=sys.stderr, flush=True)
    os.execvpe(sys.argv[1], sys.argv[1:], os.environ | chosen)


if __name__ == "__main__":
    main()
