use super::*;

fn pass(a: &str, b: &str) {
    assert_eq!(check(a, b), Ok(()), "{a} | {b}");
    assert_eq!(check(b, a), Ok(()), "{b} | {a}");
}

fn fail(a: &str, b: &str, why: Mismatch) {
    assert_eq!(check(a, b), Err(why), "{a} | {b}");
    assert!(check(b, a).is_err(), "{b} | {a}");
}

#[test]
fn smoke() {
    pass("How do I reset my password?", "how can I change my password");
    fail("How do I enable it?", "How do I disable it?", Mismatch::Antonym);
}

#[test]
fn debugging() {
    if let Ok(lines) = std::env::var("DBG") {
        for line in lines.lines() {
            let p = Prompt::new(line);
            println!("{line}\n  {:?}", p.bits);
            for i in &p.items {
                println!(
                    "  {} {:?} {:?} {:?} {:?} g{:?} asked={} joined={}",
                    p.text.str(p.text.tokens[i.token]),
                    i.kind,
                    i.role,
                    i.tag,
                    i.marker,
                    i.groups(),
                    i.asked,
                    i.joined
                );
            }
        }
    }
}
