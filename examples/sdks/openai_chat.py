"""OpenAI's SDK through Tollgate: the base URL and the key are all that changes.

    pip install openai
    TOLLGATE_URL=http://127.0.0.1:10000 TOLLGATE_KEY=tg-demo-acme-app python openai_chat.py
"""

import os

from openai import OpenAI

client = OpenAI(base_url=os.environ["TOLLGATE_URL"] + "/v1", api_key=os.environ["TOLLGATE_KEY"])

# The provider sees a token in the place of the address; the answer has the address again.
answer = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Repeat after me: jane.doe@example.com"}],
)
print(answer.choices[0].message.content)

# Streams are redacted and restored on the way, event by event.
stream = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Now as a stream: 203.0.113.77"}],
    stream=True,
)
for chunk in stream:
    if chunk.choices and chunk.choices[0].delta.content:
        print(chunk.choices[0].delta.content, end="", flush=True)
print()
