"""What a file must not be able to do to its reader."""

from typing import Any


class Bomb:
    """Unpickled, it would raise SystemExit, which nothing here catches."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('executed')",))
