"""The examples that `mtam new problem` copies."""
