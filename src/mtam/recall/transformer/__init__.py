"""The network, its kernels, its reference."""
