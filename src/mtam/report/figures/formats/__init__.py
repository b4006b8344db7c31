"""Pictures and single panels in the formats of files."""
