"""What the numbers of recall sweeps mean: typed tables and answers for paper A."""
