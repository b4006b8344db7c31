"""Responses of several components: amplitude functions of their own, one matrix."""
