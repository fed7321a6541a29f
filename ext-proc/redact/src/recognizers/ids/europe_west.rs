//! National and tax identifiers of western and southern Europe.
//! Must not know how text is searched; see [`Kind`].

use super::checks::{digit, ean13, luhn, mod_11_10, number, repeated, weighted};
use super::{Kind, bare, strong};
use crate::entity::Entity;

pub(super) const KINDS: &[Kind] = &[
    // NHS Data Dictionary: modulo 11.
    bare(
        Entity::UkNhs,
        "9999999999",
        "",
        nhs,
        &["nhs", "national health", "health number", "patient"],
    ),
    // HMRC NIM39110: no D F I Q U V, no BG GB NK KN TN NT ZZ.
    strong(
        Entity::UkNino,
        "AA999999A",
        "AA 99 99 99 A",
        nino,
        &["nino", "national insurance", "ni number", "insurance number"],
    ),
    // Revenue: modulo 23.
    bare(
        Entity::IePps,
        "9999999A",
        "",
        pps,
        &["pps", "ppsn", "personal public service"],
    ),
    // Revenue, PPS number format: modulo 23.
    bare(
        Entity::IePps,
        "9999999AA",
        "",
        pps,
        &["pps", "ppsn", "personal public service"],
    ),
    // BZSt, § 139b AO: one digit twice or thrice, ISO 7064 MOD 11,10.
    bare(
        Entity::DeTaxId,
        "99999999999",
        "99 999 999 999",
        steuer_id,
        &[
            "steuer*",
            "idnr",
            "id-nr",
            "identifikationsnummer",
            "tin",
            "tax id*",
        ],
    ),
    // ELSTER, Prüfung der Steuernummer: of a state two or three, three or four, and four or five digits,
    bare(
        Entity::DeTaxNumber,
        "9999999999",
        "99/999/99999",
        any,
        STEUERNUMMER,
    ),
    bare(
        Entity::DeTaxNumber,
        "99999999999",
        "999/999/99999",
        any,
        STEUERNUMMER,
    ),
    // and of the whole country thirteen.
    bare(Entity::DeTaxNumber, "9999999999999", "", any, STEUERNUMMER),
    // Deutsche Rentenversicherung, VKVV § 4.
    strong(
        Entity::DeSocialSecurity,
        "99999999A999",
        "99 999999 A 999",
        rvnr,
        &[
            "sozialversicherung*",
            "rentenversicherung*",
            "sv-nummer",
            "rvnr",
            "versicherungsnummer",
        ],
    ),
    // § 290 SGB V, Anlage 1: a letter as two digits, then Luhn from the left.
    bare(
        Entity::DeHealthInsurance,
        "A999999999",
        "",
        kvnr,
        &[
            "krankenversicher*",
            "krankenkasse*",
            "kvnr",
            "kv-nummer",
            "versichertennummer",
            "versicherten-nr",
            "egk*",
            "gesundheitskarte",
        ],
    ),
    // INSEE: modulo 97.
    strong(
        Entity::FrNir,
        "999999999999999",
        "9 99 99 99 999 999 99",
        nir,
        &[
            "nir",
            "sécurité sociale",
            "securite sociale",
            "insee",
            "numéro de sécu*",
        ],
    ),
    // INSEE: Luhn over SIREN and SIRET.
    bare(
        Entity::FrSiret,
        "99999999999999",
        "999 999 999 99999",
        luhn,
        &["siret", "siren"],
    ),
    bare(Entity::FrSiret, "999999999", "", luhn, &["siret", "siren"]),
    // Ministerio del Interior: letter of modulo 23.
    strong(
        Entity::EsNif,
        "99999999A",
        "99999999-A",
        nif,
        &["nif", "dni", "documento nacional"],
    ),
    // The same without its leading zero.
    bare(
        Entity::EsNif,
        "9999999A",
        "9999999-A",
        nif,
        &["nif", "dni", "documento nacional"],
    ),
    // Orden INT/2058/2008: as the NIF, X Y Z for 0 1 2.
    strong(
        Entity::EsNie,
        "A9999999A",
        "A-9999999-A",
        nie,
        &["nie", "extranjero*"],
    ),
    bare(
        Entity::EsNie,
        "A9999999A",
        "A9999999-A",
        nie,
        &["nie", "extranjero*"],
    ),
    // Agenzia delle Entrate, DM 23/12/1976.
    strong(
        Entity::ItFiscalCode,
        "AAAAAA99A99A999A",
        "",
        fiscal_code,
        &["codice fiscale", "c.f.", "fiscal code"],
    ),
    // The same of those who share a code: letters L to V for some digits.
    bare(
        Entity::ItFiscalCode,
        "AAAAAAXXAXXAXXXA",
        "",
        fiscal_code,
        &["codice fiscale", "c.f.", "fiscal code", "cod. fisc"],
    ),
    // Agenzia delle Entrate: Luhn.
    bare(
        Entity::ItVatCode,
        "99999999999",
        "",
        luhn,
        &["partita iva", "p.iva", "piva", "vat"],
    ),
    // VIES: behind the country's letters.
    strong(
        Entity::ItVatCode,
        "IT99999999999",
        "",
        it_vat,
        &["partita iva", "p.iva", "piva", "vat"],
    ),
    // Finanças: modulo 11.
    bare(
        Entity::PtNif,
        "999999999",
        "",
        pt_nif,
        &["nif", "contribuinte", "número de identificação fiscal"],
    ),
    // RvIG: the eleven test.
    bare(
        Entity::NlBsn,
        "999999999",
        "",
        bsn,
        &["bsn", "burgerservice*", "sofi*", "citizen service"],
    ),
    // Rijksregister: modulo 97.
    bare(
        Entity::BeNationalNumber,
        "99999999999",
        "99.99.99-999.99",
        rijksregister,
        &[
            "rijksregister*",
            "registre national",
            "niss",
            "insz",
            "national number",
        ],
    ),
    // Österreichische Sozialversicherung.
    bare(
        Entity::AtSvnr,
        "9999999999",
        "",
        svnr,
        &["svnr", "sozialversicherung*", "versicherungsnummer", "sv-nr"],
    ),
    // ZAS: EAN-13 with prefix 756.
    strong(
        Entity::ChAhv,
        "7569999999999",
        "756.9999.9999.99",
        ean13,
        &["ahv*", "avs", "sozialversicherung*"],
    ),
];

