"""Many runs as tables and in the formats of other tools: ``mtam export``."""
