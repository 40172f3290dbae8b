"""The wire formats. Each dialect is a folder: it parses bodies into the core's requests and renders events."""
