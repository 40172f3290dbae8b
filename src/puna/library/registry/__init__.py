"""Pulling models from, and pushing them to, a registry: Ollama's, Hugging Face's, or anyone's.

The protocol is the container registries' (github.com/opencontainers/distribution-spec). `pull` and `push` are modules
of their own, which take a tenth of a second and 13 MB to import: few servers ever need them.
"""
