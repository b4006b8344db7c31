"""The command line: parse, call, print."""

from mtam.cli.main import main

__all__ = ["main"]
