"""The web: HTTP in, HTML out. Parses, calls a service, renders; decides nothing."""
