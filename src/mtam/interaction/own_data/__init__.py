"""Fits to data whose truth is not known, and what may be said of them."""
