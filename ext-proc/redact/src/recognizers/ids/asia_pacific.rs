//! National and tax identifiers of Asia and the Pacific.
//! Must not know how text is searched; see [`Kind`].

use super::checks::{day_month, digit, number, repeated, verhoeff, weighted};
use super::{Kind, bare, strong};
use crate::entity::Entity;

pub(super) const KINDS: &[Kind] = &[
    // Income Tax Department: the fourth letter is the holder's kind.
    strong(
        Entity::InPan,
        "AAAAA9999A",
        "",
        pan,
        &["pan", "permanent account"],
    ),
    // UIDAI: Verhoeff, does not begin with 0 or 1.
    bare(
        Entity::InAadhaar,
        "999999999999",
        "9999 9999 9999",
        aadhaar,
        &["aadhaar", "aadhar", "uidai", "आधार"],
    ),
    // CGST Rules: state, PAN, entity, Z, Luhn of base 36.
    strong(Entity::InGstin, "99AAAAA9999AXAX", "", gstin, &["gstin", "gst"]),
    // Election Commission of India, EPIC: three letters and seven digits.
    bare(
        Entity::InVoter,
        "AAA9999999",
        "",
        any,
        &["voter*", "vote", "electoral", "epic", "election card"],
    ),
    // Passport Seva: a letter but Q X Z, and seven digits of which neither the first nor the last is 0.
    bare(
        Entity::InPassport,
        "A9999999",
        "",
        passport_in,
        &["passport*", "indian passport"],
    ),
    // NADRA.
    bare(
        Entity::PkCnic,
        "9999999999999",
        "99999-9999999-9",
        cnic,
        &["cnic", "nadra", "nic"],
    ),
    // Resident registration: date of birth, sex and century (5 to 8 for foreigners), modulo 11 (not kept since October 2020).
    bare(
        Entity::KrRrn,
        "9999999999999",
        "999999-9999999",
        rrn,
        &[
            "주민등록*",
            "외국인등록*",
            "rrn",
            "frn",
            "resident registration",
            "foreigner registration",
        ],
    ),
    // 국세청: weights 137137135 modulo 10.
    bare(
        Entity::KrBrn,
        "9999999999",
        "999-99-99999",
        brn,
        &["사업자*", "brn", "business registration"],
    ),
    // 総務省令第八十五号: modulo 11.
    bare(
        Entity::JpMyNumber,
        "999999999999",
        "",
        my_number,
        &["マイナンバー", "個人番号", "my number", "individual number"],
    ),
    // GB 11643: ISO 7064 MOD 11-2, date of birth.
    strong(
        Entity::CnResidentId,
        "99999999999999999X",
        "",
        resident_id,
        &["身份证*", "居民身份证", "resident id*", "shenfenzheng"],
    ),
    // Letter's value and weights 1 9 8 … 1.
    strong(
        Entity::TwNationalId,
        "A999999999",
        "",
        taiwan,
        &["身分證*", "national id", "統一編號"],
    ),
    // ICA: S T F G M.
    strong(
        Entity::SgNricFin,
        "A9999999A",
        "",
        nric,
        &["nric", "fin", "identity card"],
    ),
    // DOPA: weights 13 to 2 modulo 11.
    bare(
        Entity::ThTnin,
        "9999999999999",
        "9-9999-99999-99-9",
        thai,
        &["บัตรประชาชน", "thai id", "tnin", "เลขประจำตัว*", "national id"],
    ),
    // JPN: date of birth and place.
    bare(
        Entity::MyNric,
        "999999999999",
        "999999-99-9999",
        mykad,
        &["nric", "mykad", "ic number", "kad pengenalan", "ic no"],
    ),
    // Dukcapil: place, date of birth (women's day plus 40), serial.
    bare(
        Entity::IdNik,
        "9999999999999999",
        "",
        nik,
        &["nik", "ktp", "induk kependudukan"],
    ),
    // Immigration Department: weights modulo 11.
    bare(
        Entity::HkHkid,
        "A999999X",
        "A999999(X)",
        hkid,
        &["hkid", "identity card", "香港身份證", "hong kong id"],
    ),
    // BIR: nine digits and a branch code of three.
    bare(
        Entity::PhTin,
        "999999999999",
        "999-999-999-999",
        any,
        &["tin", "taxpayer identification"],
    ),
    // Thông tư 59/2021/TT-BCA: province, century and sex, year, number.
    bare(
        Entity::VnCccd,
        "999999999999",
        "",
        vietnam,
        &["cccd", "căn cước", "can cuoc", "cmnd"],
    ),
    // ATO.
    bare(Entity::AuTfn, "999999999", "", tfn, &["tfn", "tax file"]),
    // ABR: modulo 89.
    bare(
        Entity::AuAbn,
        "99999999999",
        "99 999 999 999",
        abn,
        &["abn", "business number"],
    ),
    // ASIC: weights 8 to 1 modulo 10.
    bare(Entity::AuAcn, "999999999", "", acn, &["acn", "company number"]),
    // Services Australia: weights 13791379 modulo 10.
    bare(
        Entity::AuMedicare,
        "9999999999",
        "9999 99999 9",
        medicare,
        &["medicare"],
    ),
    // Inland Revenue, RWT specification: modulo 11, two rounds of weights.
    bare(Entity::NzIrd, "999999999", "", ird9, &["ird", "inland revenue"]),
    bare(Entity::NzIrd, "99999999", "", ird8, &["ird", "inland revenue"]),
    // HISO 10046: modulo 11 (the form before 2022).
    bare(
        Entity::NzNhi,
        "AAA9999",
        "",
        nhi,
        &["nhi", "national health index"],
    ),
];

