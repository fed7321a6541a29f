"""What clients and operators do to the cache: headers, mixed forms, shared misses, what a hit costs, purge."""

import json
import subprocess
import threading
import time

import pytest

from harness.config import ACME, GLOBEX
from harness.simulator import sim


def edit(config):
    config["policies"] = [
        {"name": "plain", "redaction": {"request": {"default": "token"}}, "cache": {"mode": "exact", "ttl": "10m"}}
    ]


def ask(request, text="hello"):
    """A question that no other test asks."""
    return [{"role": "user", "content": f"{text} of {request.node.name}"}]


def chat(gateway, messages, key=ACME, headers=None, **body):
    return gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": messages, **body}, headers, key)


def cached(answer):
    assert answer.status == 200, answer.body
    return answer.headers.get("x-tollgate-cache")


# Headers.


def test_no_cache_asks_anew_and_stores_what_is_said(gateway, request):
    messages = ask(request)
    chat(gateway, messages, headers=sim(text="old"))
    anew = chat(gateway, messages, headers={"cache-control": "no-cache", **sim(text="new")})
    assert cached(anew) == "bypass" and "new" in anew.text
    assert "new" in chat(gateway, messages).text


def test_no_store_is_served_but_leaves_nothing(gateway, request):
    messages = ask(request)
    for _ in range(2):
        assert cached(chat(gateway, messages, headers={"cache-control": "no-store"})) == "miss"
    chat(gateway, messages)
    assert cached(chat(gateway, messages, headers={"cache-control": "no-store"})) == "exact"


def test_max_age(gateway, request):
    messages = ask(request)
    chat(gateway, messages)
    assert cached(chat(gateway, messages, headers={"cache-control": "max-age=60"})) == "exact"
    gateway.wait_for(lambda: cached(chat(gateway, messages, headers={"cache-control": "max-age=0"})) == "miss", seconds=3)


def test_a_client_shortens_the_time_to_live_but_does_not_prolong_it(gateway, request):
    messages = ask(request)
    chat(gateway, messages, headers={"x-tollgate-cache-ttl": "1"})
    assert cached(chat(gateway, messages)) == "exact"
    gateway.wait_for(lambda: cached(chat(gateway, messages, headers={"x-tollgate-cache-ttl": "1"})) == "miss", seconds=4)
    chat(gateway, ask(request, "never"), headers={"x-tollgate-cache-ttl": "0"})
    assert cached(chat(gateway, ask(request, "never"))) == "miss"


def test_namespaces(gateway, request):
    messages = ask(request)
    for namespace in ("a", "b", None):
        headers = {"x-tollgate-cache-namespace": namespace} if namespace else {}
        assert [cached(chat(gateway, messages, headers=headers)) for _ in range(2)] == ["miss", "exact"]


def test_mode_off(gateway, request):
    messages = ask(request)
    chat(gateway, messages)
    off = {"x-tollgate-cache-mode": "off"}
    assert cached(chat(gateway, messages, headers=off)) == "off"


