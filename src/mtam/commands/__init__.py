"""What the commands do after parsing; one module per kind of command, each imported when it is called."""
