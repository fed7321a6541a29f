"""The semantic cache: the same question in other words gets the same answer, a near miss does not, and nobody gets what belongs
to another tenant, model, system prompt, history or tool set."""

import os
import time

import pytest

from harness.config import ACME, GLOBEX
from harness.simulator import sim

QUESTION = "How do I reset my password?"
PARAPHRASE = "how can I reset my password"
# As near as many paraphrases by its embedding, and another question.
NEAR_MISS = "How do I not reset my password?"

# Near enough for `faq` and not for `safe`.
FAQ_ONLY = ("Do I need a lawyer to get divorced?", "Do I need an attorney for a divorce?")

pytestmark = pytest.mark.skipif(
    not os.environ.get("TOLLGATE_EMBEDDER_DIR"), reason="TOLLGATE_EMBEDDER_DIR names no model (cargo verify fetches it)"
)


def edit(config):
    config["policies"] = [
        {
            "name": "plain",
            "redaction": {"request": {"default": "token"}, "answer": {"default": "placeholder"}},
            "cache": {"mode": "faq", "ttl": "10m"},
        }
    ]
    config["cache"] = {"semantic_timeout": "10s"}


@pytest.fixture(autouse=True)
def empty(request):
    """Each test starts with an empty cache."""
    if "gateway" in request.fixturenames:
        done = request.getfixturevalue("gateway").purge("--all")
        assert done.returncode == 0, done.stderr


def messages(text, system=None):
    system = [{"role": "system", "content": system}] if system else []
    return [*system, {"role": "user", "content": text}]


def chat(gateway, text=QUESTION, key=ACME, headers=None, **body):
    return gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": messages(text), **body}, headers, key)


def cached(answer):
    assert answer.status == 200, answer.body
    return answer.headers.get("x-tollgate-cache")


def test_a_paraphrase_gets_the_answer_and_says_so(gateway, openai_main):
    first = chat(gateway, headers=sim(text="Click on the link."))
    second = chat(gateway, PARAPHRASE)
    assert (cached(first), cached(second)) == ("miss", "semantic")
    assert second.json == first.json
    assert 0.9 <= float(second.headers["x-tollgate-cache-similarity"]) <= 1
    assert second.headers["x-tollgate-cost-usd"] == "0.00" and int(second.headers["age"]) >= 0
    assert len(openai_main.requests()) == 1


def test_the_same_words_are_found_by_the_exact_tier(gateway):
    chat(gateway)
    assert cached(chat(gateway)) == "exact"


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (QUESTION, NEAR_MISS),
        ("How do I enable dark mode?", "How do I disable dark mode?"),
        ("What is error code 0x80070057?", "What is error code 0x80070005?"),
        ("How do I convert hours to minutes?", "How do I convert minutes to hours?"),
        ("Which plants are toxic to cats?", "Which plants are not toxic to cats?"),
        ("What is the tax deadline for 2022?", "What is the tax deadline for 2023?"),
        ("Why is the sky blue at noon?", "When is the sky blue at noon?"),
    ],
)
def test_a_near_miss_is_another_question(gateway, openai_main, first, other):
    before = gateway.metric("tollgate_cache_comparisons_total", result="cosine")
    chat(gateway, first)
    assert cached(chat(gateway, other)) == "miss"
    assert len(openai_main.requests()) == 2
    # The first one had nothing to be compared with. The second was near enough: the guard told them apart.
    assert gateway.metric("tollgate_cache_comparisons_total", result="cosine") == before + 1


@pytest.mark.parametrize("other", ["What's the weather in Paris today?", "Explain that again", "Where is my order?"])
def test_what_depends_on_more_than_its_words_takes_no_part(gateway, other):
    chat(gateway, other)
    assert cached(chat(gateway, other.lower())) == "miss"


