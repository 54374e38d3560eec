"""The commands: arguments in, one call, exit code out."""
