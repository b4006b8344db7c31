"""The command line: parse, call, print."""

from mtam.cli.entry import main

__all__ = ["main"]
