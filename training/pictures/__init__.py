"""The pictures that `tiny-image` learns from, its training and its examination: `make tiny-image`."""
