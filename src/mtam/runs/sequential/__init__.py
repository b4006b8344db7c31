"""Seeds where they decide: runs go on, look by look, until their claims are decided or the time is spent."""
