"""The factor ln M between the upper and the lower bound of paper B."""
