"""The ways in: HTTP, workers and the command line, and their wiring."""
