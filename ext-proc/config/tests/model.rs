//! What the usable model of a file looks like: the values, the defaults and the look-ups.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use tollgate_config::{
    Address, Budget, Cache, CacheMode, CacheRules, CacheScope, Config, Embedder, Encoding, Family,
    GuardrailAction, GuardrailCheck, GuardrailOn, GuardrailRole, HeaderRule, Journal, KeyHash, Known,
    ModelAccess, NanoUsd, OnFailure, Operator, PathRule, Price, Redaction, SchemaSource, SecretRef,
    SharedJournal, Strategy, TextRule, TokenRange, Tokenizer,
};
use tollgate_llm::{Dialect, Endpoint};

const ENTITIES: [&str; 4] = ["US_SSN", "CREDIT_CARD", "URL", "IP_ADDRESS"];

fn parse(text: &str) -> Config {
    Config::parse_with(
        text,
        &Known {
            env: &|_| Some("x".to_owned()),
            entities: Some(&ENTITIES),
            custom: None,
            guardrails: None,
        },
    )
    .unwrap()
}

fn full() -> Config {
    parse(include_str!("../fixtures/right/full.yaml"))
}

fn nanos(input: i64, cached_input: i64, cache_write: i64, output: i64) -> Price {
    Price {
        input: NanoUsd(input),
        cached_input: NanoUsd(cached_input),
        cache_write: NanoUsd(cache_write),
        output: NanoUsd(output),
    }
}

#[test]
fn what_is_written_arrives() {
    let config = full();
    assert_eq!(
        config.envoy.version.to_string(),
        "1.40",
        "an unquoted 1.40 is not 1.4"
    );
    assert!(config.envoy.version.has_composite_clusters());
    assert!(config.envoy.version.set_filter_state_clears_routes());
    assert_eq!(config.listeners[0].max_body, 32 << 20);
    assert_eq!(config.listeners[0].idle_timeout, Duration::from_secs(300));
    assert_eq!(
        config.service.address,
        Address::Unix("/run/tollgate/ext_proc.sock".into())
    );
    assert_eq!(
        config.service.secret,
        Some(SecretRef::File("/run/secrets/tollgate".into()))
    );
    let anthropic = config.provider("anthropic").unwrap();
    assert_eq!((anthropic.dialect, anthropic.url.port), (Dialect::Anthropic, 443));
    assert_eq!(
        anthropic.credential,
        Some(SecretRef::Env("ANTHROPIC_API_KEY".to_owned()))
    );
    assert_eq!(
        (config.cache.max_bytes, config.budget),
        (256 << 20, tollgate_config::BudgetStore::Memory)
    );
}

#[test]
fn the_cache_of_all_policies() {
    let cache = full().cache;
    assert_eq!(
        (cache.tenant_share, cache.coalesce),
        (0.25, Duration::from_secs(20))
    );
    assert_eq!(cache.semantic_timeout, Duration::from_millis(50));
    let Some(Embedder::Endpoint {
        url,
        model,
        dimensions,
        credential,
        ca_file,
    }) = cache.embedder
    else {
        panic!("{:?}", cache.embedder)
    };
    assert_eq!(
        (url.authority(), url.base_path),
        ("embeddings.internal".into(), "/v1".into())
    );
    assert_eq!(
        (model.as_str(), dimensions),
        ("text-embedding-3-small", Some(512))
    );
    assert_eq!(credential, Some(SecretRef::Env("OPENAI_API_KEY".to_owned())));
    assert_eq!(ca_file, None);
    let shared = SharedJournal {
        url: SecretRef::File("/run/secrets/redis-url".into()),
        prefix: "tollgate-prod".to_owned(),
        max_entries: 50_000,
    };
    assert_eq!(cache.journal, Some(Journal::Redis(shared)));
}

