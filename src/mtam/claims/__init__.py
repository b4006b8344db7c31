"""Statements of the papers, each with the run it lives in and the way it is judged."""
