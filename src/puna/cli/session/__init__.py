"""A conversation at a terminal: `puna run` without a prompt."""
