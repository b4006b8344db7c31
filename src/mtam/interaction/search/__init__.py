"""The search for the global bottom: moment starts, multistart, tests of where it ended."""
