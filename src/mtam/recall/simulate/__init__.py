"""Measures, tags, targets, contexts."""
