"""Statements of the papers computed directly: settings in, a finding out."""
