"""Reading a message that came in: its bytes are a stranger's, so that it is done in a child process with limits."""
