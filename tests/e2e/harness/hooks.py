"""Policies that ask hooks: what they have in common, a tenant for each, and requests of one of these tenants in every dialect."""

from .config import hashed

NAME, OTHER, PLACE = "Zoë Ørsted", "Ada Lovelace", "Timbuktu"
EMAIL = "zebra.unique@example.com"

MODERATION = {"hook": "moderator", "request": True, "answer": True, "action": "block"}
SHOWN = {"hook": "names", "entities": {"PERSON": "placeholder", "LOCATION": {"mask": 2}}}
OPEN = {"on_failure": "open"}
# What a hook does instead of its work, and what the metrics call it.
FAILURES = [({"status": 500}, "status"), ({"hang": True}, "timeout"), ({"reset": True}, "broken"), ({"body": f"no {EMAIL}"}, "unreadable")]


def redaction(request=None, answer=None):
    rules = {"request": {"default": "token"}, "answer": {"default": "placeholder"}}
    if request:
        rules["request"]["recognizer"] = request
    if answer:
        rules["answer"]["recognizer"] = answer
    return rules


def key(policy):
    return f"tg-{policy}-0123456789abcdef"


def add(config, policies):
    """Each policy for a tenant of its name."""
    for name, rules in policies.items():
        config["policies"].append({"name": name, "cache": "off", **rules})
        config["tenants"].append({"name": name, "policy": name, "keys": [{"name": "all", "hash": hashed(key(name))}]})


def give_time(config):
    """Hooks may take much longer than the service has for a message."""
    config["service"]["timeout"] = "400ms"
    for hook in config["hooks"]:
        hook["timeout"] = "5s"


def chat(gateway, policy, text, **options):
    client = gateway.openai(key(policy), max_retries=options.pop("max_retries", 2))
    answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}], **options)
    if not options.get("stream"):
        return answer.choices[0].message.content
    return "".join(choice.delta.content or "" for chunk in answer for choice in chunk.choices)


def responses(gateway, policy, text, **options):
    client = gateway.openai(key(policy))
    answer = client.responses.create(model="gpt-4o", input=text, **options)
    if not options.get("stream"):
        return answer.output_text
    return "".join(event.delta for event in answer if event.type == "response.output_text.delta")


def messages(gateway, policy, text, stream=False, **options):
    client = gateway.anthropic(key(policy))
    ask = {"model": "claude-sonnet-5", "max_tokens": 99, "messages": [{"role": "user", "content": text}], **options}
    if not stream:
        return client.messages.create(**ask).content[0].text
    with client.messages.stream(**ask) as events:
        return events.get_final_text()


def raw_chat(gateway, policy, text, headers=None, **body):
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **body}
    return gateway.post("/v1/chat/completions", body, headers, key(policy))


def logged(gateway, **fields):
    lines = gateway.logs("moderation")
    return [line for line in lines if all(line.get(field) == value for field, value in fields.items())]
