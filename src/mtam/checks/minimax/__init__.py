"""The exact minimax risk of the recall-given problem, and what it says of paper A's law."""
