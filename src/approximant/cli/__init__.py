"""The command line: every command parses, calls the library once, and prints."""

from approximant.cli._main import main

__all__ = ["main"]
