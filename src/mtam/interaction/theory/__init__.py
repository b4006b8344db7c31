"""What is computed rather than measured: forecasts, coercivity, lower bounds, the exact regime."""
