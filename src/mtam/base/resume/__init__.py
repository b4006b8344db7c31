"""Work that was killed goes on where it was."""
