"""What a run and its claims say on one screen."""
