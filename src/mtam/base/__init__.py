"""What every room uses: specifications, streams, typed tables, findings, errors, configuration files."""
