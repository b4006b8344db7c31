"""Training of (phi, A) by gradients, in the class of the empirical risk minimiser."""
