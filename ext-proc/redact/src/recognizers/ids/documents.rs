//! Passports, driving licences and identity cards of Europe, whose numbers are the document's and not the person's.
//! Must not know how text is searched; see [`Kind`].

use super::checks::{day_month, digit, number, repeated};
use super::{Kind, bare, strong};
use crate::entity::Entity;

pub(super) const KINDS: &[Kind] = &[
    // HM Passport Office, ICAO 9303: nine digits; since 2023 two letters and seven.
    bare(
        Entity::UkPassport,
        "AA9999999",
        "",
        any,
        &["passport*", "uk passport"],
    ),
    bare(
        Entity::UkPassport,
        "999999999",
        "",
        any,
        &["uk passport", "british passport"],
    ),
    // DVLA, INS57P: five characters of the surname, decade, month (women's plus 50), day, year, initials, and three more.
    strong(
        Entity::UkDrivingLicence,
        "AXXXX999999AX9AA",
        "AXXXX 999999 AX9AA",
        dvla,
        &["driving licen*", "driver number", "dvla", "licence"],
    ),
    // BMI, PAuswV and PassV: four characters of the authority, five at random; no vowels and none that look alike.
    bare(
        Entity::DePassport,
        "AXXXXXXXX",
        "",
        passport_de,
        &["reisepass*", "passnummer", "pass-nr", "passnr", "german passport"],
    ),
    bare(
        Entity::DeIdCard,
        "AXXXXXXXX",
        "",
        id_card_de,
        &["personalausweis*", "ausweis*", "german id*"],
    ),
    // The same with ICAO 9303's check digit: weights 7 3 1.
    bare(
        Entity::DeIdCard,
        "AXXXXXXXX9",
        "",
        icao,
        &["personalausweis*", "ausweis*", "reisepass*", "passnummer"],
    ),
    // FeV Anlage 8: the authority, a number, a check digit, which copy.
    bare(
        Entity::DeFuehrerschein,
        "AXXXXXXXXXX",
        "",
        fuehrerschein,
        &["führerschein*", "fuehrerschein*", "fahrerlaubnis*"],
    ),
    // Ministerio de Asuntos Exteriores: three letters and six digits.
    bare(
        Entity::EsPassport,
        "AAA999999",
        "",
        any,
        &["pasaporte*", "spanish passport"],
    ),
    // Ministero dell'Interno: passports and paper identity cards have two letters and seven digits,
    bare(
        Entity::ItPassport,
        "AA9999999",
        "",
        any,
        &["passaport*", "italian passport"],
    ),
    bare(
        Entity::ItIdentityCard,
        "AA9999999",
        "",
        any,
        &["carta d'identit*", "carta di identit*", "carta identit*"],
    ),
    // electronic ones seven digits and two letters, since 2016 two, five and two.
    bare(
        Entity::ItIdentityCard,
        "9999999AA",
        "",
        any,
        &["carta d'identit*", "carta di identit*", "carta identit*", "cie"],
    ),
    bare(
        Entity::ItIdentityCard,
        "AA99999AA",
        "",
        any,
        &["carta d'identit*", "carta di identit*", "carta identit*", "cie"],
    ),
    // Motorizzazione Civile: province or U1, seven characters, a letter.
    bare(
        Entity::ItDriverLicense,
        "AA9999999A",
        "",
        any,
        &["patente", "patente di guida", "italian driv*"],
    ),
    bare(
        Entity::ItDriverLicense,
        "U1XXXXXXXA",
        "",
        any,
        &[
            "patente",
            "patente di guida",
            "italian driv*",
            "license",
            "licence",
        ],
    ),
    // МВД, приказ 773: region and year of the form, then six digits.
    bare(
        Entity::Passport,
        "9999999999",
        "",
        passport_ru,
        &["паспорт*", "серия", "серии"],
    ),
];

fn any(chars: &[u8]) -> bool {
    !repeated(chars)
}

fn dvla(chars: &[u8]) -> bool {
    // Nines fill a short name.
    let letters = chars[..5].iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let (month, day) = (number(&chars[6..8]), number(&chars[8..10]));
    chars[letters..5].iter().all(|&b| b == b'9')
        && (chars[12].is_ascii_alphabetic() || chars[12] == b'9')
        && day_month(day, if month > 50 { month - 50 } else { month })
}

fn passport_de(chars: &[u8]) -> bool {
    b"CFGHJK".contains(&chars[0]) && is_german(chars)
}

fn id_card_de(chars: &[u8]) -> bool {
    b"LMNPRTVWXYZ".contains(&chars[0]) && is_german(chars)
}

fn icao(chars: &[u8]) -> bool {
    let value = |b: u8| {
        if b.is_ascii_digit() {
            digit(b)
        } else {
            u32::from(b - b'A') + 10
        }
    };
    let sum: u32 = chars[..9]
        .iter()
        .zip([7, 3, 1].iter().cycle())
        .map(|(&b, weight)| value(b) * weight)
        .sum();
    is_german(&chars[..9]) && sum % 10 == digit(chars[9])
}

/// Of characters that German documents are numbered with.
fn is_german(chars: &[u8]) -> bool {
    chars.iter().all(|b| b"0123456789CFGHJKLMNPRTVWXYZ".contains(b)) && four_digits(chars)
}

fn fuehrerschein(chars: &[u8]) -> bool {
    // What begins with three letters is a word and a date.
    four_digits(chars) && chars[1..3].iter().any(u8::is_ascii_digit)
}

fn four_digits(chars: &[u8]) -> bool {
    chars.iter().filter(|b| b.is_ascii_digit()).count() >= 4 && !repeated(&chars[1..])
}

fn passport_ru(chars: &[u8]) -> bool {
    number(&chars[..2]) > 0 && matches!(number(&chars[2..4]), 0..=39 | 97..=99) && number(&chars[4..]) > 0
}
