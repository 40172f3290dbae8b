"""What is seen of the server from outside: logs and numbers."""
