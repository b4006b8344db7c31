"""Coercivity (paper B, Lemma 3.4)."""
