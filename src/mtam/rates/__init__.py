"""Learning curves: laws, fits, intervals. Knows neither paper."""