#[test]
fn prices_are_exact_and_a_providers_own_overrides() {
    let config = full();
    let model = config.model("gpt-4o").unwrap();
    assert_eq!(model.tokenizer, Tokenizer::Exact(Encoding::O200kBase));
    assert_eq!(
        (model.context_window, model.max_output_tokens),
        (Some(128_000), Some(16_384))
    );
    assert_eq!(
        model.offer("openai").unwrap().price,
        nanos(2_500, 1_250, 0, 10_000)
    );
    assert_eq!(
        model.offer("anthropic").unwrap().price,
        nanos(3_000, 300, 3_750, 15_000)
    );
    assert_eq!(model.offer("anthropic").unwrap().model, "claude-sonnet-4-5");
    assert_eq!(model.highest_price(), nanos(3_000, 1_250, 3_750, 15_000));
    let mini = config.model("gpt-4o-mini").unwrap();
    assert_eq!(
        mini.offer("openai").unwrap().price,
        nanos(150, 75, 150, 600),
        "what is left out costs as input does"
    );
    assert_eq!(mini.offer("anthropic").unwrap().price, Price::default());
    assert!(config.model("gpt-5").is_none());
}

#[test]
fn every_tokenizer_is_written_as_it_is_called() {
    let smallest = include_str!("../fixtures/right/smallest.yaml");
    let exact = Encoding::ALL.map(Tokenizer::Exact);
    for tokenizer in exact.into_iter().chain(Family::ALL.map(Tokenizer::Estimate)) {
        let config = parse(&smallest.replace("encoding: estimate", &format!("encoding: \"{tokenizer}\"")));
        assert_eq!(config.models[0].tokenizer, tokenizer);
    }
}

#[test]
fn pools_and_routes_are_resolved() {
    let config = full();
    let split = config.pool("split").unwrap();
    assert_eq!(split.strategy, Strategy::Weighted);
    assert_eq!(
        split
            .members
            .iter()
            .map(|member| member.weight)
            .collect::<Vec<_>>(),
        [3, 1]
    );
    let [long, lists, default] = config.routes.as_slice() else {
        panic!("{:?}", config.routes)
    };
    assert_eq!(long.pool, *split);
    assert_eq!(long.when.endpoints, [Endpoint::ChatCompletions]);
    assert_eq!(
        long.when.path,
        Some(PathRule::Exact("/v1/chat/completions".to_owned()))
    );
    assert_eq!(long.when.tenants, ["acme"]);
    assert_eq!(
        long.when.prompt_tokens,
        Some(TokenRange {
            min: 1000,
            max: 100_000
        })
    );
    assert!(long.when.models[0].matches("gpt-4o") && !long.when.models[0].matches("claude"));
    let rule = |name: &str, value| HeaderRule {
        name: name.to_owned(),
        value,
    };
    assert_eq!(
        long.when.headers,
        [
            rule("x-stage", TextRule::Prefix("prod".to_owned())),
            rule("x-flag", TextRule::Present(true)),
            rule("x-shard", TextRule::Regex("^[a-f]$".to_owned())),
            rule("x-team", TextRule::Exact("search".to_owned())),
        ]
    );
    assert_eq!(
        lists.when.prompt_tokens,
        Some(TokenRange {
            min: 5,
            max: u64::MAX
        })
    );
    assert!(default.when.is_everything());
}

#[test]
fn policies_and_tenants_are_resolved() {
    let config = full();
    let identity = config.identify(&KeyHash::of("")).unwrap();
    let (tenant, key) = (&identity.tenant, &identity.key);
    assert_eq!((tenant.name.as_str(), key.name.as_str()), ("acme", "ci"));
    assert_eq!(
        tenant.budget,
        Some(Budget {
            limit: NanoUsd(100_000_000_000),
            window: Some(Duration::from_secs(30 * 86_400))
        })
    );
    assert_eq!(
        key.expires,
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_798_761_600))
    );
    assert!(identity.may_use("gpt-4o-mini"));
    assert!(!identity.may_use("gpt-4o"), "the tenant may, this key may not");
    assert_eq!(tenant.policy.on_store_failure, OnFailure::Open);
    assert_eq!(tenant.policy.limits.tokens_per_minute, Some(200_000));
    assert_eq!(
        tenant.policy.cache,
        Cache::On(CacheRules {
            mode: CacheMode::Safe,
            shadow: false,
            ttl: Duration::from_secs(600),
            scope: CacheScope::Tenant,
            tool_calls: false,
            hit_price: 0.1,
            max_prompt_bytes: 300,
        })
    );
    let Redaction::On(rules) = &tenant.policy.redaction else {
        panic!("{:?}", tenant.policy)
    };
    let request = rules.request.as_ref().unwrap();
    assert_eq!((request.default, request.threshold), (Operator::Token, Some(0.6)));
    assert_eq!(request.entities["CREDIT_CARD"], Operator::Mask { keep_last: 4 });
    assert_eq!(request.entities["URL"], Operator::Off);
    assert_eq!(request.allow, ["support@example.com"]);
    assert_eq!(
        rules.answer.as_ref().unwrap().entities["IP_ADDRESS"],
        Operator::Log
    );
    let internal = config.tenant("internal").unwrap();
    assert_eq!(
        (&internal.models, &internal.policy.redaction),
        (&ModelAccess::All, &Redaction::Off)
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = parse(include_str!("../fixtures/right/smallest.yaml"));
    assert_eq!(config.envoy.version.to_string(), "1.40");
    assert_eq!((config.envoy.admin, config.envoy.concurrency), (None, None));
    assert_eq!(
        config.service.address,
        Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 9191)))
    );
    assert_eq!(config.service.on_failure, OnFailure::Closed);
    let provider = &config.providers[0];
    assert_eq!(provider.first_byte_timeout, Duration::from_secs(30));
    assert_eq!(provider.credential, None);
    assert_eq!(config.pools[0].strategy, Strategy::Ordered);
    assert_eq!(config.policies[0].cache, Cache::Off);
    assert_eq!(config.policies[0].on_store_failure, OnFailure::Closed);
    assert_eq!(config.tenants[0].keys[0].budget, None);
}

