"""Truths, tokens and noise of simulated data, and errors against the truth."""
