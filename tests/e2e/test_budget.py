"""Budgets are reserved before a provider is asked and settled after: no number of parallel requests gets more than was paid for."""

from concurrent.futures import ThreadPoolExecutor

import anthropic
import openai
import pytest

from harness.config import GLOBEX, hashed, named
from harness.simulator import sim

HELLO = [{"role": "user", "content": "hello world"}]

# In the tests' prices a thousand input tokens are one USD, a thousand output tokens two.
KEYS = {
    # "hello world" is nine tokens and max_tokens=100 may cost 0.2 USD: each of these pays for so many at once.
    "one": 0.25,
    "three": 0.65,
    "small": 0.05,
    "steps": 1.0,
    "lost": 0.35,
    "stream": 1.0,
    "anthropic": 0.25,
    "cached": 0.7,
}


def key_of(name):
    return f"tg-budget-{name}-0123456789abcdef"


def edit(config):
    config["policies"].append({"name": "caching", "redaction": "off", "cache": {"mode": "exact", "ttl": "10m", "scope": "tenant"}})
    config["policies"].append({"name": "limited", "redaction": "off", "cache": "off", "limits": {"requests_per_minute": 3}})
    config["policies"].append({"name": "tokens", "redaction": "off", "cache": "off", "limits": {"tokens_per_minute": 300}})
    acme = named(config["tenants"], "acme")
    acme["keys"] += [
        {"name": name, "hash": hashed(key_of(name)), "budget": {"usd": usd, "window": "1d"}} for name, usd in KEYS.items() if name != "cached"
    ]
    config["tenants"] += [
        {"name": "cacher", "policy": "caching", "keys": [{"name": "k", "hash": hashed(key_of("cached")), "budget": {"usd": KEYS["cached"]}}]},
        {"name": "limited", "policy": "limited", "keys": [{"name": "k", "hash": hashed(key_of("limited"))}]},
        {"name": "tokens", "policy": "tokens", "keys": [{"name": "k", "hash": hashed(key_of("tokens"))}]},
        {
            "name": "shared",
            "policy": "plain",
            "budget": {"usd": 0.25},
            "keys": [{"name": name, "hash": hashed(key_of(f"shared-{name}"))} for name in ("a", "b")],
        },
    ]


def chat(gateway, key, headers=None, **body):
    return gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO, "max_tokens": 100, **body}, headers, key_of(key))


@pytest.mark.parametrize("key, paid", [("one", 1), ("three", 3)])
def test_a_hundred_at_once(gateway, openai_main, key, paid):
    """All reservations stand at the same time, since every answer comes late and costs all that was reserved."""
    script = sim(delay_ms=1500, prompt_tokens=9, completion_tokens=100)
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: chat(gateway, key, script), range(100)))
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200] * paid + [429] * (100 - paid)
    assert len(openai_main.requests()) == paid
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.headers["x-should-retry"] == "false"
    assert refused.json["error"]["type"] == "insufficient_quota"


def test_refusals_are_the_sdks_exceptions_and_are_not_retried(gateway, openai_main):
    client = gateway.openai(key_of("small"))
    for stream in (False, True):
        before = gateway.requests()
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(model="gpt-4o", messages=HELLO, max_tokens=100, stream=stream)
        assert caught.value.response.headers["x-should-retry"] == "false"
        gateway.wait_for(lambda: gateway.requests() == before + 1)
    with pytest.raises(anthropic.RateLimitError):
        gateway.anthropic(key_of("small")).messages.create(model="claude-sonnet-5", max_tokens=100, messages=HELLO)
    assert openai_main.requests() == []


def test_what_was_not_used_comes_back(gateway):
    """A hundred reserved, one used: 1 USD lasts for many requests, one after the other."""
    script = sim(prompt_tokens=9, completion_tokens=1)
    answers = [chat(gateway, "steps", script) for _ in range(10)]
    assert [answer.status for answer in answers] == [200] * 10
    assert answers[0].headers["x-tollgate-cost-usd"] == "0.011"


def test_overspend_is_not_forgiven(gateway):
    """The provider used more than was reserved: the rest of the budget is gone."""
    assert chat(gateway, "lost", sim(prompt_tokens=9, completion_tokens=400)).status == 200
    assert chat(gateway, "lost", max_tokens=1).status == 429


def test_failed_requests_cost_nothing(gateway, request):
    for script in (sim(status=500), sim(status=400), sim(reset=True)):
        for _ in range(3):
            assert chat(gateway, "anthropic", script).status >= 400
    assert chat(gateway, "anthropic", sim(prompt_tokens=9, completion_tokens=100)).status == 200
    assert chat(gateway, "anthropic").status == 429


