"""The face in Python: sweeps, runs and rates as objects and data frames."""
