"""The service follows its file: a right one is applied at once, a wrong one changes nothing; both are logged and counted."""

from harness.config import ACME, hashed, named

HELLO = [{"role": "user", "content": "hello jane@example.com"}]
NEW = "tg-new-0123456789abcdef"


def chat(gateway, key=ACME):
    return gateway.post("/v1/chat/completions", {"model": "gpt-4o", "messages": HELLO}, key=key)


def test_reload(gateway, openai_main):
    assert chat(gateway, NEW).status == 401
    named(gateway.config["tenants"], "acme")["keys"].append({"name": "new", "hash": hashed(NEW)})
    gateway.config["policies"][0]["redaction"] = {"request": {"default": "token"}, "answer": {"default": "placeholder"}}
    gateway.write_config()
    gateway.wait_for(lambda: chat(gateway, NEW).status == 200)
    assert "jane@" not in openai_main.last().body
    gateway.wait_for(lambda: gateway.metric("tollgate_config_reloads_total", result="applied") == 1)
    assert [line for line in gateway.logs() if line.get("message") == "configuration reloaded"]

    good = gateway.file.read_text()
    for number, wrong in enumerate(("version: 1\nlisteners: [", good + "\nsurprise: 1\n", good.replace("pool: openai", "pool: opnai")), start=1):
        gateway.write_config(wrong)
        gateway.wait_for(lambda: gateway.metric("tollgate_config_reloads_total", result="kept_last_good") == number)
        assert chat(gateway, NEW).status == 200
        line = [line for line in gateway.logs() if line.get("level") == "ERROR"][-1]
        assert "last good" in line["message"]
    assert "surprise" in str(gateway.logs()) and "opnai" in str(gateway.logs())

    named(gateway.config["tenants"], "acme")["keys"].pop()
    gateway.write_config()
    gateway.wait_for(lambda: chat(gateway, NEW).status == 401)
    assert chat(gateway).status == 200


def test_no_request_is_lost_while_it_reloads(gateway):
    gateway.write_config()
    for round in range(20):
        gateway.config["cache"] = {"max_bytes": f"{round + 1}MiB"}
        gateway.write_config()
        for _ in range(5):
            assert chat(gateway).status == 200


def test_admin_port(gateway):
    from harness import raw

    assert raw.get(gateway.admin, "/healthz").status == 200
    assert raw.get(gateway.admin, "/readyz").status == 200
    assert b"tollgate_" in raw.get(gateway.admin, "/metrics").body
    assert raw.get(gateway.admin, "/else").status == 404
