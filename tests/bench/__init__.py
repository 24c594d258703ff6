"""Speed, always as a ratio to a floor measured in the same run. `make bench`, or `make bench ONLY=name`."""
