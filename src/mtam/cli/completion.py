"""Shell completion: names of sweeps and checks, groups and keys, answered before the command line itself is built.

Typer completes commands and options; converting a command's words there would load pydantic, which alone takes longer
than a person wants to wait for the Tab key.
"""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mtam.base import conf_files

VARIABLE = "_MTAM_COMPLETE"


def answer() -> bool:
    """Print the completions of the word at the cursor; False when it is not a sweep, a group or a key."""
    shell = os.environ.get(VARIABLE, "").removeprefix("complete_")
    if shell not in ("bash", "zsh", "fish"):
        return False
    before, word = _line(shell)
    found = candidates(before, word)
    if found is None:
        return False
    if shell == "fish" and os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        sys.exit(0 if found else 1)
    if shell == "zsh":
        inside = "\n".join(f'"{text}"' for text in found)
        print(f"_arguments '*: :(({inside}))'" if found else "_files")
    else:
        print("\n".join(found))
    return True


def _line(shell: str) -> tuple[list[str], str]:
    """The words before the cursor and the word at it; in bash ``model=so`` arrives as three words."""
    if shell == "bash":
        words, at = os.environ.get("COMP_WORDS", "").split(), int(os.environ.get("COMP_CWORD") or 0)
        word = words[at] if at < len(words) else ""
        return words[1:at], word
    text = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = text.split()[1:]
    return (words, "") if text.endswith(" ") or not words else (words[:-1], words[-1])


def candidates(before: Sequence[str], word: str) -> list[str] | None:
    """What may stand at the cursor, or None when that is for Typer to say.

    >>> candidates(["sweep"], "al")
    ['alpha']
    """
    path = [part for part in before if not part.startswith("-")]
    if path[:1] == ["config"]:
        path = path[1:]
    if word.startswith("-") or (before and before[-1].startswith("--") and "=" not in before[-1]):
        return None
    if path[:1] == ["sweep"] and len(path) == 1:
        return [name for name in conf_files.options("sweep") if name.startswith(word)] + _files(word)
    if path[:1] == ["sweep"] and path[1].endswith(".py"):
        return _of_file(path, word)
    if path[:1] == ["sweep"]:
        return _setting(path, word, f"sweep/{path[1]}" if path[1] in conf_files.options("sweep") else "sweep/alpha")
    if path[:1] == ["check"] and len(path) == 1:
        return [name for name in (*conf_files.options("check"), "all") if name.startswith(word)]
    if path[:1] == ["check"]:
        return _setting(path, word, f"check/{path[1]}") if path[1] in conf_files.options("check") else []
    if path[:1] == ["fit-ips"]:
        return _setting(path, word, "fit_ips")
    return None


def _files(word: str) -> list[str]:
    """Python files and folders that begin so, where a person has begun to write one."""
    folder, _, start = word.rpartition("/")
    try:
        found = sorted(Path(folder or ".").expanduser().iterdir()) if word else []
    except OSError:
        return []
    shown = [path for path in found if path.name.startswith(start) and not path.name.startswith(".")]
    place = f"{folder}/" if folder else ""
    return [f"{place}{path.name}{'/' * path.is_dir()}" for path in shown if path.is_dir() or path.suffix == ".py"]


def _of_file(path: Sequence[str], word: str) -> list[str]:
    """Groups and keys of the problem in a file, which is read and not run."""
    from mtam.problems.outline import outline

    found = outline(Path(path[1]).expanduser())
    if found is None:
        return []
    group, sign, start = word.partition("=")
    split = path[-1] if word == "=" else path[-2] if path[-1] == "=" else ""  # bash
    options = {"model": list(found.estimators)} | {name: conf_files.options(name) for name in ("launcher", "logger")}
    if split in options:
        return [option for option in options[split] if option.startswith(word.lstrip("="))]
    if sign and group in options:
        return [f"{group}={option}" for option in options[group] if option.startswith(start)]
    chosen = re.findall(r"\bmodel ?= ?(\S+)", " ".join(path))
    models = chosen[-1].split(",") if chosen else []
    sweep = [f"sweep.{key}" for key in ("sizes", "n_min", "n_max", "seeds", "first_seed")]
    return [f"{key}=" for key in sorted([*options, *found.keys(models), *sweep]) if key.startswith(word)]


def _setting(path: Sequence[str], word: str, file: str) -> list[str]:
    group, sign, start = word.partition("=")
    if sign and group in conf_files.GROUPS:
        return [f"{group}={option}" for option in conf_files.options(group) if option.startswith(start)]
    split = path[-1] if word == "=" else path[-2] if path[-1] == "=" else ""  # bash
    if split in conf_files.GROUPS:
        return [option for option in conf_files.options(split) if option.startswith(word.lstrip("="))]
    chosen = re.findall(r"\bmodel ?= ?(\S+)", " ".join(path))  # bash takes the sign for a word of its own
    models = chosen[-1].split(",") if chosen else []
    return [f"{key}=" for key in conf_files.keys(file, chosen=models) if key.startswith(word)]
