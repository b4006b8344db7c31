"""The runs in a folder, a line each."""