def test_both_sdks_and_both_forms(gateway, oai, ant, openai_main, anthropic_main):
    plain = oai.chat.completions.create(model="gpt-4o", messages=messages(QUESTION), extra_headers=sim(text="Like this."))
    chunks = list(
        oai.chat.completions.create(
            model="gpt-4o", messages=messages(PARAPHRASE), stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == "Like this."
    assert {chunk.id for chunk in chunks} == {plain.id} and chunks[-1].usage == plain.usage
    assert len(openai_main.requests()) == 1

    options = {"model": "claude-sonnet-5", "max_tokens": 99}
    with ant.messages.stream(**options, messages=messages(QUESTION), extra_headers=sim(text="Like that.")) as stream:
        final = stream.get_final_message()
    message = ant.messages.create(**options, messages=messages(PARAPHRASE))
    assert message.content[0].text == "Like that." and message.id == final.id
    assert message.usage.output_tokens == final.usage.output_tokens
    assert len(anthropic_main.requests()) == 1


def test_responses_and_completions(gateway, openai_main):
    for path, field in (("/v1/responses", "input"), ("/v1/completions", "prompt")):
        first = gateway.post(path, {"model": "gpt-4o", field: QUESTION})
        assert cached(first) == "miss"
        assert cached(gateway.post(path, {"model": "gpt-4o", field: PARAPHRASE})) == "semantic"
    assert len(openai_main.requests()) == 2


# One line for each part of what must be equal: what is asked first, and what is asked then in other words.
BASE = {"model": "gpt-4o", "messages": messages(QUESTION, system="Be brief.")}
HISTORY = [{"role": "user", "content": "Hello there"}, {"role": "assistant", "content": "Hello!"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    "change",
    [
        {"model": "gpt-4o-mini"},
        {"messages": messages(PARAPHRASE, system="Be rude.")},
        {"messages": messages(PARAPHRASE)},
        {"messages": [*HISTORY, *messages(PARAPHRASE)]},
        {"temperature": 0.1},
        {"top_p": 0.5},
        {"seed": 7},
        {"max_tokens": 17},
        {"stop": ["x"]},
        {"n": 2},
        {"tools": [TOOL]},
        {"tool_choice": "none", "tools": [TOOL]},
        {"response_format": {"type": "json_object"}},
        {"reasoning_effort": "low"},
        {"logprobs": True},
    ],
    ids=str,
)
def test_everything_but_the_last_words_must_be_equal(gateway, change):
    gateway.post("/v1/chat/completions", BASE)
    same = {**BASE, "messages": messages(PARAPHRASE, system="Be brief.")}
    answer = gateway.post("/v1/chat/completions", {**same, **change})
    assert cached(answer) == "miss", "it is served although it differs"
    assert cached(gateway.post("/v1/chat/completions", same)) == "semantic", "without the change it is found"


def test_earlier_turns_are_part_of_the_question(gateway):
    def ask(earlier, text):
        return gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": [*earlier, *messages(text)]})

    ask(HISTORY, QUESTION)
    assert cached(ask(HISTORY, PARAPHRASE)) == "semantic"
    assert cached(ask([HISTORY[0], {"role": "assistant", "content": "Hi!"}], PARAPHRASE)) == "miss"


def test_tenants_do_not_share(gateway, openai_main):
    for key in (ACME, GLOBEX):
        assert cached(chat(gateway, key=key)) == "miss"
    for key in (ACME, GLOBEX):
        assert cached(chat(gateway, PARAPHRASE, key=key)) == "semantic"
    assert len(openai_main.requests()) == 2


def test_namespaces_do_not_share(gateway):
    chat(gateway, headers={"x-tollgate-cache-namespace": "a"})
    for namespace, expected in (("b", "miss"), ("a", "semantic")):
        assert cached(chat(gateway, PARAPHRASE, headers={"x-tollgate-cache-namespace": namespace})) == expected
    assert cached(chat(gateway, PARAPHRASE)) == "miss"


def test_routes_do_not_share_across_endpoints(gateway):
    chat(gateway)
    body = {"model": "gpt-4o", "max_tokens": 99, "messages": messages(PARAPHRASE)}
    assert cached(gateway.post("/v1/messages", body)) == "miss"


def test_a_person_in_the_question_is_another_question(gateway, openai_main):
    ask = "How do I reset the password of {}?"
    first = chat(gateway, ask.format("anna@example.com"))
    assert "anna@example.com" in first.json["choices"][0]["message"]["content"]
    other = chat(gateway, ask.format("otto@example.com").lower())
    assert cached(other) == "miss"
    again = chat(gateway, ask.format("anna@example.com").replace("How do I", "how can I"))
    assert cached(again) == "semantic"
    assert "anna@example.com" in again.json["choices"][0]["message"]["content"]
    assert all("example.com" not in received.body for received in openai_main.requests())


def test_tool_calls_are_replayed_and_tool_results_are_not_compared(gateway, oai):
    tools = [{"type": "function", "function": {"name": "reset", "parameters": {"type": "object"}}}]
    first = oai.chat.completions.create(
        model="gpt-4o", messages=messages(QUESTION), tools=tools, extra_headers=sim(tool="reset", arguments='{"user":"me"}')
    )
    with oai.chat.completions.stream(model="gpt-4o", messages=messages(PARAPHRASE), tools=tools) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.tool_calls[0].function.arguments == '{"user":"me"}'
    assert final.id == first.id and final.choices[0].finish_reason == "tool_calls"

    call = first.choices[0].message.model_dump(exclude_none=True)
    result = {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": QUESTION}
    for text, expected in ((QUESTION, "miss"), (PARAPHRASE, "miss")):
        body = {"model": "gpt-4o", "tools": tools, "messages": [*messages("Reset it for me please"), call, {**result, "content": text}]}
        assert cached(gateway.post("/v1/chat/completions", body)) == expected


def test_images_are_not_compared(gateway):
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}

    def ask(text):
        content = [{"type": "text", "text": text}, image]
        return gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": [{"role": "user", "content": content}]})

    ask(QUESTION)
    assert cached(ask(PARAPHRASE)) == "miss"
    assert cached(ask(QUESTION)) == "exact"


@pytest.mark.parametrize("script", [{"finish": "length"}, {"status": 500}, {"refusal": "no"}], ids=str)
def test_only_complete_answers_stand_for_others(gateway, script):
    chat(gateway, headers=sim(**script))
    assert cached(chat(gateway, PARAPHRASE)) == "miss"


def test_clients_ask_for_less(gateway):
    chat(gateway)
    for mode, expected in (("off", "off"), ("exact", "miss"), ("faq", "exact")):
        assert cached(chat(gateway, PARAPHRASE, headers={"x-tollgate-cache-mode": mode})) == expected


def test_metrics_say_why(gateway):
    def count(result):
        return gateway.metric("tollgate_cache_comparisons_total", result=result)

    before = {result: count(result) for result in ("same", "negation", "time")}
    chat(gateway)
    for text in (PARAPHRASE, NEAR_MISS, "What time is it right now?"):
        chat(gateway, text)
    assert {result: count(result) - number for result, number in before.items()} == {"same": 1, "negation": 1, "time": 1}
    assert gateway.metric("tollgate_cache_entries") == 3


def test_faq_finds_more_than_safe(gateway):
    first, second = FAQ_ONLY
    chat(gateway, first)
    for mode, expected in (("safe", "miss"), ("faq", "exact")):
        gateway.purge("--all")
        chat(gateway, first)
        answer = chat(gateway, second, headers={"x-tollgate-cache-mode": mode, "cache-control": "no-store"})
        assert cached(answer) == expected.replace("exact", "semantic")


def test_time_to_live(start_gateway):
    def short(config):
        edit(config)
        config["policies"][0]["cache"]["ttl"] = "1s"

    gateway = start_gateway(short)
    chat(gateway)
    assert cached(chat(gateway, PARAPHRASE)) == "semantic"
    gateway.wait_for(lambda: cached(chat(gateway, PARAPHRASE, headers={"cache-control": "no-store"})) == "miss", seconds=4)


def test_shadow_mode_measures_and_serves_nothing(start_gateway, openai_main):
    def shadow(config):
        edit(config)
        config["policies"][0]["cache"]["shadow"] = True

    gateway = start_gateway(shadow)

    def count(result):
        return gateway.metric("tollgate_cache_shadow_total", result=result)

    say = sim(text="Click on the link in the mail that we sent to you.")
    chat(gateway, headers=say)
    assert cached(chat(gateway, PARAPHRASE, headers=say)) == "miss"
    gateway.wait_for(lambda: count("agree") == 1)
    # The provider says something else now: the entry learns that it does not stand for these words.
    chat(gateway, "How can I reset my password, please?", headers=sim(text="Bananas are rich in potassium."))
    gateway.wait_for(lambda: count("differ") >= 1)
    assert len(openai_main.requests()) == 3
    assert cached(chat(gateway)) == "exact", "the exact tier serves as ever"


def test_without_the_model_the_rest_works(start_gateway, tmp_path):
    def missing(config):
        edit(config)
        config["cache"]["embedder"] = {"folder": str(tmp_path / "nothing")}

    gateway = start_gateway(missing)
    chat(gateway)
    assert cached(chat(gateway, PARAPHRASE)) == "miss"
    assert cached(chat(gateway)) == "exact"
    assert "prompts are not compared by their words" in gateway.service.text()


def test_an_endpoint_embeds(start_gateway, simulator, openai_backup):
    def endpoint(config):
        edit(config)
        config["cache"]["semantic_timeout"] = "1s"
        config["cache"]["embedder"] = {
            "endpoint": {
                "url": openai_backup.url,
                "model": "text-embedding-3-small",
                "credential": {"env": "OPENAI_BACKUP_KEY"},
            }
        }

    gateway = start_gateway(endpoint)
    chat(gateway)
    assert cached(chat(gateway, PARAPHRASE)) == "semantic"
    asked = [received for received in openai_backup.requests() if received.path == "/v1/embeddings"]
    assert len(asked) == 2 and asked[0].headers["authorization"] == "Bearer sk-provider-openai-backup"
    # It fails open, and in time.
    scripts = ({"status": 500}, {"hang": True}, {"reset": True}, {"body": "{}"}, {"status": 401}, {"content_type": "text/html"})
    for script, word in zip(scripts, ("one", "two", "three", "four", "five", "six")):
        openai_backup.script(**script)
        began = time.monotonic()
        assert cached(chat(gateway, f"{QUESTION} Answer in {word} words.")) == "miss", script
        assert time.monotonic() - began < 3
    openai_backup.reset()
    assert "sk-provider" not in gateway.service.text() and "reset my password" not in gateway.service.text()
