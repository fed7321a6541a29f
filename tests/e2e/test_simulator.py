"""The simulator speaks both wire formats: the official SDKs read its answers, streams, tools and errors."""

import gzip
import json

import anthropic
import openai
import pytest

from harness import raw
from harness.simulator import sim

HELLO = [{"role": "user", "content": "héllo wörld 😀"}]
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.fixture(scope="module")
def provider(simulator):
    return simulator["openai-main"]


@pytest.fixture(scope="module")
def oai(provider):
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="sk-test") as client:
        yield client


@pytest.fixture(scope="module")
def ant(provider):
    with anthropic.Anthropic(base_url=provider.url, api_key="sk-ant-test") as client:
        yield client


def test_chat_echoes(oai, provider):
    answer = oai.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert answer.choices[0].message.content == "héllo wörld 😀"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert provider.last().headers["authorization"] == "Bearer sk-test"


@pytest.mark.parametrize("script", [{}, {"split": 1}, {"split": 7}, {"ascii": True}, {"crlf": True}, {"comments": True}, {"encoding": "gzip"}])
def test_chat_stream(oai, script):
    stream = oai.chat.completions.create(
        model="gpt-4o", messages=HELLO, stream=True, stream_options={"include_usage": True}, extra_headers=sim(**script)
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "héllo wörld 😀"
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens > 0


def test_chat_tools(oai):
    headers = sim(tools=[{"name": "weather", "arguments": '{"city":"Zürich"}'}, {"name": "time", "arguments": "{}"}])
    tools = [{"type": "function", "function": {"name": name, "parameters": WEATHER}} for name in ("weather", "time")]
    answer = oai.chat.completions.create(model="gpt-4o", messages=HELLO, tools=tools, extra_headers=headers)
    calls = answer.choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["weather", "time"]
    assert json.loads(calls[0].function.arguments) == {"city": "Zürich"}
    with oai.chat.completions.stream(model="gpt-4o", messages=HELLO, tools=tools, extra_headers=headers) as stream:
        streamed = stream.get_final_completion()
    assert streamed.choices[0].message.tool_calls[0].function.arguments == '{"city":"Zürich"}'
    assert streamed.choices[0].finish_reason == "tool_calls"


def test_completions_embeddings_responses(oai):
    completion = oai.completions.create(model="gpt-3.5-turbo-instruct", prompt="say", n=2)
    assert [choice.text for choice in completion.choices] == ["say", "say"]
    chunks = oai.completions.create(model="gpt-3.5-turbo-instruct", prompt="say it again", stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == "say it again"

    embedding = oai.embeddings.create(model="text-embedding-3-small", input=["a", "b"], dimensions=16)
    assert len(embedding.data[1].embedding) == 16
    floats = oai.embeddings.create(model="text-embedding-3-small", input=["a"], dimensions=16, encoding_format="float")
    assert floats.data[0].embedding == pytest.approx(embedding.data[0].embedding)

    response = oai.responses.create(model="gpt-4o", input="héllo")
    assert response.output_text == "héllo" and response.usage.output_tokens > 0
    with oai.responses.stream(model="gpt-4o", input=HELLO, extra_headers=sim(tool="weather", arguments="{}", text="hm")) as stream:
        events = [event.type for event in stream]
        final = stream.get_final_response()
    assert final.output_text == "hm" and final.output[1].name == "weather"
    assert events[-1] == "response.completed"


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b))


def test_embeddings_are_alike_for_the_same_words(oai):
    texts = ["How do I reset my password?", "please tell me how to reset the password", "How do I change my address?", "weather in Oslo"]
    vectors = [item.embedding for item in oai.embeddings.create(model="text-embedding-3-small", input=texts).data]
    assert [len(vector) for vector in vectors] == [1536] * 4
    assert cosine(vectors[0], vectors[0]) == pytest.approx(1, abs=1e-4)
    assert 0.97 < cosine(vectors[0], vectors[1]) < 0.999
    assert all(abs(cosine(vectors[0], other)) < 0.15 for other in vectors[2:])
    again = oai.embeddings.create(model="text-embedding-3-small", input=texts[0]).data[0].embedding
    assert again == vectors[0]


