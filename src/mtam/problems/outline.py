"""What a problem's file declares, read from its text without running it: for completion, which must run nothing."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST = 2**20  # bytes of a file that is looked at while a person waits for the Tab key


@dataclass(frozen=True)
class Outline:
    """Names, as far as they stand in the text itself."""

    data: tuple[str, ...] = ()  # settings
    estimators: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # their settings by name
    sweeps: tuple[str, ...] = ()  # beside the one that has the problem's own name

    def keys(self, models: Sequence[str] = ()) -> list[str]:
        """The settings of data and of the estimators, or of some of them."""
        chosen = [name for name in models if name in self.estimators] or list(self.estimators)
        own = {f"model.{key}" for name in chosen for key in self.estimators[name]}
        return sorted({f"data.{key}" for key in self.data} | own)


def outline(path: Path) -> Outline | None:
    """The outline of a file; None for one that is no Python file or declares no problem."""
    try:
        if path.stat().st_size > MOST:
            return None
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return None
    call = next(
        (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) == "OwnProblem"), None
    )
    if call is None:
        return None
    given = {each.arg: each.value for each in call.keywords if each.arg}
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return Outline(
        data=_settings(classes, _name(given.get("data"))),
        estimators={name: _settings(classes, _name(kind)) for name, kind in _items(given.get("estimators"))},
        sweeps=tuple(name for name, _ in _items(given.get("sweeps"))),
    )


def _name(node: ast.AST | None) -> str:
    """The last part of a dotted name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _items(node: ast.AST | None) -> list[tuple[str, ast.AST]]:
    """The items of a dict that stands in the text, by their texts."""
    if not isinstance(node, ast.Dict):
        return []
    pairs = zip(node.keys, node.values, strict=True)
    return [(key.value, value) for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)]


def _settings(classes: Mapping[str, ast.ClassDef], name: str, deep: int = 10) -> tuple[str, ...]:
    """The fields of a class with types, those of the classes above it in the same file included."""
    if name not in classes or not deep:
        return ()
    above = [key for base in classes[name].bases for key in _settings(classes, _name(base), deep - 1)]
    own = [
        node.target.id
        for node in classes[name].body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if not ast.unparse(node.annotation).startswith("ClassVar")
    ]
    return tuple(dict.fromkeys([*above, *own]))
