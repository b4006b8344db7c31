"""The model g(x, y) = phi(x' A y): splines, low-rank factors, kernels over pairs of tokens."""
