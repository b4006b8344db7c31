"""One thread per process, set before the numerical libraries load."""

import os

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def one_thread(*, force: bool = False) -> None:
    """Hold the numerical libraries to one thread, unless the environment already says otherwise (or under ``force``).

    Two processes of two threads each on two cores were measured twenty times slower than one thread each.
    """
    for name in VARIABLES:
        if force or name not in os.environ:
            os.environ[name] = "1"
