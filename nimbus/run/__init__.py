"""`make run`: one command that prepares, starts, watches and stops everything."""
