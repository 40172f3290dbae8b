"""Programs of others, started so that they use this server."""
