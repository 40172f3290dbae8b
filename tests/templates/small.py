"""Small chat templates, each with the manners of many published ones."""

CHATML = """{%- if tools %}{{- '<|im_start|>tools\\n' }}{% for t in tools %}{{- t | tojson }}{% endfor %}{{- '<|im_end|>\\n' }}{% endif %}
{%- for m in messages %}{{- '<|im_start|>' + m.role + '\\n' + (m.content or '') }}
{%- for c in m.tool_calls or [] %}
{{- '\\n<tool_call>\\n{"name": "' + c.function.name + '", "arguments": ' + (c.function.arguments | tojson) + '}\\n</tool_call>' }}
{%- endfor %}{{- '<|im_end|>\\n' }}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}"""
"""Shows everything; calls are JSON in tags."""

STRICT = """{%- if messages[0].role == 'system' %}{{- raise_exception('System role not supported') }}{% endif %}
{%- for m in messages %}
{%- if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{- raise_exception('Conversation roles must alternate') }}{%
endif %} {{- '<start_of_turn>' + m.role + '\\n' + m.content + '<end_of_turn>\\n' }}
{%- endfor %}{%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{% endif %}"""
"""Refuses system messages, tools, and roles that do not alternate."""

FORGETFUL = """{%- if messages[0].role == 'system' %}{{- '[SYS]' + messages[0].content + '[/SYS]' }}{% endif %}
{%- if tools %}{{- '[TOOLS]' }}{% for t in tools %}{{- t | tojson }}{% endfor %}{{- '[/TOOLS]' }}{% endif %}
{%- for m in messages %}{%- if m.role == 'user' %}{{- '<|user|>' + m.content + '<|end|>' }}
{%- elif m.role == 'assistant' and m.tool_calls %}
{%- if m.tool_calls | length > 1 %}{{- raise_exception('This model only supports single tool-calls at once!') }}{%
endif %} {%- set c = m.tool_calls[0].function %}
{{- '<|assistant|>{"name": "' + c.name + '", "parameters": ' + (c.arguments | tojson) + '}<|end|>' }}
{%- elif m.role == 'assistant' %}{{- '<|assistant|>' + m.content + '<|end|>' }}
{%- elif m.role == 'tool' %}{{- '<|tool|>' + m.content + '<|end|>' }}{% endif %}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>' }}{% endif %}"""
"""Loses all system messages but the first, and text beside a call; refuses two calls; calls are bare JSON."""

TAGGED = """{%- if tools %}{{- '<|im_start|>tools\\n' }}{% for t in tools %}{{- t | tojson }}{% endfor %}{{- '<|im_end|>\\n' }}{% endif %}
{%- for m in messages %}{{- '<|im_start|>' + m.role + '\\n' }}
{%- if m.role == 'assistant' and m.reasoning_content %}{{- '<think>\\n' + m.reasoning_content + '\\n</think>\\n\\n' }}{% endif %}
{{- m.content or '' }}
{%- for c in m.tool_calls or [] %}{{- '\\n<tool_call>\\n<function=' + c.function.name + '>\\n' }}
{%- for name, value in c.function.arguments | items %}
{{- '<parameter=' + name + '>\\n' + (value if value is string else value | tojson) + '\\n</parameter>\\n' }}{% endfor %}
{{- '</function>\\n</tool_call>' }}{% endfor %}{{- '<|im_end|>\\n' }}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- if enable_thinking is not defined or enable_thinking %}
{{- '<think>\\n' }}{% else %}{{- '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif %}"""
"""Begins the thinking in the prompt; calls are tags."""

ADDRESSED = """{{- '<|head|>system\\n' }}{%- for t in tools or [] %}{{- t | tojson }}{% endfor %}{{- '<|eot_id|>' }}
{%- for m in messages %}{{- '<|head|>' + m.role + '\\n' }}{%- if m.role != 'assistant' %}{{- m.content }}{% else %}
{%- if m.content %}{{- '>>>all\\n' + m.content }}{% endif %}
{%- for c in m.tool_calls or [] %}{{- '>>>' + c.function.name + '\\n' + (c.function.arguments | tojson) }}{% endfor %}
{%- endif %}{{- '<|eot_id|>' }}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|head|>assistant\\n>>>' }}{% endif %}"""
"""Has a recipient for each message, and begins the first in the prompt."""

SMALL = {"chatml": CHATML, "strict": STRICT, "forgetful": FORGETFUL, "tagged": TAGGED}
