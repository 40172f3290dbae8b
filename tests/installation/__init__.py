"""A wheel of Puna in empty environments: `make test-install`."""
