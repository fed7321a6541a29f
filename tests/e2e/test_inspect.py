"""`tollgate inspect`: the engines by themselves, JSON lines in and out."""

import base64
import json
import subprocess

import pytest

from harness import paths


def inspect(*arguments: str, lines: list[dict], env: dict | None = None) -> list[dict]:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run(
        [paths.binary("tollgate", "TOLLGATE_BIN"), "inspect", *arguments], input=text, capture_output=True, text=True, timeout=60, env=env
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_tokens():
    lines = [{"id": 1, "text": "hello world"}, {"id": "b", "text": ""}]
    assert inspect("tokens", "--encoding", "o200k_base", lines=lines) == [
        {"id": 1, "tokens": 2, "exact": True},
        {"id": "b", "tokens": 0, "exact": True},
    ]


def test_spans_are_counted_in_characters():
    (found,) = inspect("pii", lines=[{"id": 1, "text": "\U0001f600 write to ada@example.com"}])
    assert found["spans"] == [[11, 26, "EMAIL_ADDRESS", pytest.approx(1, abs=0.5)]]
    assert found["redacted"] == "\U0001f600 write to <EMAIL_ADDRESS>"


def test_names_are_looked_for_when_asked():
    line = {"id": 1, "text": "My name is Ada Lovelace."}
    assert inspect("pii", lines=[line])[0]["spans"] == []
    assert [span[2] for span in inspect("pii", "--names", lines=[line])[0]["spans"]] == ["PERSON"]


SHAPES = {
    "openai_chat": (
        lambda text: {"choices": [{"index": 0, "delta": {"content": text}}]},
        lambda event: event["choices"][0]["delta"].get("content", "") if event["choices"] else "",
    ),
    "openai_responses": (
        lambda text: {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0, "delta": text},
        lambda event: event["delta"],
    ),
    "anthropic": (
        lambda text: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        lambda event: event["delta"]["text"],
    ),
    "gemini": (
        lambda text: {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": text}]}}]},
        lambda event: event["candidates"][0]["content"]["parts"][0]["text"],
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_streams_are_redacted_as_the_whole_text_is(shape):
    write, read = SHAPES[shape]
    text = "Write to ada@example.com or call +1 415 555 0132 before noon."
    events = [f"data: {json.dumps(write(text[at : at + 3]))}\r\n\r\n".encode() for at in range(0, len(text), 3)]
    stream = b"".join(events)
    lines = []
    for size in (1, 7, len(stream)):
        chunks = [base64.b64encode(stream[at : at + size]).decode() for at in range(0, len(stream), size)]
        lines.append({"id": size, "shape": shape, "byte_chunks_b64": chunks})
    (whole,) = inspect("pii", lines=[{"id": 0, "text": text}])
    for line, redacted in zip(lines, inspect("pii", "--stream", lines=lines), strict=True):
        assert redacted["id"] == line["id"]
        assert len(redacted["byte_chunks_b64"]) == len(line["byte_chunks_b64"]) + 1
        out = b"".join(map(base64.b64decode, redacted["byte_chunks_b64"])).decode()
        datas = [text.removeprefix("data: ") for text in out.splitlines() if text.startswith("data: ")]
        assert "".join(read(json.loads(data)) for data in datas) == whole["redacted"]
    assert "ada@" not in whole["redacted"] and "555" not in whole["redacted"]


def test_similarity():
    pairs = [
        {"id": "same", "a": "How do I reset my password?", "b": "How can I reset my password?"},
        {"id": "opposite", "a": "How do I enable dark mode?", "b": "How do I disable dark mode?"},
        {"id": "other", "a": "How do I reset my password?", "b": "What is the capital of France?"},
    ]
    judged = {line["id"]: line for line in inspect("similarity", "--mode", "faq", lines=pairs)}
    assert judged["same"]["hit"] and judged["same"]["why"] == "same" and judged["same"]["score"] > 0.9
    assert not judged["opposite"]["hit"] and judged["opposite"]["why"] == "antonym"
    assert not judged["other"]["hit"] and judged["other"]["why"] == "cosine"


def test_similarity_without_a_model_says_where_to_get_it(tmp_path):
    done = subprocess.run(
        [paths.binary("tollgate", "TOLLGATE_BIN"), "inspect", "similarity", "--embedder", tmp_path], input="", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "model.safetensors" in done.stderr or "tokenizer.json" in done.stderr
