"""Clients as their users have them, on a real server: `make test-clients`, and the table of docs/clients.md."""
