"""One module a command; each has `register(commands)` and imports its heavy parts inside the command."""
