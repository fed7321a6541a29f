use super::search::{LONGEST, Set};
use super::*;

#[test]
fn patterns_are_sound() {
    assert!(kinds().count() <= Set::CAPACITY);
    for kind in kinds() {
        assert!(kind.pattern.len() <= LONGEST, "{}", kind.entity);
        let letters = |pattern: &str| pattern.bytes().filter(u8::is_ascii_alphanumeric).count();
        assert!(
            kind.written.is_empty() || letters(kind.written) == kind.pattern.len(),
            "{}",
            kind.entity
        );
        assert!(kind.strong || !kind.words.is_empty(), "{}", kind.entity);
        // No check may panic, whatever fits the pattern.
        for fill in [(b'0', b'A'), (b'9', b'Z'), (b'5', b'M'), (b'1', b'X')] {
            let chars: Vec<u8> = kind
                .pattern
                .bytes()
                .map(|p| match p {
                    b'9' => fill.0,
                    b'A' | b'X' => fill.1,
                    other => other,
                })
                .collect();
            (kind.check)(&chars);
            let digits: Vec<u8> = kind
                .pattern
                .bytes()
                .map(|p| if matches!(p, b'9' | b'X') { fill.0 } else { p })
                .collect();
            (kind.check)(&digits);
        }
    }
}

#[test]
fn checks_are_those_of_the_standards() {
    assert!(checks::verhoeff(b"234123412346"));
    assert!(!checks::verhoeff(b"234123412347"));
    assert!(checks::mod_11_10(b"86095742719"));
    assert!(checks::ean13(b"4006381333931"));
    assert!(checks::luhn(b"79927398713"));
    assert!(!checks::luhn(b"79927398714"));
}
