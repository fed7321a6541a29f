//! Identifiers of things and accounts that are the same everywhere.
//! Must not know how text is searched; see [`Kind`].

use super::checks::{luhn, repeated};
use super::{Kind, bare, strong};
use crate::entity::Entity;

pub(super) const KINDS: &[Kind] = &[
    // ISO 3779 and 49 CFR 565: position 9 checks the rest.
    strong(
        Entity::Vin,
        "XXXXXXXXXXXXXXXXX",
        "",
        vin,
        &["vin", "vehicle identification", "chassis", "fahrgestell*"],
    ),
    // 3GPP TS 23.003 6.2: 14 digits and Luhn.
    bare(
        Entity::Imei,
        "999999999999999",
        "99-999999-999999-9",
        luhn,
        &["imei", "device id"],
    ),
    // ISO 9362: bank, country, location, branch.
    bare(
        Entity::SwiftCode,
        "AAAAAAXX",
        "",
        swift,
        &["swift*", "bic", "bic code"],
    ),
    // ISO 9362: institution, country, place, branch.
    bare(
        Entity::SwiftCode,
        "AAAAAAXXXXX",
        "",
        swift,
        &["swift*", "bic", "bic code"],
    ),
];

fn vin(chars: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |b: u8| match b {
        b'0'..=b'9' => Some(u32::from(b - b'0')),
        b'A'..=b'H' => Some(u32::from(b - b'A') + 1),
        b'J'..=b'N' => Some(u32::from(b - b'J') + 1),
        b'P' => Some(7),
        b'R' => Some(9),
        b'S'..=b'Z' => Some(u32::from(b - b'S') + 2),
        _ => None,
    };
    let sum = chars
        .iter()
        .zip(WEIGHTS)
        .try_fold(0, |sum, (&b, weight)| Some(sum + value(b)? * weight));
    let letters = chars.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let expected = match sum.map(|sum| sum % 11) {
        Some(10) => b'X',
        Some(rest) => b'0' + rest as u8,
        None => return false,
    };
    chars[8] == expected && letters >= 3 && chars[13..].iter().all(u8::is_ascii_digit)
}

/// The country must be one: the fifth and sixth letter.
pub(in crate::recognizers) fn swift(chars: &[u8]) -> bool {
    const COUNTRIES: &str = "AD AE AL AM AR AT AU AZ BA BB BD BE BG BH BM BN BO BR BS BY CA CH CL CN CO CR CU CY CZ DE DK DO DZ EC EE EG \
        ES FI FJ FR GB GE GH GI GR GT HK HN HR HU ID IE IL IN IQ IR IS IT JM JO JP KE KH KR KW KY KZ LA LB LI LK LT LU LV LY MA MC MD ME MK \
        MM MN MO MT MU MX MY NA NG NI NL NO NP NZ OM PA PE PH PK PL PT PY QA RO RS RU SA SE SG SI SK SM SN SV SY TH TN TR TT TW TZ UA UG \
        US UY UZ VE VN YE ZA ZM ZW";
    COUNTRIES
        .split_ascii_whitespace()
        .any(|country| country.as_bytes() == &chars[4..6])
        && !repeated(chars)
}
