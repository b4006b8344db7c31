"""Files that a person begins with: a problem with its test, a notebook."""