#[test]
fn anchors_and_merge_keys_are_expanded() {
    let config = parse(include_str!("../fixtures/right/anchors.yaml"));
    let two = config.provider("two").unwrap();
    assert_eq!(
        (two.connect_timeout, two.url.port),
        (Duration::from_secs(1), 8002)
    );
    assert_eq!(
        config.model("a").unwrap().highest_price(),
        config.model("b").unwrap().highest_price()
    );
}

#[test]
fn without_the_engines_names_an_entity_only_has_to_look_like_one() {
    let full = include_str!("../fixtures/right/full.yaml");
    let env = |_: &str| Some("x".to_owned());
    assert!(Config::parse(&full.replace("US_SSN", "NEW_KIND"), &env).is_ok());
    let errors = Config::parse(&full.replace("US_SSN", "us-ssn"), &env).unwrap_err();
    assert!(
        errors.to_string().contains("names of entities are capitals"),
        "{errors}"
    );
}

#[test]
fn guardrails_and_their_checks() {
    let config = parse(include_str!("../fixtures/right/guardrails.yaml"));
    let rules = &config.policies[0].guardrails;
    let rule = |name: &str| rules.iter().find(|rule| rule.name == name).unwrap();
    assert_eq!(rules.len(), 8);
    let rivals = rule("rivals");
    assert_eq!(
        (rivals.on, rivals.action, rivals.dry_run, &rivals.roles),
        (GuardrailOn::Both, GuardrailAction::Block, false, &None)
    );
    assert_eq!(
        rivals.check,
        GuardrailCheck::Listed {
            words: vec!["Globex".into(), "project titan".into()],
            patterns: vec![r"\bGX-\d{4}\b".into()]
        }
    );
    let takeover = rule("takeover");
    assert_eq!(
        takeover.roles,
        Some(vec![GuardrailRole::User, GuardrailRole::Tool])
    );
    assert_eq!(takeover.check, GuardrailCheck::Injection(0.5));
    assert_eq!(rule("short").check, GuardrailCheck::MaxTokens(400));
    assert_eq!(
        rule("sourced-trial").check,
        GuardrailCheck::Citations {
            at_least: 1,
            pattern: None
        }
    );
    // A schema is JSON as it was written: `null` stays, numbers and words keep their kinds.
    let schema = serde_json::json!({
        "type": "object",
        "required": ["city", "on"],
        "additionalProperties": false,
        "properties": {
            "city": { "type": "string", "minLength": 1, "default": null },
            "on": { "type": "boolean", "const": true },
            "degrees": { "type": "number", "maximum": 99.5, "enum": [1, -2.5, "3", ".5"] }
        }
    });
    assert_eq!(
        rule("shape").check,
        GuardrailCheck::JsonSchema(SchemaSource::Inline(schema))
    );
    assert_eq!(
        rule("shape-of-file").check,
        GuardrailCheck::JsonSchema(SchemaSource::File("/etc/tollgate/answer.schema.json".into()))
    );
}
