//! What single characters fold to: NFKC, digits of any script, look-alikes, dashes, spaces, invisible characters.
//! Must not know escapes or neighbours: the fold of a character depends on nothing else, so a stream can be cut anywhere.

use std::sync::LazyLock;

/// What becomes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// It stays.
    Keep,
    /// It disappears (format characters, variation selectors, combining marks).
    Drop,
    /// An ASCII character stands for it.
    To(u8),
    /// Its compatibility decomposition stands for it.
    Compat,
}

/// Zeros of the decimal digits (general category Nd, Unicode 16), each followed by one to nine.
/// <https://www.unicode.org/Public/UCD/latest/ucd/extracted/DerivedGeneralCategory.txt>
const ZEROS: [u32; 70] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
    0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30,
    0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0,
    0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16130, 0x16A60,
    0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

/// Look-alikes of Latin letters, from Unicode's confusables (UTS 39), as pairs of strings of equal length.
const LOOKALIKES: &[(&str, &str)] = &[
    // Cyrillic
    ("аеорсухіјѕһԁԛԝѵьвмнтк", "aeopcyxijshdqwvbbmhtk"),
    ("АВЕКМНОРСТУХІЈЅԌԚԜѴЬ", "ABEKMHOPCTYXIJSGQWVb"),
    // Greek
    ("αβγεικνορτυχω", "abyeiknoptuxw"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),
    // Armenian, Cherokee and other Latin-like letters that occur in homograph attacks
    ("օսոհցցզՕՍ", "ouungqqOU"),
    ("ᎪᏴᏟᎠᎬᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᏔᏃ", "ABCDEHJKLMPRSTVWZ"),
    ("ıɑɡɩʋꞵꓲꓳꓴ", "iagivBIOU"),
];

/// What becomes of `c`.
pub(super) fn fold(c: char) -> Fold {
    let code = c as u32;
    match code {
        0x00..=0x1F if !matches!(code, 1 | 9 | 10 | 13) => Fold::To(b' '),
        0x00..=0x7E => Fold::Keep,
        0x7F..=0x84 | 0x86..=0x9F => Fold::Drop,
        0x85 | 0x2028 | 0x2029 => Fold::To(b'\n'),
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 => Fold::To(b' '),
        0xAD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F => Fold::Drop,
        0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFEFF | 0xFFA0 => Fold::Drop,
        0xFFF0..=0xFFFB | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF => Fold::Drop,
        _ if is_mark(c) => Fold::Drop,
        0x2010..=0x2015 | 0x2043 | 0x2212 | 0x2E3A | 0x2E3B | 0xFE58 | 0xFE63 | 0xFF0D | 0x058A | 0x1806 => {
            Fold::To(b'-')
        }
        0x2018 | 0x2019 | 0x02BC => Fold::To(b'\''),
        0x201C..=0x201F => Fold::To(INNER_QUOTE_ASCII),
        0x2024 | 0xFE52 | 0xFF0E | 0xFF61 => Fold::To(b'.'),
        0xFE6B | 0xFF20 => Fold::To(b'@'),
        0x0370..=0x0482 | 0x048A..=0x056F => lookalike(c),
        // Scripts without digits, look-alikes or compatibility forms, tested first because they fill whole texts.
        0x3041..=0x3096 | 0x30A1..=0x30FA | 0x3400..=0x9FFF | 0xAC00..=0xD7A3 => Fold::Keep,
        _ => fold_rare(c),
    }
}

/// A typographic quote separates like an ASCII one but must not be taken for JSON syntax.
const INNER_QUOTE_ASCII: u8 = super::INNER_QUOTE;

/// Combining marks and variation selectors, which hide a character from a comparison without hiding it from a reader.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x0300..=0x036F | 0x0483..=0x0489 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF
        | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F)
}

/// The letter that `c` looks like. Greek and Cyrillic, which whole texts are written in, have a table.
fn lookalike(c: char) -> Fold {
    static COMMON: LazyLock<[u8; 0x200]> = LazyLock::new(|| {
        std::array::from_fn(|i| char::from_u32(0x0370 + i as u32).and_then(search).unwrap_or(0))
    });
    let ascii = match COMMON.get((c as usize).wrapping_sub(0x0370)) {
        Some(&ascii) => ascii,
        None => search(c).unwrap_or(0),
    };
    if ascii == 0 { Fold::Keep } else { Fold::To(ascii) }
}

fn search(c: char) -> Option<u8> {
    LOOKALIKES.iter().find_map(|(from, to)| {
        to.as_bytes()
            .get(from.chars().position(|look| look == c)?)
            .copied()
    })
}

fn fold_rare(c: char) -> Fold {
    let code = c as u32;
    let after = ZEROS.partition_point(|&zero| zero <= code);
    if let Some(&zero) = after.checked_sub(1).and_then(|i| ZEROS.get(i))
        && code - zero < 10
    {
        return Fold::To(b'0' + (code - zero) as u8);
    }
    match code {
        // Modifier letters have compatibility forms.
        0x02B0..=0x02FF => Fold::Compat,
        0x0131 | 0x0250..=0x02AF | 0x0370..=0x0587 | 0x13A0..=0x13FF | 0xA4D0..=0xA7FF => lookalike(c),
        // Accented letters keep their accent; NFKC would put it back anyway.
        0xC0..=0x017F | 0x1E00..=0x1EFF => Fold::Keep,
        0xAA..=0xBE | 0x1D00..=0x1DBF | 0x2070..=0x218F | 0x2460..=0x24FF | 0x3200..=0x33FF => Fold::Compat,
        0xFB00..=0xFFEF | 0x1D400..=0x1D7FF | 0x1F100..=0x1F1FF | 0x2026 | 0x203C => Fold::Compat,
        _ => Fold::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_come_in_pairs() {
        for (from, to) in LOOKALIKES {
            assert_eq!(from.chars().count(), to.len(), "{from} {to}");
            assert!(from.chars().all(|c| matches!(fold(c), Fold::To(_))), "{from}");
        }
    }

    #[test]
    fn zeros_are_in_order() {
        assert!(ZEROS.windows(2).all(|pair| pair[0] + 10 <= pair[1]));
    }
}
