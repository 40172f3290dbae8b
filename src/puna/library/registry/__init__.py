"""Pulling models from, and pushing them to, a registry: Ollama's, Hugging Face's, or anyone's.

The protocol is the container registries' (github.com/opencontainers/distribution-spec).
"""

from puna.library.registry.pull import pull
from puna.library.registry.push import push

__all__ = ["pull", "push"]