def test_moderations(oai, provider):
    answer = oai.moderations.create(input=["all is well", "sim-flag:hate/threatening and sim-flag:violence=0.4"])
    assert answer.id.startswith("modr-") and answer.model == "omni-moderation-latest"
    clean, marked = answer.results
    assert not clean.flagged and not any(clean.categories.model_dump().values())
    assert marked.flagged and marked.categories.hate_threatening and not marked.categories.violence
    assert (marked.category_scores.hate_threatening, marked.category_scores.violence) == (0.9, 0.4)
    assert marked.category_applied_input_types.violence == ["text"]
    parts = [{"type": "text", "text": "a sim-flag:violence"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    one = oai.moderations.create(model="omni-moderation-2024-09-26", input=parts)
    assert one.model == "omni-moderation-2024-09-26" and [result.flagged for result in one.results] == [True]
    with pytest.raises(openai.BadRequestError):
        oai.moderations.create(input="x", extra_body={"categories": []})
    with pytest.raises(openai.RateLimitError):
        oai.with_options(max_retries=0).moderations.create(input="x", extra_headers=sim(status=429))


def finding(entity, start, end, score=0.85) -> str:
    """As Python's `json.dumps(…, sort_keys=True)` writes it, which is what Presidio answers with."""
    return f'{{"analysis_explanation": null, "end": {end}, "entity_type": "{entity}", "score": {score}, "start": {start}}}'


PERSON, PLACE = finding("PERSON", 2, 12), finding("LOCATION", 16, 24)
BOTH = "\U0001f600 Zoë Ørsted in Timbuktu"


@pytest.mark.parametrize(
    "request_body, script, expected",
    [
        ({"text": BOTH}, {}, f"[{PERSON}, {PLACE}]"),
        ({"text": BOTH, "entities": ["LOCATION"]}, {}, f"[{PLACE}]"),
        ({"text": BOTH, "score_threshold": 0.9}, {}, "[]"),
        ({"text": [BOTH, "nobody"], "entities": ["PERSON"]}, {}, f"[[{PERSON}], []]"),
        ({"text": BOTH}, {"names": {"DOG": ["Rex"]}}, "[]"),
        ({"text": "Rex"}, {"names": {"DOG": ["Rex"]}, "score": 0.5}, f"[{finding('DOG', 0, 3, 0.5)}]"),
    ],
)
def test_presidio_finds_names(provider, request_body, script, expected):
    answer = raw.post(provider.address, "/analyze", {"language": "en", **request_body}, sim(**script))
    assert (answer.status, answer.text) == (200, expected)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("request_body, message", [({"language": "en", "text": ""}, "No text provided"), ({"text": "x"}, "No language provided")])
def test_presidio_refuses_with_500(provider, request_body, message):
    answer = raw.post(provider.address, "/analyze", request_body)
    assert (answer.status, json.loads(answer.body)) == (500, {"error": message})
    provider.script(status=503, message="later")
    answer = raw.post(provider.address, "/analyze", {"language": "en", "text": "x"})
    assert (answer.status, json.loads(answer.body)) == (503, {"error": "later"})


def test_messages(ant, provider):
    answer = ant.messages.create(model="claude-sonnet-5", max_tokens=99, messages=HELLO, extra_headers=sim(prompt_tokens=50, cached_tokens=20))
    assert answer.content[0].text == "héllo wörld 😀"
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens) == (30, 20)
    assert provider.last().headers["anthropic-version"] >= "2023-06-01"


@pytest.mark.parametrize("script", [{}, {"split": 3}, {"crlf": True}, {"encoding": "gzip", "split": 5}])
def test_messages_stream(ant, script):
    script = {"text": "hm", "reasoning": "let me see", "tool": "weather", "arguments": '{"city":"Zürich"}', **script}
    with ant.messages.stream(model="claude-sonnet-5", max_tokens=99, messages=HELLO, extra_headers=sim(**script)) as stream:
        answer = stream.get_final_message()
    assert [block.type for block in answer.content] == ["thinking", "text", "tool_use"]
    assert answer.content[2].input == {"city": "Zürich"}
    assert answer.stop_reason == "tool_use"


@pytest.mark.parametrize(
    "status, kind", [(400, openai.BadRequestError), (401, openai.AuthenticationError), (429, openai.RateLimitError), (500, openai.InternalServerError)]
)
def test_openai_errors(oai, status, kind):
    with pytest.raises(kind) as caught:
        oai.with_options(max_retries=0).chat.completions.create(model="gpt-4o", messages=HELLO, extra_headers=sim(status=status, message="so it is"))
    assert caught.value.body["message"] == "so it is"


@pytest.mark.parametrize("status, kind", [(400, anthropic.BadRequestError), (429, anthropic.RateLimitError), (529, anthropic.APIStatusError)])
def test_anthropic_errors(ant, status, kind):
    with pytest.raises(kind):
        ant.with_options(max_retries=0).messages.create(model="claude-sonnet-5", max_tokens=9, messages=HELLO, extra_headers=sim(status=status))


def test_errors_inside_a_stream(oai, ant):
    with pytest.raises(openai.APIError):
        list(oai.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True, extra_headers=sim(error_after=2)))
    with pytest.raises(anthropic.APIStatusError):
        with ant.messages.stream(model="m", max_tokens=9, messages=HELLO, extra_headers=sim(error_after=2)) as stream:
            stream.get_final_message()


