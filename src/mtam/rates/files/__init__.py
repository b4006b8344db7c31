"""Tables of curves that people bring."""
