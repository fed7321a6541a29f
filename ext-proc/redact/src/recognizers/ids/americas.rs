//! National and tax identifiers of the Americas.
//! Must not know how text is searched; see [`Kind`].

use super::checks::{day_month, digit, luhn, number, repeated, weighted};
use super::{Kind, bare, strong};
use crate::entity::Entity;

pub(super) const KINDS: &[Kind] = &[
    // IRS: like an SSN, 9xx, group 50–65, 70–88, 90–92, 94–99.
    bare(
        Entity::UsItin,
        "999999999",
        "999-99-9999",
        itin,
        &["itin", "individual taxpayer", "tax id", "taxpayer id*"],
    ),
    // IRS: prefixes of the issuing campus.
    bare(
        Entity::UsEin,
        "999999999",
        "",
        ein,
        &["ein", "employer identification", "fein", "federal tax id"],
    ),
    // CMS: Luhn over 80840 and the number.
    bare(
        Entity::UsNpi,
        "9999999999",
        "",
        npi,
        &[
            "npi",
            "national provider",
            "provider id*",
            "provider number",
            "taxonomy",
        ],
    ),
    // CMS: positions of letters and digits, no S L O I B Z.
    strong(
        Entity::UsMbi,
        "9AX9AX9AA99",
        "9AX9-AX9-AA99",
        mbi,
        &["mbi", "medicare"],
    ),
    // DEA: two letters, six digits and a check digit.
    strong(
        Entity::MedicalLicense,
        "AX9999999",
        "",
        dea,
        &["dea", "medical license", "certificate number"],
    ),
    // ABA, Key to Routing Numbers: 3-7-1 weights modulo 10.
    bare(
        Entity::AbaRoutingNumber,
        "999999999",
        "9999-9999-9",
        aba,
        &["aba", "routing*", "rtn", "transit number", "bank"],
    ),
    // State Department: nine digits, or (Next Generation Passport) a letter and eight.
    bare(
        Entity::UsPassport,
        "999999999",
        "",
        any,
        &["passport*", "us passport", "travel document"],
    ),
    bare(
        Entity::UsPassport,
        "A99999999",
        "",
        any,
        &["passport*", "us passport", "travel document"],
    ),
    // Canada Revenue Agency: Luhn.
    bare(
        Entity::CaSin,
        "999999999",
        "999-999-999",
        sin,
        &["sin", "social insurance", "nas", "assurance sociale", "canada"],
    ),
    // SEGOB, RENAPO: letters of the name, date of birth, sex, state, consonants, check digit.
    strong(
        Entity::MxCurp,
        "AAAA999999AAAAAAX9",
        "",
        curp,
        &["curp", "clave única"],
    ),
    // SAT, Código Fiscal art. 27: letters of the name, date, homoclave.
    bare(
        Entity::MxRfc,
        "AAAA999999XXX",
        "AAAA-999999-XXX",
        rfc,
        &["rfc", "registro federal"],
    ),
    bare(
        Entity::MxRfc,
        "AAA999999XXX",
        "AAA-999999-XXX",
        rfc_company,
        &["rfc", "registro federal"],
    ),
    // Receita Federal.
    bare(
        Entity::BrCpf,
        "99999999999",
        "999.999.999-99",
        cpf,
        &["cpf", "cadastro de pessoas", "contribuinte"],
    ),
    // Receita Federal, IN RFB 1863: two digits modulo 11.
    bare(
        Entity::BrCnpj,
        "99999999999999",
        "99.999.999/9999-99",
        cnpj,
        &["cnpj", "cadastro nacional", "empresa"],
    ),
    // AFIP.
    bare(
        Entity::ArCuit,
        "99999999999",
        "99-99999999-9",
        cuit,
        &["cuit", "cuil", "clave única", "afip"],
    ),
    // Registro Civil: modulo 11 with K.
    bare(
        Entity::ClRut,
        "99999999X",
        "99.999.999-X",
        rut,
        &["rut", "run n°", "r.u.n", "rol único"],
    ),
    // SII: modulo 11, K for 10.
    bare(
        Entity::ClRut,
        "9999999X",
        "9.999.999-X",
        rut,
        &["rut", "run n°", "r.u.n", "rol único"],
    ),
    // DIAN.
    bare(
        Entity::CoNit,
        "9999999999",
        "999.999.999-9",
        nit,
        &["nit", "dian", "identificación tributaria"],
    ),
    // Registro Civil del Ecuador: province and Luhn.
    bare(
        Entity::EcCedula,
        "9999999999",
        "",
        cedula,
        &["cédula", "cedula", "ecuador"],
    ),
    // DNIC: weights 2987634 modulo 10.
    bare(
        Entity::UyCi,
        "99999999",
        "9.999.999-9",
        uruguay,
        &["cédula", "cedula", "uruguay", "ci"],
    ),
    // SUNAT.
    bare(
        Entity::PeRuc,
        "99999999999",
        "",
        ruc,
        &["ruc", "contribuyente", "sunat"],
    ),
];

