"""Code of the user's own that settings may name."""
