"""The numbered statements of both papers, with explicit constants where they have any."""
