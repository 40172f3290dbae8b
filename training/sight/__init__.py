"""What makes `tiny` see: pictures that code draws, the tower that looks at them, and what it tells the language model."""