const STEUERNUMMER: &[&str] = &[
    "steuernummer*",
    "steuer-nr",
    "steuernr",
    "st.-nr",
    "st-nr",
    "stnr",
];

fn any(chars: &[u8]) -> bool {
    !repeated(chars)
}

fn nhs(chars: &[u8]) -> bool {
    let rest = 11 - weighted(chars, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    rest != 10 && rest % 11 == digit(chars[9]) && !repeated(chars)
}

fn nino(chars: &[u8]) -> bool {
    let prefix = &chars[..2];
    !b"DFIQUV".contains(&chars[0])
        && !b"DFIQUVO".contains(&chars[1])
        && ![b"BG", b"GB", b"NK", b"KN", b"TN", b"NT", b"ZZ"]
            .iter()
            .any(|not| &not[..] == prefix)
        && (b'A'..=b'D').contains(&chars[8])
}

fn pps(chars: &[u8]) -> bool {
    let second = chars
        .get(8)
        .map_or(0, |&b| if b == b'W' { 0 } else { u32::from(b - b'A') + 1 });
    let sum = weighted(chars, &[8, 7, 6, 5, 4, 3, 2]) + second * 9;
    b"WABCDEFGHIJKLMNOPQRSTUV"[(sum % 23) as usize] == chars[7]
        && chars.get(8).is_none_or(|b| b"ABHW".contains(b))
}

fn steuer_id(chars: &[u8]) -> bool {
    let mut counts = [0; 10];
    chars[..10].iter().for_each(|&b| counts[digit(b) as usize] += 1);
    // Of issued numbers, one digit comes twice or thrice; numbers in forms and examples often keep to the check digit only.
    let repeats = counts.iter().filter(|&&count| count > 1).count();
    chars[0] != b'0' && repeats <= 1 && counts.iter().all(|&count| count <= 3) && mod_11_10(chars)
}

fn rvnr(chars: &[u8]) -> bool {
    let letter = u32::from(chars[8] - b'A') + 1;
    let all: Vec<u8> = chars[..8]
        .iter()
        .copied()
        .chain([b'0' + (letter / 10) as u8, b'0' + (letter % 10) as u8])
        .chain(chars[9..].iter().copied())
        .collect();
    let sum: u32 = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]
        .iter()
        .zip(&all)
        .map(|(weight, &b)| digit(b) * weight)
        .map(|p| p / 10 + p % 10)
        .sum();
    // Where a birthday has more people than numbers, 50 is added to the day.
    sum % 10 == digit(chars[11])
        && matches!(number(&chars[2..4]), 1..=31 | 51..=81)
        && matches!(number(&chars[4..6]), 1..=12)
}

