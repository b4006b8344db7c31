"""Identifiability of heads, values and layers: the rank of the Fisher matrix against the gauge that theory counts."""
