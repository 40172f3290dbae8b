"""Pictures from words, with Hugging Face's diffusers in a process of its own.

Only that process imports torch and diffusers, which come with Puna's extra `images`.
"""