@pytest.mark.parametrize("options", [None, {"include_usage": False}, {"include_usage": True}], ids=str)
def test_streams_are_charged_whatever_they_say_of_usage(gateway, options):
    extra = {"stream_options": options} if options else {}
    before = gateway.metric("tollgate_cost_usd_total", tenant="acme")
    answer = chat(gateway, "stream", sim(prompt_tokens=9, completion_tokens=50), stream=True, **extra)
    assert answer.status == 200 and answer.events()[-1] == "[DONE]"
    has_usage = any(event != "[DONE]" and event.get("usage") for event in answer.events())
    assert has_usage == bool(options and options["include_usage"])
    gateway.wait_for(lambda: gateway.metric("tollgate_cost_usd_total", tenant="acme") - before == pytest.approx(0.109))


def test_an_answer_without_usage_is_counted(gateway):
    for stream in (False, True):
        before = gateway.metric("tollgate_tokens_total", tenant="acme", direction="output")
        chat(gateway, "stream", sim(no_usage=True, text="hello " * 20), stream=stream)
        gateway.wait_for(lambda: 15 <= gateway.metric("tollgate_tokens_total", tenant="acme", direction="output") - before <= 30)


def test_cached_input_is_cheaper_in_both_conventions(gateway):
    """OpenAI's prompt_tokens include cached tokens, Anthropic's input_tokens do not; both cost the same here."""
    from harness.config import ACME

    script = sim(prompt_tokens=100, cached_tokens=60, completion_tokens=10)
    openai_answer = gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO}, script, ACME)
    request = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": HELLO}
    anthropic_answer = gateway.post("/v1/messages", request, {"anthropic-version": "2023-06-01", **script}, ACME)
    for answer in (openai_answer, anthropic_answer):
        assert answer.headers["x-tollgate-cost-usd"] == "0.09"


def test_a_hit_of_the_cache_costs_nothing(gateway):
    script = sim(prompt_tokens=9, completion_tokens=100)
    for seed in (1, 2):
        answers = [chat(gateway, "cached", script, seed=seed) for _ in range(5)]
        assert [answer.status for answer in answers] == [200] * 5
        assert [float(answer.headers["x-tollgate-cost-usd"]) for answer in answers] == [0.209, 0, 0, 0, 0]
    assert chat(gateway, "cached", script, seed=3).status == 200
    assert chat(gateway, "cached", script, seed=4).status == 429


def test_keys_share_their_tenants_budget(gateway):
    script = sim(prompt_tokens=9, completion_tokens=100)
    assert chat(gateway, "shared-a", script).status == 200
    assert chat(gateway, "shared-b", script).status == 429


def test_requests_per_minute(gateway):
    statuses = [chat(gateway, "limited").status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    with pytest.raises(openai.RateLimitError) as caught:
        gateway.openai(key_of("limited")).chat.completions.create(model="gpt-4o", messages=HELLO)
    assert int(caught.value.response.headers["retry-after"]) <= 60


def test_tokens_per_minute(gateway):
    script = sim(prompt_tokens=9, completion_tokens=100)
    statuses = [chat(gateway, "tokens", script).status for _ in range(4)]
    assert statuses == [200, 200, 429, 429]


def test_no_budget_means_no_limit(gateway):
    assert gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO}, sim(completion_tokens=10**6), GLOBEX).status == 200


def test_what_an_exchange_did_cost_is_known_before_its_client_asks_again(start_gateway):
    """Settled before the last byte leaves, plain and streamed: no key gets a second request through by being quick."""
    keys = [f"tg-quick-{number}-0123456789" for number in range(60)]

    def edit(config):
        named(config["tenants"], "acme")["keys"] += [
            {"name": f"quick-{number}", "hash": hashed(key), "budget": {"usd": 0.35, "window": "1d"}}
            for number, key in enumerate(keys)
        ]

    gateway = start_gateway(edit)

    def twice(number):
        body = {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": "hello"}],
            "max_tokens": 100,
            "stream": number % 2 == 0,
        }
        overspent = sim(prompt_tokens=9, completion_tokens=400)
        first = gateway.post("/v1/chat/completions", body, overspent, keys[number])
        return first.status, gateway.post("/v1/chat/completions", {**body, "max_tokens": 1}, None, keys[number]).status

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(twice, range(len(keys)))) == {(200, 429)}


def test_estimates_learn_from_what_providers_report(start_gateway, anthropic_main):
    """A model without a public tokenizer: what is charged for a prompt whose usage nobody reports follows earlier reports."""
    gateway = start_gateway()
    body = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "word " * 400}]}

    def input_tokens(**script):
        answer = gateway.post("/v1/messages", body, {"anthropic-version": "2023-06-01", **sim(**script)})
        assert answer.status == 200, answer.body
        gateway.wait_for(lambda: gateway.logs("exchange"))
        return gateway.logs("exchange")[-1]["prompt_tokens"]

    first = input_tokens(prompt_tokens=800)
    for _ in range(40):
        input_tokens(prompt_tokens=800)
    learned = input_tokens(prompt_tokens=800)
    assert first < 600 and 700 < learned <= 800, (first, learned)
    factor = gateway.metric("tollgate_estimate_factor", model="claude-sonnet-5")
    assert factor == pytest.approx(learned / first, rel=0.05)
