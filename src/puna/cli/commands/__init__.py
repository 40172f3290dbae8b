"""The commands, one module each for those that belong together. A module is imported when its command is called."""
