"""Plan, store, launch: everything between a sweep's configuration and its records. Knows no mathematics."""
