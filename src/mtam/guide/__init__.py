"""The guide: pages that ship with the program."""