def test_what_the_providers_refuse_is_refused(oai, ant):
    with pytest.raises(openai.BadRequestError):
        oai.chat.completions.create(model="gpt-4o", messages=HELLO, extra_body={"thinking": {}})
    with pytest.raises(anthropic.BadRequestError):
        ant.messages.create(model="m", max_tokens=9, messages=[{"role": "tool", "content": "x"}])


def test_connections_that_break(oai, provider):
    once = oai.with_options(max_retries=0, timeout=0.5)
    for script in ({"reset": True}, {"close": True}, {"hang": True}):
        with pytest.raises(openai.APIConnectionError):
            once.chat.completions.create(model="gpt-4o", messages=HELLO, extra_headers=sim(**script))
    provider.wait_for(lambda requests: requests[-1].outcome == "client_left")
    body = {"model": "m", "messages": HELLO, "stream": True}
    answer = raw.post(provider.address, "/v1/chat/completions", body, sim(close_after=100))
    assert answer.cut and len(answer.body) == 100
    provider.wait_for(lambda requests: requests[-1].outcome == "cut")


def test_scripts_for_one_provider_in_a_model_name_and_standing(oai, provider, simulator):
    assert oai.chat.completions.create(model="gpt-4o#text=four", messages=HELLO).choices[0].message.content == "four"
    other = sim(_for="openai-backup", text="not me")
    assert oai.chat.completions.create(model="m", messages=HELLO, extra_headers=other).choices[0].message.content != "not me"
    provider.script(text="once", times=1)
    texts = [oai.chat.completions.create(model="m", messages=HELLO).choices[0].message.content for _ in range(2)]
    assert texts == ["once", "héllo wörld 😀"]


def test_bytes_of_the_wire(provider):
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    answer = raw.post(provider.address, "/v1/chat/completions", body)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.body.startswith(b'data: {"id":"chatcmpl-') and answer.body.endswith(b"data: [DONE]\n\n")
    again = raw.post(provider.address, "/v1/chat/completions", body)
    assert again.body == answer.body
    zipped = raw.post(provider.address, "/v1/chat/completions", body, sim(encoding="gzip", split=1))
    assert gzip.decompress(zipped.body) == answer.body
    version = {"anthropic-version": "2023-06-01"}
    answer = raw.post(provider.address, "/v1/messages", {**body, "max_tokens": 9}, version)
    assert answer.body.startswith(b'event: message_start\ndata: {"type":"message_start",')
    assert answer.body.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
