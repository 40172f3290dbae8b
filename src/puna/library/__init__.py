"""The models on disk: their names, the store that holds them, how they are made, pulled and pushed."""
