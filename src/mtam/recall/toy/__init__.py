"""The toy experiment of the paper (Appendix D)."""
