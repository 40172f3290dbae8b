"""Chat templates that say nothing of a format."""

BARE = (
    "{% for message in messages %}{% if not loop.first and message.role != 'assistant' %}{{ '\\n\\n' }}{% endif %}"
    "{{ message.content }}{% endfor %}"
)
"""The prompt of a model without a template, in Jinja: the texts of all messages as they are, a blank line before each
but an answer, which the model wrote right behind what it answers."""
