"""What a fit leaves over: its quantiles, its structure, and which responses weigh how much."""
