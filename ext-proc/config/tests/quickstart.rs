//! The example that `cargo demo` runs is a right file, says nothing that would have to be warned about, and knows the
//! keys that the README tells people to use.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::path::Path;

use tollgate_config::{Config, KeyHash, Known};

#[test]
fn the_quickstart_is_right_and_its_keys_are_known() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/quickstart/tollgate.yaml");
    let entities = [
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "CREDIT_CARD",
        "IBAN_CODE",
        "US_SSN",
        "IP_ADDRESS",
        "URL",
        "SECRET",
    ];
    let config = Config::load_with(
        &path,
        &Known {
            env: &|_| Some("x".to_owned()),
            entities: Some(&entities),
            custom: None,
            guardrails: None,
        },
    )
    .unwrap();
    assert_eq!(config.warnings, []);

    for (key, name) in [("tg-demo-acme-app", "app"), ("tg-demo-acme-tiny", "tiny")] {
        let identity = config.identify(&KeyHash::of(key)).unwrap();
        assert_eq!(
            (identity.tenant.name.as_str(), identity.key.name.as_str()),
            ("acme", name)
        );
        assert!(identity.may_use("gpt-4o"));
    }
    assert!(config.identify(&KeyHash::of("tg-demo-acme-other")).is_none());
}
