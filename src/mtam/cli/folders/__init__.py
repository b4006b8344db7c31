"""Commands that take the folder of a run."""