fn any(chars: &[u8]) -> bool {
    !repeated(chars)
}

fn itin(chars: &[u8]) -> bool {
    chars[0] == b'9' && matches!(number(&chars[3..5]), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

fn ein(chars: &[u8]) -> bool {
    !matches!(number(&chars[..2]), 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97)
        && !repeated(chars)
}

fn npi(chars: &[u8]) -> bool {
    let full: Vec<u8> = b"80840".iter().chain(chars).copied().collect();
    matches!(chars[0], b'1' | b'2') && !repeated(&chars[..9]) && luhn(&full)
}

fn mbi(chars: &[u8]) -> bool {
    chars[0] != b'0' && !chars.iter().any(|b| b"SLOIBZ".contains(b))
}

fn dea(chars: &[u8]) -> bool {
    let sum = weighted(&chars[2..], &[1, 2, 1, 2, 1, 2]);
    b"ABCDEFGHJKLMPRSTUX".contains(&chars[0]) && sum % 10 == digit(chars[8]) && !repeated(&chars[2..])
}

fn aba(chars: &[u8]) -> bool {
    matches!(number(&chars[..2]), 1..=12 | 21..=32 | 61..=72 | 80)
        && weighted(chars, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
        && !repeated(chars)
}

fn sin(chars: &[u8]) -> bool {
    !matches!(chars[0], b'0' | b'8') && luhn(chars)
}

fn curp(chars: &[u8]) -> bool {
    const VALUES: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ";
    let sum: usize = chars[..17]
        .iter()
        .enumerate()
        .map(|(i, &b)| VALUES.bytes().position(|v| v == b).unwrap_or(0) * (18 - i))
        .sum();
    matches!(chars[10], b'H' | b'M' | b'X')
        && day_month(number(&chars[8..10]), number(&chars[6..8]))
        && (10 - sum % 10) % 10 == digit(chars[17]) as usize
}

fn rfc(chars: &[u8]) -> bool {
    day_month(number(&chars[8..10]), number(&chars[6..8]))
}

fn rfc_company(chars: &[u8]) -> bool {
    day_month(number(&chars[7..9]), number(&chars[5..7]))
}

/// The remainder of a weighted sum by 11, from 11; 10 and 11 count as 0.
fn from_11(sum: u32) -> u32 {
    (11 - sum % 11) % 11 % 10
}

fn cpf(chars: &[u8]) -> bool {
    from_11(weighted(chars, &[10, 9, 8, 7, 6, 5, 4, 3, 2])) == digit(chars[9])
        && from_11(weighted(chars, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) == digit(chars[10])
        && !repeated(chars)
}

fn cnpj(chars: &[u8]) -> bool {
    from_11(weighted(chars, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) == digit(chars[12])
        && from_11(weighted(chars, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) == digit(chars[13])
        && !repeated(chars)
}

fn cuit(chars: &[u8]) -> bool {
    matches!(number(&chars[..2]), 20 | 23 | 24 | 27 | 30 | 33 | 34)
        && (11 - weighted(chars, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == digit(chars[10])
}

fn rut(chars: &[u8]) -> bool {
    let Some((last, body)) = chars.split_last() else {
        return false;
    };
    let sum: u32 = body
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &b)| digit(b) * (i as u32 % 6 + 2))
        .sum();
    let expected = match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        rest => b'0' + rest as u8,
    };
    *last == expected && !repeated(body)
}

fn nit(chars: &[u8]) -> bool {
    let rest = weighted(chars, &[41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
    (if rest > 1 { 11 - rest } else { rest }) == digit(chars[9])
}

fn cedula(chars: &[u8]) -> bool {
    matches!(number(&chars[..2]), 1..=24 | 30) && digit(chars[2]) < 6 && luhn(chars)
}

fn uruguay(chars: &[u8]) -> bool {
    (10 - weighted(chars, &[2, 9, 8, 7, 6, 3, 4]) % 10) % 10 == digit(chars[7]) && !repeated(chars)
}

fn ruc(chars: &[u8]) -> bool {
    matches!(number(&chars[..2]), 10 | 15 | 16 | 17 | 20)
        && (11 - weighted(chars, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 10 == digit(chars[10])
}
