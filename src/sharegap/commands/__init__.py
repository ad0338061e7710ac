"""The command line: one module per command; a user's mistake is one line."""
