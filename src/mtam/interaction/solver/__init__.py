"""Variable projection, Gauss-Newton curvature, Levenberg-Marquardt, sums over rows."""
