"""What `make bench` runs: Puna against its own engine, in one process run, as ratios."""
