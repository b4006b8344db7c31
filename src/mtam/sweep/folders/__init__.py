"""Which folders hold runs."""
