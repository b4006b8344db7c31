"""What is computed rather than measured: covers, minimax risks, the Bayes curve, certificates."""
