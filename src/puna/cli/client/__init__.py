"""How commands reach the native API: over the network, or within this process where no server is up."""
