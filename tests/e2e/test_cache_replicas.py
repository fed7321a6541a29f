"""What the cache keeps over a restart and shares with other replicas: a file, Valkey, PostgreSQL with pgvector."""

import json
import os

import pytest

from harness import paths
from harness.servers import Postgres, Valkey

QUESTION = "How do I reset my password?"
PARAPHRASE = "how can I reset my password"
SEMANTIC = "semantic" if os.environ.get("TOLLGATE_EMBEDDER_DIR") else "miss"

STORES = {"redis": Valkey, "postgres": Postgres}


def with_journal(journal):
    def edit(config):
        config["policies"] = [
            {
                "name": "plain",
                "redaction": {"request": {"default": "token"}},
                "cache": {"mode": "safe", "ttl": "10m"},
            }
        ]
        config["cache"] = {"semantic_timeout": "10s", "journal": journal}

    return edit


def chat(gateway, text=QUESTION, headers=None):
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    answer = gateway.post("/v1/chat/completions", body, headers)
    assert answer.status == 200, answer.body
    return answer


def cached(gateway, text=QUESTION):
    """Asks in a way that leaves nothing."""
    return chat(gateway, text, {"cache-control": "no-store"}).headers["x-tollgate-cache"]


def restart_service(gateway):
    gateway.service.stop()
    gateway.start_service()
    gateway.wait_service()


@pytest.fixture(params=STORES)
def store(request):
    """A server, and the journal that names it."""
    server = STORES[request.param](paths.RUNS / "test_cache_replicas" / request.param)
    url = paths.RUNS / "test_cache_replicas" / f"{request.param}.url"
    url.parent.mkdir(parents=True, exist_ok=True)
    url.write_text(server.url + "\n")
    yield server, {request.param: {"url": {"file": str(url)}}}
    server.stop()


def test_a_file_survives_a_restart(start_gateway, openai_main, tmp_path):
    journal = tmp_path / "cache.journal"
    gateway = start_gateway(with_journal({"file": {"path": str(journal)}}))
    first = chat(gateway)
    gone = chat(gateway, "What does the warranty of jane@example.com cover?")
    gateway.purge("--key", chat(gateway, "What does the warranty of jane@example.com cover?").headers["x-tollgate-cache-key"])
    assert b"warranty" not in journal.read_bytes(), "a purge is done when it says so"
    restart_service(gateway)
    again = chat(gateway)
    assert again.headers["x-tollgate-cache"] == "exact" and again.json == first.json
    assert cached(gateway, PARAPHRASE) == SEMANTIC
    assert cached(gateway, "What does the warranty of jane@example.com cover?") == "miss", "it was purged"
    assert gone.status == 200 and len(openai_main.requests()) == 3 + (SEMANTIC == "miss")
    assert b"jane@example.com" not in journal.read_bytes() and journal.stat().st_mode & 0o077 == 0


def test_without_a_journal_a_restart_forgets(start_gateway):
    gateway = start_gateway(lambda config: with_journal(None)(config) or config["cache"].pop("journal"))
    chat(gateway)
    restart_service(gateway)
    assert cached(gateway) == "miss"


def test_a_damaged_file_is_no_reason_not_to_start(start_gateway, tmp_path):
    journal = tmp_path / "cache.journal"
    gateway = start_gateway(with_journal({"file": {"path": str(journal)}}))
    chat(gateway)
    chat(gateway, "What does the warranty cover?")
    gateway.service.stop()
    journal.write_bytes(journal.read_bytes()[:-10])
    gateway.start_service()
    gateway.wait_service()
    assert (cached(gateway), cached(gateway, "What does the warranty cover?")) == ("exact", "miss")


def test_replicas_share(start_gateway, store, openai_main):
    server, journal = store
    one, two = start_gateway(with_journal(journal)), start_gateway(with_journal(journal))
    text = "Please write to jane@example.com about her invoice 4711"
    first = chat(one, text)
    chat(one)
    two.wait_for(lambda: cached(two) == "exact")
    assert cached(two, PARAPHRASE) == SEMANTIC
    # What is shared is the redacted form; each exchange puts its own values back.
    assert chat(two, text).json == first.json and "jane@example.com" in first.text
    assert b"jane@" not in server.content()
    key = chat(two).headers["x-tollgate-cache-key"]
    assert one.purge("--key", key).returncode == 0
    two.wait_for(lambda: cached(two) == "miss")
    assert cached(two, text) == "exact"
    # A replica that starts later knows what the others know.
    three = start_gateway(with_journal(journal))
    assert (cached(three, text), cached(three)) == ("exact", "miss")
    assert json.loads(one.purge("--tenant", "acme").stdout)["shared"] is True
    for replica in (one, two, three):
        replica.wait_for(lambda replica=replica: cached(replica, text) == "miss")


def test_a_store_that_is_down_leaves_the_cache_to_each_replica(start_gateway, store):
    server, journal = store
    server.stop()
    one = start_gateway(with_journal(journal))
    chat(one)
    assert cached(one) == "exact"
    one.wait_for(lambda: one.metric("tollgate_cache_journal_errors_total") > 0)
    server.start()
    two = start_gateway(with_journal(journal))

    def shared():
        text = f"Is it shared at {shared.count}?"
        shared.count += 1
        chat(one, text)
        return any(cached(two, f"Is it shared at {number}?") == "exact" for number in range(shared.count))

    shared.count = 0
    two.wait_for(shared, seconds=30)
    # And down again, in the middle of it all.
    server.stop()
    for replica in (one, two):
        assert cached(replica, "Is it shared at 9999?") == "miss"
        chat(replica, "Is it shared at 9999?")
        assert cached(replica, "Is it shared at 9999?") == "exact"
    server.start()
    assert "a-password-for-tests-only" not in one.service.text() + two.service.text()
