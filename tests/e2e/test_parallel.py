"""Many exchanges at once: everybody gets their own words back, and nobody else's."""

from concurrent.futures import ThreadPoolExecutor

from harness import raw
from harness.config import ACME, GLOBEX
from harness.simulator import sim


def edit(config):
    config["policies"] = [
        {
            "name": "plain",
            "redaction": {"request": {"default": "token"}, "answer": {"default": "placeholder"}},
            "cache": {"mode": "exact", "ttl": "10m", "scope": "tenant"},
        }
    ]


def ask(gateway, number):
    """One exchange with an address of its own, over a connection that is used twice; each question is asked by two."""
    text = f"write to user{number // 2}@example{number // 2}.com about é{number // 2} 😀"
    key, stream, anthropic = (ACME, GLOBEX)[number % 3 == 0], number % 5 < 2, number % 4 == 1
    body = {"model": "claude-sonnet-5" if anthropic else "gpt-4o", "max_tokens": 99, "messages": [{"role": "user", "content": text}], "stream": stream}
    path = "/v1/messages" if anthropic else "/v1/chat/completions"
    headers = {"authorization": f"Bearer {key}", "anthropic-version": "2023-06-01", **sim(delta=1 + number % 7, split=1 + number % 50)}
    with raw.Connection(gateway.address) as connection:
        for _ in range(2):
            connection.send("POST", path, headers, raw.json.dumps(body).encode())
            answer = connection.read()
            assert answer.status == 200, answer.body
            assert said(answer, anthropic, stream) == text


def said(answer, anthropic, stream):
    if not stream:
        return answer.json["content"][0]["text"] if anthropic else answer.json["choices"][0]["message"]["content"]
    events = [event for event in answer.events() if event != "[DONE]"]
    if anthropic:
        return "".join(event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta")
    return "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])


def test_everybody_gets_their_own(gateway, simulator):
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda number: ask(gateway, number), range(240)))
    seen = "".join(received.body for provider in simulator.providers.values() for received in provider.requests())
    assert "@example" not in seen
    gateway.wait_for(lambda: gateway.metric("tollgate_open_exchanges") == 0)


def test_memory_does_not_grow_with_requests(gateway):
    def burst():
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda number: ask(gateway, number), range(150)))
        return gateway.service.memory_kib(), gateway.envoy.memory_kib()

    burst()
    before, after = burst(), burst()
    assert all(late < early + 30 * 1024 for early, late in zip(before, after)), (before, after)
