"""Puna inside a Python program: the clients that people know, on a server in the same process."""
