//! The decoder on streams as data, each of them cut at every byte.

use proptest::prelude::*;

use super::*;

/// An event as the tests compare it: name, data and id. Where a cut falls between `\r` and `\n` the raw bytes of two
/// neighbours share the line end differently, so raw bytes are compared as a whole.
type Fields = (Option<String>, String, Option<String>);

struct Decoded {
    events: Vec<Fields>,
    raw: Vec<u8>,
    cut: bool,
}

fn decode<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = Decoder::new();
    let (mut events, mut raw) = (Vec::new(), Vec::new());
    for chunk in chunks {
        let result = decoder.push(chunk, |event| {
            raw.extend_from_slice(event.raw);
            let owned = |text: Option<&str>| text.map(str::to_owned);
            events.push((owned(event.event), event.data.to_owned(), owned(event.id)));
        });
        result.unwrap();
    }
    let leftover = decoder.finish();
    raw.extend_from_slice(&leftover.raw);
    Decoded {
        events,
        raw,
        cut: leftover.cut,
    }
}

/// What each stream decodes to: name and data per event, and whether the end is missing.
type Case = (
    &'static str,
    &'static [(Option<&'static str>, &'static str)],
    bool,
);

const STREAMS: &[Case] = &[
    ("", &[], false),
    ("data: a\n\n", &[(None, "a")], false),
    ("data: a\r\n\r\n", &[(None, "a")], false),
    ("data: a\r\r", &[(None, "a")], false),
    ("data: a\n\r\n", &[(None, "a")], false),
    ("data: a\r\n\n", &[(None, "a")], false),
    ("data: a\n\ndata: b\n\n", &[(None, "a"), (None, "b")], false),
    (
        "data: a\r\n\r\ndata: b\r\n\r\n",
        &[(None, "a"), (None, "b")],
        false,
    ),
    ("data: a\r\rdata: b\r\r", &[(None, "a"), (None, "b")], false),
    (
        "event: x\ndata: {\"a\":1}\n\n",
        &[(Some("x"), "{\"a\":1}")],
        false,
    ),
    ("data:a\ndata:  b\ndata\ndata:\n\n", &[(None, "a\n b\n\n")], false),
    ("data: one\r\ndata: two\r\n\r\n", &[(None, "one\ntwo")], false),
    (": comment\n\n", &[(None, "")], false),
    (": ping\r\n\r\n: ping\r\n\r\n", &[(None, ""), (None, "")], false),
    ("\n\n", &[(None, ""), (None, "")], false),
    ("event: ping\n\n", &[(Some("ping"), "")], false),
    (
        "event: a\nevent: b\nid: 7\nretry: 10\nunknown: x\ndata: y\n\n",
        &[(Some("b"), "y")],
        false,
    ),
    ("\u{feff}data: a\n\n", &[(None, "a")], false),
    ("\u{feff}\ndata: a\n\n", &[(None, ""), (None, "a")], false),
    (
        "data: a\n\n\u{feff}data: b\n\n",
        &[(None, "a"), (None, "")],
        false,
    ),
    (
        "data: naïve 😀 \u{2028}\n\n",
        &[(None, "naïve 😀 \u{2028}")],
        false,
    ),
    ("data: a:b: c\n\n", &[(None, "a:b: c")], false),
    ("data: a", &[], true),
    ("data: a\n", &[], true),
    ("data: a\n\ndata: [DONE]\n", &[(None, "a")], true),
    ("data: a\r\n\r\n: c", &[(None, "a")], true),
    ("data: a\r", &[], true),
    ("\u{feff}", &[], false),
];

