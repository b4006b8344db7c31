"""What the numbers of interaction sweeps mean: typed tables for paper B."""
