"""Softmax, sigmoid and ReLU attention beside a sink (paper B: extreme tokens, no activation is best)."""
