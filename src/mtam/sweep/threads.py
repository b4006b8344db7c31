"""One thread per process, set before the numerical libraries load."""

import os

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def one_thread() -> None:
    """Hold the numerical libraries to one thread, unless the environment already says otherwise.

    Two processes of two threads each on two cores were measured twenty times slower than one thread each.
    """
    for name in VARIABLES:
        os.environ.setdefault(name, "1")
