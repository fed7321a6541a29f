//! Spans of any text are in order, on whole characters and never empty; redaction keeps JSON what it is.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tollgate_redact::{Engine, Entity, Operator, Redactor, Rules, TenantKey, Verdict};

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    Entity::ALL
        .iter()
        .fold(Rules::builder(), |rules, entity| rules.entity(*entity, Operator::Placeholder).threshold(*entity, 0.0))
        .build()
        .expect("thresholds are in range")
});

fuzz_target!(|text: &str| {
    let mut spans = Vec::new();
    ENGINE.find(text, &mut spans);
    let mut end = 0;
    for span in &spans {
        assert!(end <= span.range.start && span.range.start < span.range.end, "{spans:?}");
        assert!(text.get(span.range.clone()).is_some(), "{span:?}");
        end = span.range.end;
    }
    let mut redactor = Redactor::new(&ENGINE, &RULES, TenantKey::new([1; 32]));
    redactor.text(text);
    // The text as a string of JSON.
    let quoted = format!("{{\"a\":{:?}}}", text.escape_default().to_string());
    if let Verdict::Pass(out) = redactor.json(&quoted) {
        let bare = out.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count(), 4, "{quoted} became {out}");
    }
});
