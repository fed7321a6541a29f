"""Anthropic's SDK through Tollgate, asking a model that an OpenAI provider serves.

    pip install anthropic
    TOLLGATE_URL=http://127.0.0.1:10000 TOLLGATE_KEY=tg-demo-acme-app python anthropic_messages.py
"""

import os

from anthropic import Anthropic

client = Anthropic(base_url=os.environ["TOLLGATE_URL"], api_key=os.environ["TOLLGATE_KEY"])

message = client.messages.create(
    model="gpt-4o",
    max_tokens=100,
    messages=[{"role": "user", "content": "Hello in another dialect"}],
)
print(message.content[0].text)

with client.messages.stream(
    model="gpt-4o",
    max_tokens=100,
    messages=[{"role": "user", "content": "And as a stream"}],
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
print()
