"""Commands as functions: run, report, judge, check, fit laws, reproduce."""
