"""The tokens j over which phi(X_i^T A X_j) is averaged for token i. Nothing heavy is imported here."""

from typing import Literal

Partners = Literal["others", "earlier", "all", "earlier_and_self"]

FLAGS: dict[str, tuple[bool, bool]] = {  # whether only j <= i, whether j = i
    "others": (False, False),
    "earlier": (True, False),
    "all": (False, True),
    "earlier_and_self": (True, True),
}
NAMES = {flags: name for name, flags in FLAGS.items()}
