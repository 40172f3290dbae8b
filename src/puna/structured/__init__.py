"""JSON of a given form: what a JSON Schema says, whether an answer fits it, and what to do where it does not."""
