"""Laws fitted to curves: slopes, floors, the free exponent, weights, seeds that lack sizes."""
