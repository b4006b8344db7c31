"""Renderers of typed tables and answers: the same cells on the terminal, in CSV, in JSON and on the page."""
