"""The interface of a problem, and the problems by name."""
