"""The command line: parse, call, print."""

from mtam.cli.entry_point import main

__all__ = ["main"]
