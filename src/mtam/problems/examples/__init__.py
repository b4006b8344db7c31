"""Files that ``mtam new problem`` copies: problems in one file each, which import nothing but what is installed."""
