"""Statements of the papers computed directly, one folder or file each."""