@pytest.mark.parametrize(
    ("name", "value"), [("ttl", "5m"), ("mode", "semantic"), ("namespace", "a b"), ("namespace", "x" * 200)], ids=str
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_a_header_that_means_nothing_is_refused(gateway, openai_main, path, name, value):
    body = {"model": "gpt-4o", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    answer = gateway.post(path, body, {f"x-tollgate-cache-{name}": value})
    assert answer.status == 400 and f"x-tollgate-cache-{name}" in answer.json["error"]["message"]
    assert not openai_main.requests()


def test_cache_headers_go_no_further(gateway, openai_main, request):
    headers = {"x-tollgate-cache-namespace": "secret-project", "x-tollgate-cache-ttl": "60", "x-tollgate-cache-mode": "exact"}
    chat(gateway, ask(request), headers=headers)
    assert not [name for name in openai_main.last().headers if name.startswith("x-tollgate")]


# Forms.


def test_a_stream_is_replayed_as_a_body_and_a_body_as_a_stream(gateway, oai, openai_main, request):
    for first_streams in (True, False):
        messages = ask(request, f"mail mixed@example.com {first_streams}")
        answers = []
        for stream in (first_streams, not first_streams, first_streams):
            if stream:
                with oai.chat.completions.stream(model="gpt-4o", messages=messages) as events:
                    answers.append(events.get_final_completion())
            else:
                answers.append(oai.chat.completions.create(model="gpt-4o", messages=messages))
        texts = {answer.choices[0].message.content for answer in answers}
        assert texts == {messages[0]["content"]}, "values are put back in every form"
        assert len({(answer.id, answer.created, answer.model) for answer in answers}) == 1
    assert len(openai_main.requests()) == 2
    assert "mixed@" not in "".join(received.body for received in openai_main.requests())


def test_usage_is_told_to_whoever_asks(gateway, oai, request):
    messages = ask(request)
    plain = oai.chat.completions.create(model="gpt-4o", messages=messages)
    for include in (True, False, True):
        options = {"stream_options": {"include_usage": True}} if include else {}
        chunks = list(oai.chat.completions.create(model="gpt-4o", messages=messages, stream=True, **options))
        reported = [chunk.usage for chunk in chunks if chunk.usage]
        assert reported == ([plain.usage] if include else [])
        assert chunks[-1].choices == [] if include else chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("first_streams", [True, False])
def test_messages_in_mixed_forms(gateway, ant, anthropic_main, request, first_streams):
    options = {
        "model": "claude-sonnet-5",
        "max_tokens": 99,
        "messages": ask(request),
        "tools": [{"name": "look", "input_schema": {"type": "object"}}],
        "extra_headers": sim(tool="look", arguments='{"at":"this"}', reasoning="hm"),
    }
    answers = []
    for stream in (first_streams, not first_streams):
        if stream:
            with ant.messages.stream(**options) as events:
                answers.append(events.get_final_message())
        else:
            answers.append(ant.messages.create(**options))
    first, second = (answer.model_dump(exclude={"usage"}) for answer in answers)
    assert first["content"] == second["content"] and first["id"] == second["id"]
    assert answers[0].usage.output_tokens == answers[1].usage.output_tokens
    assert len(anthropic_main.requests()) == 1


# The same request several times at once.


def together(number, work):
    results = [None] * number
    threads = [threading.Thread(target=lambda at=at: results.__setitem__(at, work(at))) for at in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("stream", [False, True])
def test_concurrent_misses_are_sent_once(gateway, openai_main, request, stream):
    messages = ask(request)
    slow = sim(delay_ms=400, text="once")
    answers = together(8, lambda at: chat(gateway, messages, headers=slow, stream=stream if at % 2 else False))
    assert all(answer.status == 200 for answer in answers)
    assert len(openai_main.requests()) == 1
    states = sorted(answer.headers.get("x-tollgate-cache") or "stream" for answer in answers)
    assert states.count("exact") == 7


def test_patience_is_longer_than_the_usual_timeout(start_gateway, openai_main, request):
    def hasty(config):
        edit(config)
        config["service"]["timeout"] = "1s"
        for provider in config["providers"]:
            provider["first_byte_timeout"] = "10s"

    gateway = start_gateway(hasty)
    messages = ask(request)
    answers = together(3, lambda _: chat(gateway, messages, headers=sim(delay_ms=2500, text="late")))
    assert sorted(cached(answer) for answer in answers) == ["exact", "exact", "miss"]
    assert len(openai_main.requests()) == 1


def test_who_waits_for_a_failure_asks_for_itself(gateway, openai_main, request):
    messages = ask(request)
    answers = together(3, lambda _: chat(gateway, messages, headers=sim(delay_ms=300, status=400, message="no")))
    assert [answer.status for answer in answers] == [400, 400, 400]
    assert len(openai_main.requests()) == 3


def test_patience_ends(start_gateway, openai_main, request):
    def impatient(config):
        edit(config)
        config["cache"] = {"coalesce": "200ms"}

    gateway = start_gateway(impatient)
    messages = ask(request)
    began = time.monotonic()
    together(2, lambda _: chat(gateway, messages, headers=sim(delay_ms=1000)))
    assert len(openai_main.requests()) == 2 and time.monotonic() - began < 2


def test_whoever_leaves_while_waiting_leaves_nothing_behind(gateway, openai_main, request):
    messages = ask(request)
    slow = sim(delay_ms=1500, text="late")
    first = threading.Thread(target=lambda: chat(gateway, messages, headers=slow))
    first.start()
    openai_main.wait_for(lambda requests: len(requests) == 1)
    body = json.dumps({"model": "gpt-4o", "messages": messages})
    waiting = subprocess.Popen(
        ["curl", "-s", "-H", f"authorization: Bearer {ACME}", "-H", "content-type: application/json", "-d", body,
         f"{gateway.url}/v1/chat/completions"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    gateway.wait_for(lambda: gateway.metric("tollgate_open_exchanges") == 2)
    waiting.kill()
    waiting.wait()
    gateway.wait_for(lambda: gateway.metric("tollgate_open_exchanges") == 1)
    first.join()
    assert cached(chat(gateway, messages)) == "exact"


# What it costs.


def test_a_hit_may_cost_a_share(start_gateway, request):
    def shared(config):
        edit(config)
        config["policies"][0]["cache"]["hit_price"] = 0.1

    gateway = start_gateway(shared)
    messages = ask(request)
    usage = sim(prompt_tokens=100, completion_tokens=50)
    first, hit = (chat(gateway, messages, headers=usage) for _ in range(2))
    # 1 and 2 USD per thousand tokens.
    assert float(first.headers["x-tollgate-cost-usd"]) == pytest.approx(0.2)
    assert float(hit.headers["x-tollgate-cost-usd"]) == pytest.approx(0.02)


def test_a_hit_costs_no_budget(start_gateway, request):
    def poor(config):
        edit(config)
        config["tenants"][0]["keys"][0]["budget"] = {"usd": 0.1}

    gateway = start_gateway(poor)
    messages = ask(request)
    usage = sim(prompt_tokens=20, completion_tokens=5)
    assert cached(chat(gateway, messages, headers=usage, max_tokens=20)) == "miss"
    for _ in range(10):
        assert cached(chat(gateway, messages, headers=usage, max_tokens=20)) == "exact"
    # Its 0.03 USD are all that was spent: there is room for one more, and no room for all that the hits would have cost.
    assert cached(chat(gateway, ask(request, "again"), headers=usage, max_tokens=10)) == "miss"


def test_tool_calls_are_kept_only_where_the_policy_says_so(start_gateway, request):
    def without(config):
        edit(config)
        config["policies"][0]["cache"]["tool_calls"] = False

    gateway = start_gateway(without)
    messages = ask(request)
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    for stream in (False, True):
        for _ in range(2):
            answer = chat(gateway, messages, headers=sim(tool="f", arguments="{}"), tools=tools, stream=stream)
            assert answer.headers.get("x-tollgate-cache", "miss") == "miss"
        chat(gateway, ask(request, f"text {stream}"), tools=tools, stream=stream)
        hit = chat(gateway, ask(request, f"text {stream}"), tools=tools, stream=stream)
        assert hit.headers["x-tollgate-cache"] == "exact"


# Purge.


def test_purge(gateway, request):
    messages = ask(request)

    def stored():
        """Who still has an answer: asked in a way that leaves nothing."""
        found = {}
        for name, key, model, namespace in (
            ("acme", ACME, "gpt-4o", None),
            ("mini", ACME, "gpt-4o-mini", None),
            ("named", ACME, "gpt-4o", "n"),
            ("globex", GLOBEX, "gpt-4o", None),
        ):
            headers = {"x-tollgate-cache-namespace": namespace} if namespace else {}
            answer = chat(gateway, messages, key=key, headers=headers, model=model)
            found[name] = answer.headers
        return {name for name, headers in found.items() if headers["x-tollgate-cache"] == "exact"}, found

    everybody = {"acme", "mini", "named", "globex"}
    stored()
    assert stored()[0] == everybody
    key = stored()[1]["globex"]["x-tollgate-cache-key"]
    for arguments, gone in (
        (["--tenant", "acme", "--model", "gpt-4o-mini"], {"mini"}),
        (["--namespace", "n"], {"named"}),
        (["--key", key], {"globex"}),
        (["--tenant", "globex"], {"globex"}),
        (["--model", "gpt-4o", "--tenant", "acme"], {"acme", "named"}),
        (["--all"], everybody),
    ):
        done = gateway.purge(*arguments)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["dropped"] >= len(gone)
        assert stored()[0] == everybody - gone, arguments
        assert stored()[0] == everybody


def test_a_purge_must_say_what(gateway):
    done = gateway.purge()
    assert done.returncode == 1 and "--tenant" in done.stderr
    done = gateway.purge("--key", "zz")
    assert done.returncode == 1 and "hexadecimal" in done.stderr
    size = gateway.command("cache", "size", "--admin", gateway.admin)
    assert set(json.loads(size.stdout)) == {"entries", "bytes", "with_words"}
