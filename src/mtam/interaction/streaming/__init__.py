"""Samples that are drawn block by block and never kept, and the sums over them that an estimator needs."""