fn kvnr(chars: &[u8]) -> bool {
    let letter = u32::from(chars[0] - b'A') + 1;
    let sum: u32 = [letter / 10, letter % 10]
        .into_iter()
        .chain(chars[1..9].iter().map(|&b| digit(b)))
        .zip([1, 2].iter().cycle())
        .map(|(value, factor)| value * factor)
        .map(|p| p / 10 + p % 10)
        .sum();
    sum % 10 == digit(chars[9])
}

fn it_vat(chars: &[u8]) -> bool {
    luhn(&chars[2..])
}

fn nir(chars: &[u8]) -> bool {
    matches!(chars[0], b'1' | b'2' | b'3' | b'4' | b'7' | b'8')
        && matches!(number(&chars[3..5]), 1..=12 | 20..=42 | 50..=99)
        && 97 - number(&chars[..13]) % 97 == number(&chars[13..])
}

const NIF_LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn nif(chars: &[u8]) -> bool {
    chars
        .split_last()
        .is_some_and(|(letter, digits)| NIF_LETTERS[(number(digits) % 23) as usize] == *letter)
}

fn nie(chars: &[u8]) -> bool {
    let Some(first) = b"XYZ".iter().position(|&b| b == chars[0]) else {
        return false;
    };
    let value = first as u64 * 10_000_000 + number(&chars[1..8]);
    NIF_LETTERS[(value % 23) as usize] == chars[8]
}

fn fiscal_code(chars: &[u8]) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
    ];
    let sum: u32 = chars[..15]
        .iter()
        .enumerate()
        .map(|(i, &b)| {
            let value = if b.is_ascii_digit() {
                digit(b)
            } else {
                u32::from(b - b'A')
            };
            if i % 2 == 0 { ODD[value as usize] } else { value }
        })
        .sum();
    let stands_for_digit = |b: u8| b.is_ascii_digit() || b"LMNPQRSTUV".contains(&b);
    u32::from(chars[15] - b'A') == sum % 26
        && b"ABCDEHLMPRST".contains(&chars[8])
        && [6, 7, 9, 10, 12, 13, 14]
            .iter()
            .all(|&i| stands_for_digit(chars[i]))
}

fn pt_nif(chars: &[u8]) -> bool {
    let rest = weighted(chars, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    matches!(chars[0], b'1' | b'2' | b'3' | b'5' | b'6' | b'8' | b'9')
        && (if rest < 2 { 0 } else { 11 - rest }) == digit(chars[8])
}

fn bsn(chars: &[u8]) -> bool {
    let sum = weighted(chars, &[9, 8, 7, 6, 5, 4, 3, 2]);
    sum >= digit(chars[8]) && (sum - digit(chars[8])).is_multiple_of(11) && !repeated(chars)
}

fn rijksregister(chars: &[u8]) -> bool {
    let (body, check) = (number(&chars[..9]), number(&chars[9..]));
    let passes = 97 - body % 97 == check || 97 - (2_000_000_000 + body) % 97 == check;
    passes && matches!(number(&chars[2..4]), 0..=12 | 20..=32 | 40..=52)
}

fn svnr(chars: &[u8]) -> bool {
    let sum = weighted(chars, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
    chars[0] != b'0' && sum == digit(chars[3]) && matches!(number(&chars[6..8]), 1..=15)
}
