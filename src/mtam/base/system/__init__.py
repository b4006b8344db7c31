"""The system at hand: what the machine gives, and the standard streams."""
