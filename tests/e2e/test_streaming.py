"""Streams flow chunk by chunk, whatever the provider's writes cut in two, compressed or not; a cut stream is seen as cut."""

import time

import anthropic
import httpx2
import openai
import pytest

from harness import raw
from harness.config import ACME
from harness.simulator import sim

HELLO = [{"role": "user", "content": "héllo wörld 😀 " * 5}]
TEXT = HELLO[0]["content"]


def edit(config):
    """Everything on, so that the streams pass through all of the policy."""
    config["policies"] = [
        {
            "name": "plain",
            "redaction": {"request": {"default": "token"}, "answer": {"default": "placeholder"}},
            "cache": "off",
        }
    ]


def text_of(stream):
    return "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)


@pytest.mark.parametrize(
    "script",
    [{"split": 1}, {"split": 2}, {"split": 3}, {"split": 7}, {"split": 64, "chunk_ms": 1}, {"delta": 1}, {"ascii": True, "split": 5}, {"crlf": True, "split": 3},
     {"comments": True}, {"framing": "close"}],
    ids=str,
)  # fmt: skip
def test_any_chunking(oai, ant, script):
    stream = oai.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True, extra_headers=sim(**script))
    assert text_of(stream) == TEXT
    with ant.messages.stream(model="claude-sonnet-5", max_tokens=99, messages=HELLO, extra_headers=sim(**script)) as stream:
        assert stream.get_final_text() == TEXT


@pytest.mark.parametrize("script", [{"encoding": "gzip"}, {"encoding": "gzip", "split": 3}, {"encoding": "br", "split": 5}, {"encoding": "zstd", "split": 5}], ids=str)
def test_compressed_answers(oai, ant, anthropic_main, script):
    """Through a lane they are decoded and read by policy; directly nobody asked for them, so they are refused, not passed unread."""
    stream = oai.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True, extra_headers=sim(**script))
    assert text_of(stream) == TEXT
    headers = sim(**script, text="mail jane@example.com")
    answer = oai.chat.completions.create(model="gpt-4o", messages=HELLO, extra_headers=headers)
    assert "jane@example.com" not in answer.choices[0].message.content
    for stream in (False, True):
        with pytest.raises(anthropic.APIStatusError) as caught:
            ant.with_options(max_retries=0).messages.create(
                model="claude-sonnet-5", max_tokens=99, messages=HELLO, stream=stream, extra_headers=headers
            )
        assert caught.value.status_code == 502 and caught.value.body["error"]["message"]
        assert "accept-encoding" not in anthropic_main.last().headers


def test_chunks_arrive_when_they_are_sent(gateway):
    """Nothing holds a stream back to its end."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "one two three four five six"}], "stream": True}
    with raw.Connection(gateway.address) as connection:
        start = time.monotonic()
        headers = {"authorization": f"Bearer {ACME}", "content-type": "application/json", **sim(chunk_ms=100, delta=4)}
        connection.send("POST", "/v1/chat/completions", headers, raw.json.dumps(body).encode())
        answer = connection.head()
        times = []
        while connection.piece(answer) is not None:
            times.append(time.monotonic() - start)
    assert answer.status == 200 and len(times) >= 5
    assert times[1] < 0.5, times
    assert times[-1] - times[0] > 0.4, times


def test_usage_is_passed_on_only_to_who_asked(oai):
    for options, expected in (({"include_usage": True}, 13), ({"include_usage": False}, None), (None, None)):
        extra = {"stream_options": options} if options else {}
        stream = oai.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True, **extra, extra_headers=sim(completion_tokens=13))
        usages = [chunk.usage for chunk in stream]
        assert (usages[-1] and usages[-1].completion_tokens) == expected
        assert all(usage is None for usage in usages[:-1])


def test_a_stream_that_breaks_is_seen_as_broken(gateway):
    client = gateway.openai(max_retries=0)
    for script in ({"close_after": 700}, {"reset_after": 700}):
        stream = client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True, extra_headers=sim(**script))
        with pytest.raises((openai.APIError, httpx2.HTTPError)):
            list(stream)


def test_a_stream_that_falls_silent_ends(start_gateway):
    def edit_idle(config):
        edit(config)
        for provider in config["providers"]:
            provider["idle_timeout"] = "1s"

    gateway = start_gateway(edit_idle)
    start = time.monotonic()
    answer = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO, "stream": True}, sim(hang_after=700))
    assert time.monotonic() - start < 5
    assert answer.cut or "error" in answer.text.splitlines()[-2]