fn any(chars: &[u8]) -> bool {
    !repeated(chars)
}

fn pan(chars: &[u8]) -> bool {
    b"ABCFGHLJPT".contains(&chars[3])
}

fn aadhaar(chars: &[u8]) -> bool {
    !matches!(chars[0], b'0' | b'1') && verhoeff(chars)
}

fn gstin(chars: &[u8]) -> bool {
    const VALUES: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let value = |b: u8| VALUES.iter().position(|&v| v == b).unwrap_or(0);
    let sum: usize = chars[..14]
        .iter()
        .enumerate()
        .map(|(i, &b)| value(b) * (i % 2 + 1))
        .map(|p| p / 36 + p % 36)
        .sum();
    chars[13] == b'Z' && VALUES[(36 - sum % 36) % 36] == chars[14]
}

fn passport_in(chars: &[u8]) -> bool {
    !b"QXZ".contains(&chars[0]) && chars[1] != b'0' && chars[7] != b'0' && any(&chars[1..])
}

fn cnic(chars: &[u8]) -> bool {
    matches!(chars[0], b'1'..=b'8') && !repeated(chars)
}

fn rrn(chars: &[u8]) -> bool {
    day_month(number(&chars[4..6]), number(&chars[2..4]))
        && matches!(chars[6], b'1'..=b'8')
        && !repeated(&chars[6..])
}

