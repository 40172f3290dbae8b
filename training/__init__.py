"""How the bundled model `tiny` is made, from nothing: text, tokenizer, training, export, evaluation."""
