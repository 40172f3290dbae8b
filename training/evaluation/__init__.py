"""The written evaluation of `tiny`: prompts whose fillers, tools and wordings never occur in training."""
