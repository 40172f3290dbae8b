"""What surrounds the application: who may come in, and how it ends."""
