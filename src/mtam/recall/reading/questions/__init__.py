"""What single sweeps of paper A ask, beyond the open questions that one figure answers."""
