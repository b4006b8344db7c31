"""Figures of fits to own data."""