#[test]
fn every_stream_decodes_the_same_whatever_the_chunks() {
    for (stream, events, cut) in STREAMS {
        let bytes = stream.as_bytes();
        let check = |decoded: Decoded, how: &str| {
            let found: Vec<_> = decoded
                .events
                .iter()
                .map(|(e, d, _)| (e.as_deref(), d.as_str()))
                .collect();
            assert_eq!(found, *events, "{stream:?} {how}");
            assert_eq!(decoded.raw, bytes, "{stream:?} {how}");
            assert_eq!(decoded.cut, *cut, "{stream:?} {how}");
        };
        check(decode([bytes]), "whole");
        check(decode(bytes.chunks(1)), "byte by byte");
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            check(decode([head, tail]), &format!("cut at {at}"));
        }
    }
}

#[test]
fn an_event_is_given_as_soon_as_it_ends() {
    for stream in ["data: a\n\n", "data: a\r\n\r\n", "data: a\r\r", "data: a\r\n\r"] {
        let mut decoder = Decoder::new();
        let mut seen = 0;
        decoder.push(stream.as_bytes(), |_| seen += 1).unwrap();
        assert_eq!(seen, 1, "{stream:?}");
        assert!(!decoder.is_mid_event());
    }
}

#[test]
fn ids_are_read() {
    assert_eq!(
        decode([&b"id: 42\ndata: a\n\n"[..]]).events,
        [(None, "a".into(), Some("42".into()))]
    );
}

#[test]
fn bytes_that_are_no_text_become_replacement_characters_and_raw_keeps_them() {
    let stream = b"data: a\xffb\n\n";
    for at in 0..=stream.len() {
        let (head, tail) = stream.split_at(at);
        let decoded = decode([head, tail]);
        assert_eq!(decoded.events, [(None, "a\u{fffd}b".to_owned(), None)]);
        assert_eq!(decoded.raw, stream);
    }
}

#[test]
fn events_are_bounded() {
    let limit = SseError::TooLarge { limit: 16 };
    let event = b"data: 12345678\n\n";
    for chunk in [1, 3, 16] {
        let mut decoder = Decoder::with_limit(16);
        let mut seen = 0;
        for part in [&event[..], event].concat().chunks(chunk) {
            decoder.push(part, |_| seen += 1).unwrap();
        }
        assert_eq!(seen, 2);
        let result = b"data: 123456789\n\n"
            .chunks(chunk)
            .try_for_each(|part| decoder.push(part, |_| seen += 1));
        assert_eq!(result, Err(limit));
        assert_eq!(
            decoder.push(event, |_| seen += 1),
            Err(limit),
            "a broken stream stays broken"
        );
        assert_eq!(seen, 2);
    }
}

#[test]
fn what_is_encoded_decodes() {
    let cases = [
        (None, "{}", "data: {}\n\n"),
        (Some("message_stop"), "{}", "event: message_stop\ndata: {}\n\n"),
        (None, "", "data: \n\n"),
        (None, "a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (None, "a\n", "data: a\ndata: \n\n"),
        (Some("a\r\nb"), "x", "event: ab\ndata: x\n\n"),
    ];
    for (event, data, expected) in cases {
        let mut out = Vec::new();
        encode(&mut out, event, data);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_chunks_come_out_whole_and_the_same(
        bytes in prop::collection::vec(prop::sample::select(b"d:\r\n \xef\xbb\xbf\xf0\x9f".to_vec()), 0..64),
        cuts in prop::collection::vec(0_usize..64, 0..6),
    ) {
        let whole = decode([&bytes[..]]);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let parts = decode(cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]));
        prop_assert_eq!(&whole.raw, &bytes);
        prop_assert_eq!(&parts.raw, &bytes);
        prop_assert_eq!(whole.events, parts.events);
        prop_assert_eq!(whole.cut, parts.cut);
    }

    #[test]
    fn any_data_survives_the_way_there_and_back(data in "[^\r]*", event in prop::option::of("[a-z._]{1,12}")) {
        let mut out = Vec::new();
        encode(&mut out, event.as_deref(), &data);
        prop_assert_eq!(decode([&out[..]]).events, [(event, data, None)]);
    }
}
