"""File formats: the headers and contents of GGUF and safetensors files."""
