use super::*;

fn fold(mode: Mode, raw: &str) -> String {
    let mut out = Folded::default();
    let taken = Folder::new(mode).fold(raw, 0, true, &mut out);
    assert_eq!(taken, raw.len());
    String::from_utf8(out.bytes().to_vec()).unwrap()
}

#[test]
fn what_looks_the_same_folds_the_same() {
    for (raw, folded) in [
        ("plain 123 text", "plain 123 text"),
        ("a\u{200b}b\u{ad}c\u{feff}d\u{e0041}e", "abcde"),
        ("４１１１－１１１１", "4111-1111"),
        ("٤١١١ ۴۱ ४१ 𝟒𝟏𝟙𝟣", "4111 41 41 4111"),
        ("а@ех.соm", "a@ex.com"),
        ("user＠example．com", "user@example.com"),
        ("75\u{a0}196\u{2011}772", "75 196-772"),
        ("12**34 **bold** a*b ***x", "1234 bold a*b x"),
        (r"453\u0035\u0040x", "4535@x"),
        (r"\\u0035\\n", "5\\\n"),
        ("a&#64;b&#x2e;c%40d 100% &amp;", "a@b.c@d 100% &amp;"),
        ("ﬁ① é 日本", "fi1 é 日本"),
    ] {
        assert_eq!(fold(Mode::Text, raw), folded, "{raw:?}");
    }
}

#[test]
fn json_strings_are_decoded_and_structure_stays() {
    for (raw, folded) in [
        (r#"{"a\"b":"x\u0040y\ud83d\ude00"}"#, "{\"a\u{1}b\":\"x@y😀\"}"),
        (
            r#"{"a":"\u0022&#34;%22＂“b"}"#,
            "{\"a\":\"\u{1}\u{1}\u{1}\u{1}\u{1}b\"}",
        ),
        (r#" ["c:\\","n\\u0040"]"#, r#" ["c:\","n@"]"#),
        (r"not \u0040 json", "not @ json"),
    ] {
        assert_eq!(fold(Mode::MaybeJson, raw), folded, "{raw:?}");
    }
}

#[test]
fn letters_that_look_alike() {
    for c in 'a'..='z' {
        assert_eq!(super::chars::fold(c), Fold::Keep);
    }
    assert_eq!(super::chars::fold('к'), Fold::To(b'k'));
    assert_eq!(super::chars::fold('Ь'), Fold::To(b'b'));
    assert_eq!(super::chars::fold('ω'), Fold::To(b'w'));
    assert_eq!(super::chars::fold('Ꮯ'), Fold::To(b'C'));
}

#[test]
fn the_map_leads_back_to_the_original_bytes() {
    let raw = "x\u{200b}４１é\\u0040z";
    let mut out = Folded::default();
    Folder::new(Mode::Text).fold(raw, 0, true, &mut out);
    assert_eq!(out.bytes(), "x41é@z".as_bytes());
    assert_eq!(&raw[out.raw_start(1)..out.raw_end(3)], "４１");
    assert_eq!(&raw[out.raw_start(5)..out.raw_end(6)], "\\u0040");
    assert_eq!(&raw[out.raw_start(0)..out.raw_end(1)], "x");
}
