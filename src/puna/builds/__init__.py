"""Engines that were built on this machine: which there are, which is used, and how one is made."""
