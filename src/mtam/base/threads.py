"""One thread per process, set before the numerical libraries load.

Sums come out in other bits when a library shares them among two threads, so the number of threads is no choice of the
environment: one, in workers and in the process of the command alike. Two processes of two threads each on two cores
were measured twenty times slower than one thread each; more cores are used by more processes.
"""

import os

VARIABLES = (
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)  # fmt: skip
STRONGER = ("MKL_DOMAIN_NUM_THREADS",)  # would count before those above


def one_thread() -> None:
    """Hold the numerical libraries to one thread, whatever the environment says."""
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    for name in STRONGER:
        os.environ.pop(name, None)
