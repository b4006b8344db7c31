"""Every number that a table, a claim, a figure or a user may ask of a run."""