fn brn(chars: &[u8]) -> bool {
    let sum = weighted(chars, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + digit(chars[8]) * 5 / 10;
    (10 - sum % 10) % 10 == digit(chars[9])
}

fn my_number(chars: &[u8]) -> bool {
    let rest = weighted(chars, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    (if rest <= 1 { 0 } else { 11 - rest }) == digit(chars[11]) && !repeated(chars)
}

fn resident_id(chars: &[u8]) -> bool {
    let sum = weighted(chars, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    b"10X98765432"[(sum % 11) as usize] == chars[17]
        && matches!(number(&chars[6..8]), 18..=20)
        && day_month(number(&chars[12..14]), number(&chars[10..12]))
}

fn taiwan(chars: &[u8]) -> bool {
    const VALUES: [u32; 26] = [
        10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31,
        33,
    ];
    let letter = VALUES[usize::from(chars[0] - b'A')];
    let sum = letter / 10 + letter % 10 * 9 + weighted(&chars[1..], &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
    matches!(chars[1], b'1' | b'2' | b'8' | b'9') && sum.is_multiple_of(10)
}

fn nric(chars: &[u8]) -> bool {
    let sum = weighted(&chars[1..], &[2, 7, 6, 5, 4, 3, 2]);
    let (offset, letters): (u32, &[u8; 11]) = match chars[0] {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        b'M' => (3, b"KLJNPQRTUWX"),
        _ => return false,
    };
    let rest = ((sum + offset) % 11) as usize;
    letters[if chars[0] == b'M' { 10 - rest } else { rest }] == chars[8]
}

fn thai(chars: &[u8]) -> bool {
    let sum = weighted(chars, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    matches!(chars[0], b'1'..=b'8') && (11 - sum % 11) % 10 == digit(chars[12]) && !repeated(chars)
}

fn mykad(chars: &[u8]) -> bool {
    day_month(number(&chars[4..6]), number(&chars[2..4]))
        && !matches!(number(&chars[6..8]), 0 | 17..=20 | 69 | 70 | 73 | 80 | 81 | 94..=97)
}

fn nik(chars: &[u8]) -> bool {
    let day = number(&chars[6..8]);
    matches!(number(&chars[..2]), 11..=21 | 31..=36 | 51..=53 | 61..=65 | 71..=76 | 81 | 82 | 91..=97)
        && day_month(if day > 40 { day - 40 } else { day }, number(&chars[8..10]))
        && number(&chars[12..]) != 0
}

fn hkid(chars: &[u8]) -> bool {
    let check = if chars[7] == b'A' { 10 } else { digit(chars[7]) };
    let sum =
        36 * 9 + (u32::from(chars[0] - b'A') + 10) * 8 + weighted(&chars[1..], &[7, 6, 5, 4, 3, 2]) + check;
    (chars[7].is_ascii_digit() || chars[7] == b'A') && sum.is_multiple_of(11)
}

fn vietnam(chars: &[u8]) -> bool {
    matches!(number(&chars[..3]), 1..=96) && matches!(chars[3], b'0'..=b'3')
}

fn tfn(chars: &[u8]) -> bool {
    weighted(chars, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11) && !repeated(chars)
}

fn abn(chars: &[u8]) -> bool {
    let sum = weighted(chars, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    chars[0] != b'0' && (sum - 10).is_multiple_of(89)
}

fn acn(chars: &[u8]) -> bool {
    (10 - weighted(chars, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == digit(chars[8]) && !repeated(chars)
}

fn medicare(chars: &[u8]) -> bool {
    matches!(chars[0], b'2'..=b'6') && weighted(chars, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == digit(chars[8])
}

fn ird9(chars: &[u8]) -> bool {
    let check = |weights: &[u32]| (11 - weighted(chars, weights) % 11) % 11;
    let first = check(&[3, 2, 7, 6, 5, 4, 3, 2]);
    let second = check(&[7, 4, 3, 2, 5, 2, 7, 6]);
    (10_000_000..150_000_000).contains(&number(chars))
        && (if first < 10 { first } else { second }) == digit(chars[8])
}

fn ird8(chars: &[u8]) -> bool {
    let padded: Vec<u8> = [b'0'].iter().chain(chars).copied().collect();
    ird9(&padded)
}

fn nhi(chars: &[u8]) -> bool {
    const VALUES: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let letters: Option<u32> = chars[..3].iter().zip([7, 6, 5]).try_fold(0, |sum, (&b, weight)| {
        Some(sum + (VALUES.iter().position(|&v| v == b)? as u32 + 1) * weight)
    });
    letters.is_some_and(|letters| {
        let rest = (letters + weighted(&chars[3..], &[4, 3, 2])) % 11;
        rest != 0 && (11 - rest) % 10 == digit(chars[6])
    })
}
