"""The core: plain typed data that every dialect and every engine shares. No I/O, no framework."""
