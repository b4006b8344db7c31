"""Paper B (arXiv 2510.11789): learning pairwise interactions of tokens."""
