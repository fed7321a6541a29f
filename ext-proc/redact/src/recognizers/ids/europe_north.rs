//! National identifiers of northern Europe.
//! Must not know how text is searched; see [`Kind`].

use super::checks::{day_month, digit, luhn, number, repeated, weighted};
use super::{Kind, bare, strong};
use crate::entity::Entity;

pub(super) const KINDS: &[Kind] = &[
    // DVV: modulo 31.
    strong(
        Entity::FiPersonalIdentityCode,
        "999999A999X",
        "",
        hetu_letter,
        &["hetu", "henkilötunnus", "personal identity"],
    ),
    // DVV: date of birth, remainder by 31 as a character.
    strong(
        Entity::FiPersonalIdentityCode,
        "999999999X",
        "999999-999X",
        hetu,
        &["hetu", "henkilötunnus", "personal identity"],
    ),
    // Skatteverket: Luhn over ten digits.
    bare(
        Entity::SePersonnummer,
        "9999999999",
        "999999-9999",
        personnummer,
        &[
            "personnummer*",
            "personnumret",
            "personnr",
            "pnr",
            "samordningsnummer*",
            "swedish id*",
            "personal identity",
        ],
    ),
    // Skatteverket, SKV 704: date of birth, Luhn.
    bare(
        Entity::SePersonnummer,
        "999999999999",
        "99999999-9999",
        personnummer_long,
        &[
            "personnummer*",
            "personnumret",
            "personnr",
            "pnr",
            "samordningsnummer*",
            "swedish id*",
            "personal identity",
        ],
    ),
    // Skatteetaten: two check digits.
    bare(
        Entity::NoFnr,
        "99999999999",
        "999999 99999",
        fnr,
        &[
            "fødselsnummer*",
            "fodselsnummer*",
            "personnummer*",
            "fnr",
            "d-nummer*",
        ],
    ),
    // CPR-kontoret: date of birth; the check digit is no longer kept to.
    bare(
        Entity::DkCpr,
        "9999999999",
        "999999-9999",
        cpr,
        &["cpr", "personnummer*", "cpr-nr", "cpr-nummer*"],
    ),
    // Þjóðskrá: modulo 11.
    bare(
        Entity::IsKennitala,
        "9999999999",
        "999999-9999",
        kennitala,
        &["kennitala", "kt"],
    ),
];

/// The control character of the nine digits of a Finnish code.
fn hetu_check(digits: u64, check: u8) -> bool {
    b"0123456789ABCDEFHJKLMNPRSTUVWXY"[(digits % 31) as usize] == check
}

fn hetu(chars: &[u8]) -> bool {
    day_month(number(&chars[..2]), number(&chars[2..4])) && hetu_check(number(&chars[..9]), chars[9])
}

fn hetu_letter(chars: &[u8]) -> bool {
    b"ABCDEFYXWVU".contains(&chars[6])
        && day_month(number(&chars[..2]), number(&chars[2..4]))
        && hetu_check(number(&chars[..6]) * 1000 + number(&chars[7..10]), chars[10])
}

fn personnummer(chars: &[u8]) -> bool {
    let day = number(&chars[4..6]);
    day_month(if day > 60 { day - 60 } else { day }, number(&chars[2..4])) && luhn(chars)
}

fn personnummer_long(chars: &[u8]) -> bool {
    matches!(number(&chars[..2]), 18..=20) && personnummer(&chars[2..])
}

fn fnr(chars: &[u8]) -> bool {
    let day = number(&chars[..2]);
    day_month(if day > 40 { day - 40 } else { day }, number(&chars[2..4]) % 40)
        && (11 - weighted(chars, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11 == digit(chars[9])
        && (11 - weighted(chars, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == digit(chars[10])
}

fn cpr(chars: &[u8]) -> bool {
    day_month(number(&chars[..2]), number(&chars[2..4])) && !repeated(chars)
}

fn kennitala(chars: &[u8]) -> bool {
    let day = number(&chars[..2]);
    matches!(chars[9], b'8' | b'9' | b'0')
        && day_month(if day > 40 { day - 40 } else { day }, number(&chars[2..4]))
        && (11 - weighted(chars, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == digit(chars[8])
}
