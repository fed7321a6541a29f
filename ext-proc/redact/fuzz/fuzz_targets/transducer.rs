//! However a text is cut, what comes out of a stream is what comes out of the whole.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use tollgate_redact::{
    Counts, Custom, Engine, Entity, Kind, Operator, Rules, TenantKey, Transducer, Vault, Verdict, restore,
};

static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| Arc::new(Engine::new()));
static VAULT: LazyLock<Arc<Vault>> = LazyLock::new(|| Arc::new(Vault::new(TenantKey::new([1; 32]))));
static RULES: LazyLock<[Arc<Rules>; 3]> = LazyLock::new(|| {
    let usual = || Rules::builder().usual(Operator::Placeholder);
    let all = Entity::ALL
        .iter()
        .fold(Rules::builder(), |rules, entity| rules.entity(*entity, Operator::Placeholder).threshold(*entity, 0.0));
    let custom = Custom {
        name: "WORD".to_owned(),
        words: vec!["ab".to_owned(), "a b".to_owned()],
        patterns: vec![r"\d \d".to_owned()],
        context: Vec::new(),
        score: 0.8,
        operator: Operator::Placeholder,
    };
    [usual(), all, usual().custom(custom)].map(|rules| Arc::new(rules.build().expect("they are sound")))
});

fuzz_target!(|input: (&str, [u8; 8], u8)| {
    let (text, sizes, choice) = input;
    let rules = &RULES[usize::from(choice) % RULES.len()];
    let kind = if choice >= 128 { Kind::Json } else { Kind::Text };
    let whole = match restore(&ENGINE, rules, &VAULT, kind, text, &mut Counts::default()) {
        Verdict::Pass(whole) => whole.into_owned(),
        Verdict::Blocked(entity) => panic!("nothing blocks, but {entity} did"),
    };
    let mut transducer = Transducer::new(ENGINE.clone(), rules.clone(), VAULT.clone(), kind);
    let mut out = String::new();
    let mut rest = text;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let mut cut = rest.len().min(usize::from(*size).max(1));
        while !rest.is_char_boundary(cut) {
            cut += 1;
        }
        transducer.push(&rest[..cut], &mut out);
        assert!(transducer.held() < 8400, "{} bytes held", transducer.held());
        rest = &rest[cut..];
    }
    transducer.finish(&mut out);
    assert_eq!(out, whole, "{text:?} as {kind:?} in pieces of {sizes:?}");
});
