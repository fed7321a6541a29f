"""A client that leaves: the provider is let go, and what was streamed until then is paid."""

import pytest

from harness import raw
from harness.config import hashed, named
from harness.simulator import sim

HELLO = [{"role": "user", "content": "hello world"}]
KEYS = {"stream": 2.0, "plain": 0.25, "messages": 2.0}


def key_of(name):
    return f"tg-leaving-{name}-0123456789abcdef"


def edit(config):
    acme = named(config["tenants"], "acme")
    acme["keys"] += [{"name": name, "hash": hashed(key_of(name)), "budget": {"usd": usd}} for name, usd in KEYS.items()]


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    "path, model, key, provider", [("/v1/chat/completions", "gpt-4o", "stream", "openai-main"), ("/v1/messages", "claude-sonnet-5", "messages", "anthropic-main")]
)
def test_mid_stream(gateway, simulator, path, model, key, provider, reset):
    cost = gateway.metric("tollgate_cost_usd_total")
    body = {"model": model, "messages": HELLO, "max_tokens": 200, "stream": True}
    headers = {"authorization": f"Bearer {key_of(key)}", "anthropic-version": "2023-06-01", **sim(text="hello " * 200, delta=6, chunk_ms=10)}
    with raw.Connection(gateway.address) as connection:
        connection.send("POST", path, headers, raw.json.dumps(body).encode())
        answer = connection.head()
        assert answer.status == 200
        while answer.text.count("hello ") < 20:
            assert connection.piece(answer) is not None
        connection.close(reset=reset)
    simulator[provider].wait_for(lambda requests: requests and requests[-1].outcome == "client_left")
    # About twenty to sixty tokens at 0.002 USD and the prompt: neither nothing nor all of it.
    gateway.wait_for(lambda: gateway.metric("tollgate_cost_usd_total") > cost)
    assert 0.03 < gateway.metric("tollgate_cost_usd_total") - cost < 0.35
    gateway.wait_for(lambda: gateway.metric("tollgate_open_exchanges") == 0)
    # The rest of the reservation is free again: a request that needs most of the budget passes.
    answer = gateway.post(path, {**body, "max_tokens": 600, "stream": False}, {"anthropic-version": "2023-06-01", **sim(prompt_tokens=9, completion_tokens=1)}, key_of(key))
    assert answer.status == 200, answer.body


def test_before_the_answer(gateway, openai_main):
    """What the provider has not begun to answer costs nothing known, and the reservation does not stay."""
    headers = {"authorization": f"Bearer {key_of('plain')}", **sim(hang=True)}
    body = {"model": "gpt-4o", "messages": HELLO, "max_tokens": 100}
    with raw.Connection(gateway.address) as connection:
        connection.send("POST", "/v1/chat/completions", headers, raw.json.dumps(body).encode())
        openai_main.wait_for(lambda requests: requests)
        connection.close()
    openai_main.wait_for(lambda requests: requests[-1].outcome == "client_left")
    gateway.wait_for(lambda: gateway.metric("tollgate_open_exchanges") == 0)
    answer = gateway.post("/v1/chat/completions", body, sim(prompt_tokens=9, completion_tokens=1), key_of("plain"))
    assert answer.status == 200, answer.body


def test_many_leave_at_once(gateway, openai_main):
    """Nothing leaks: every exchange ends."""
    for _ in range(30):
        headers = {"authorization": f"Bearer {key_of('stream')}", **sim(text="hello " * 50, chunk_ms=20)}
        with raw.Connection(gateway.address) as connection:
            body = {"model": "gpt-4o", "messages": HELLO, "max_tokens": 1, "stream": True}
            connection.send("POST", "/v1/chat/completions", headers, raw.json.dumps(body).encode())
    gateway.wait_for(lambda: gateway.metric("tollgate_open_exchanges") == 0)
