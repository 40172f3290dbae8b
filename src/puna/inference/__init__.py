"""From a request of a dialect to an answer of an engine, whatever becomes of the engine."""
