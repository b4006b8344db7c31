"""What a person can get wrong, told in one sentence."""


class UsageError(ValueError):
    """Bad input from the user: printed as one sentence, exit code 2, no traceback."""
