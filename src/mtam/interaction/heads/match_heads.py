"""Which fitted head is which: heads are known up to their order, and each up to scale and sign of A."""

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


def cosines(u: Array, v: Array, left: Array, right: Array) -> Array:
    """|<A_g, B_h>| / (|A_g| |B_h|) of A_g = u_g v_g^T and B_h = left_h right_h^T  # (G, d, r), (H, d, s) -> (G, H)."""

    def inner(a: Array, b: Array, c: Array, e: Array) -> Array:
        return np.asarray(np.einsum("gda,hdb,gea,heb->gh", a, c, b, e, optimize=True))

    sizes = [np.sqrt(np.diag(inner(a, b, a, b))) for a, b in ((u, v), (left, right))]
    return np.asarray(np.abs(inner(u, v, left, right)) / np.outer(*sizes))


def matching(alike: Array) -> tuple[Index, Index]:
    """The pairs of one-to-one partners whose likeness adds up to the most  # (G, H) -> min(G, H) rows and columns.

    The assignment problem, solved exactly (Crouse 2016, IEEE Trans. Aerosp. Electron. Syst. 52).
    """
    rows, columns = linear_sum_assignment(-alike)
    return np.asarray(rows, dtype=np.intp), np.asarray(columns, dtype=np.intp)
