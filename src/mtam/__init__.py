"""mtam: a command-line laboratory for the statistics of attention."""

__version__ = "0.1.0"
