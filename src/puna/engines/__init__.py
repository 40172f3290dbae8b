"""The programs that run models."""
