"""Files that people bring: own data, tables of an activation."""
