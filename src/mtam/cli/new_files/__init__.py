"""Commands that write a beginning of one's own."""
