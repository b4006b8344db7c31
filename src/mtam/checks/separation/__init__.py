"""Separation of tags (paper A, Assumption 2, Lemma 8, Remark 3)."""
