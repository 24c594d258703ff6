"""The practice world: providers, mailboxes and people on loopback, for rehearsals, tests and a new user."""
