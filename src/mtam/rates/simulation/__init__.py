"""Simulated curves: calibration of intervals and decisions, power."""
