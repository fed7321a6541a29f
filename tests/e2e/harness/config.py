"""The tollgate.yaml that tests start from; a test module changes what it is about."""

import copy
import hashlib

from . import paths

PROVIDERS = ["openai-main", "openai-backup", "anthropic-main"]
# Simulated services that policies ask.
HOOKS = ["names", "moderator"]

# Virtual keys: what clients send. The configuration holds their hashes.
ACME = "tg-acme-ci-0123456789abcdef"
ACME_LIMITED = "tg-acme-limited-0123456789abcdef"
GLOBEX = "tg-globex-0123456789abcdef"
UNKNOWN = "tg-nobody-0123456789abcdef"

# What the gateway sends to providers, by reference to these variables.
SECRETS = {
    "OPENAI_MAIN_KEY": "sk-provider-openai-main",
    "OPENAI_BACKUP_KEY": "sk-provider-openai-backup",
    "ANTHROPIC_MAIN_KEY": "sk-provider-anthropic-main",
    "HOOK_KEY": "sk-hook-0123456789",
    "TOLLGATE_SECRET": "a-secret-for-tests-only-0123456789",
}


def hashed(key: str) -> str:
    """A virtual key as the configuration has it."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def base(addresses: dict[str, str], ports: dict[str, int], filters: str) -> dict:
    """One tenant with two keys and one without limits, two OpenAI providers and one of Anthropic."""

    def provider(name: str, dialect: str) -> dict:
        return {
            "name": name,
            "dialect": dialect,
            "url": f"http://{addresses[name]}",
            "credential": {"env": name.upper().replace("-", "_") + "_KEY"},
            "connect_timeout": "1s",
            "first_byte_timeout": "2s",
            "idle_timeout": "10s",
        }

    openai = {"openai-main": "gpt-4o-2024-11-20", "openai-backup": "gpt-4o-2024-11-20"}
    # Prices with which a test can reckon: 1 and 2 USD per thousand tokens.
    price = {"input": 1000, "cached_input": 500, "cache_write": 1250, "output": 2000}
    config = {
        "version": 1,
        "envoy": {
            "version": paths.envoy_version(),
            "admin": f"127.0.0.1:{ports['envoy_admin']}",
            "filters": filters,
            "concurrency": 2,
        },
        "listeners": [
            {"name": "gateway", "address": f"127.0.0.1:{ports['gateway']}", "max_body": "32MiB", "idle_timeout": "1m"}
        ],
        "service": {
            "address": f"127.0.0.1:{ports['service']}",
            "admin": f"127.0.0.1:{ports['admin']}",
            "on_failure": "closed",
            "timeout": "5s",
            "drain": "2s",
            "secret": {"env": "TOLLGATE_SECRET"},
        },
        "providers": [
            provider("openai-main", "openai"),
            provider("openai-backup", "openai"),
            provider("anthropic-main", "anthropic"),
        ],
        "models": [
            {
                "name": "gpt-4o",
                "encoding": "o200k_base",
                "context_window": 128000,
                "max_output_tokens": 16384,
                "price": price,
                "providers": {**openai, "anthropic-main": "claude-sonnet-5"},
            },
            {
                "name": "gpt-4o-mini",
                "encoding": "o200k_base",
                "context_window": 1000,
                "max_output_tokens": 500,
                "price": price,
                "providers": {"openai-main": "gpt-4o-mini-2024-07-18"},
            },
            {
                "name": "claude-sonnet-5",
                "encoding": "estimate",
                "context_window": 200000,
                "max_output_tokens": 8192,
                "price": price,
                "providers": {"anthropic-main": "claude-sonnet-5", **openai},
            },
            {
                "name": "text-embedding-3-small",
                "encoding": "cl100k_base",
                "context_window": 8191,
                "max_output_tokens": 1,
                "price": price,
                "providers": {"openai-main": "text-embedding-3-small"},
            },
            {
                "name": "gpt-3.5-turbo-instruct",
                "encoding": "cl100k_base",
                "context_window": 4096,
                "max_output_tokens": 4096,
                "price": price,
                "providers": {"openai-main": "gpt-3.5-turbo-instruct"},
            },
        ],
        "pools": [
            {"name": "openai", "strategy": "ordered", "providers": ["openai-main"]},
            {"name": "backup", "strategy": "ordered", "providers": ["openai-backup"]},
            {"name": "failover", "strategy": "ordered", "providers": ["openai-main", "openai-backup"]},
            {"name": "mixed", "strategy": "ordered", "providers": ["openai-main", "anthropic-main"]},
            {"name": "anthropic", "strategy": "ordered", "providers": ["anthropic-main"]},
        ],
        # Tests choose a pool by header; without one Claude goes to Anthropic and everything else to OpenAI.
        "routes": [
            {"name": f"to-{pool}", "match": {"headers": {"x-pool": pool}}, "pool": pool}
            for pool in ("backup", "failover", "mixed", "anthropic", "openai")
        ]
        + [
            {"name": "claude", "match": {"model": "claude-*"}, "pool": "anthropic"},
            {"name": "default", "pool": "openai"},
        ],
        # For policies that ask them; without such a policy they are never called.
        "hooks": [
            {"name": name, "url": f"http://{addresses[name]}", "credential": {"env": "HOOK_KEY"}, "timeout": "500ms"}
            for name in HOOKS
        ],
        "policies": [{"name": "plain", "redaction": "off", "cache": "off"}],
        "tenants": [
            {
                "name": "acme",
                "policy": "plain",
                "keys": [
                    {"name": "ci", "hash": hashed(ACME)},
                    {"name": "limited", "hash": hashed(ACME_LIMITED), "models": ["gpt-4o-mini"]},
                ],
            },
            {"name": "globex", "policy": "plain", "keys": [{"name": "all", "hash": hashed(GLOBEX)}]},
        ],
    }
    return copy.deepcopy(config)


def named(items: list[dict], name: str) -> dict:
    """The item with this name: `named(config["tenants"], "acme")`."""
    return next(item for item in items if item["name"] == name)
