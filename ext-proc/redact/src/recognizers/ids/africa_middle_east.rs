//! National and tax identifiers of Africa and the Middle East.
//! Must not know how text is searched; see [`Kind`].

use super::checks::{day_month, luhn, number, repeated, weighted};
use super::{Kind, bare, strong};
use crate::entity::Entity;

pub(super) const KINDS: &[Kind] = &[
    // Department of Home Affairs: date of birth, citizen, resident or refugee, 8 or 9, Luhn.
    bare(
        Entity::ZaId,
        "9999999999999",
        "",
        za_id,
        &[
            "id number",
            "identity number",
            "south african id*",
            "sa id",
            "said",
            "rsa id",
            "id no",
            "refugee id",
            "permanent resident",
        ],
    ),
    // NIMC and CBN: eleven digits.
    bare(
        Entity::NgNin,
        "99999999999",
        "",
        any,
        &["nin", "national identification", "nimc"],
    ),
    bare(
        Entity::NgNin,
        "99999999999",
        "",
        any,
        &["bvn", "bank verification"],
    ),
    // Ministry of Interior: Luhn.
    bare(
        Entity::IlId,
        "999999999",
        "",
        luhn,
        &[
            "teudat zehut",
            "תעודת זהות",
            "תעודת הזהות",
            "מספר זהות",
            "israeli id",
            "ת.ז",
            "ת״ז",
            "ת\"ז",
            "mispar zehut",
        ],
    ),
    // ICP: 784, year of birth, Luhn.
    strong(
        Entity::AeEmiratesId,
        "784999999999999",
        "784-9999-9999999-9",
        luhn,
        &["emirates id", "eid", "uae id"],
    ),
    // Ministry of Interior: begins with 1 or 2, Luhn.
    bare(
        Entity::SaNationalId,
        "9999999999",
        "",
        saudi,
        &["iqama", "saudi id", "national id", "هوية", "الهوية", "الإقامة"],
    ),
    // Century, date of birth, governorate.
    bare(
        Entity::EgNationalId,
        "99999999999999",
        "",
        egypt,
        &["national id", "الرقم القومي", "egyptian id"],
    ),
    // KRA: A or P, nine digits, a letter.
    bare(Entity::KeKraPin, "A999999999A", "", kra, &["kra", "kra pin"]),
];

fn any(chars: &[u8]) -> bool {
    !repeated(chars)
}

fn za_id(chars: &[u8]) -> bool {
    day_month(number(&chars[4..6]), number(&chars[2..4]))
        && matches!(chars[10], b'0'..=b'2')
        && matches!(chars[11], b'8' | b'9')
        && luhn(chars)
}

fn saudi(chars: &[u8]) -> bool {
    matches!(chars[0], b'1' | b'2') && luhn(chars)
}

fn egypt(chars: &[u8]) -> bool {
    matches!(chars[0], b'2' | b'3')
        && day_month(number(&chars[5..7]), number(&chars[3..5]))
        && weighted(chars, &[1; 14]) > 0
}

fn kra(chars: &[u8]) -> bool {
    matches!(chars[0], b'A' | b'P')
}
