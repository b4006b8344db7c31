"""Which parameters of heads, values and layers the law of (X, Y) determines."""
