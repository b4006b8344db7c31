"""Paper A (arXiv 2602.01863): recall of a measure from a mixture, and regression on it."""
