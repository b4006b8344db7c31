"""The lower bound by Fano's inequality (paper B, Theorem 4.4)."""
