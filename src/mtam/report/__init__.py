"""Tables and figures, built from records alone."""
