//! National and tax identifiers of central and eastern Europe.
//! Must not know how text is searched; see [`Kind`].

use super::checks::{day_month, digit, mod_11_10, number, repeated, weighted};
use super::{Kind, bare};
use crate::entity::Entity;

pub(super) const KINDS: &[Kind] = &[
    // Ustawa o ewidencji ludności.
    bare(Entity::PlPesel, "99999999999", "", pesel, &["pesel"]),
    // Ministerstwo Finansów: weights 657234567 modulo 11.
    bare(
        Entity::PlNip,
        "9999999999",
        "999-999-99-99",
        nip,
        &["nip", "identyfikacji podatkowej"],
    ),
    // GUS: weights modulo 11.
    bare(Entity::PlRegon, "999999999", "", regon, &["regon"]),
    // Zákon 133/2000: divisible by 11, month of women plus 50.
    bare(
        Entity::CzRc,
        "9999999999",
        "999999/9999",
        rodne_cislo,
        &["rodné číslo", "rodne cislo", "rč", "rodné"],
    ),
    // 1996. évi XX. törvény: weights 3 and 7 modulo 10.
    bare(
        Entity::HuTaj,
        "999999999",
        "",
        taj,
        &["taj", "taj-szám", "társadalombiztosítás*"],
    ),
    // OUG 97/2005: weights 279146358279 modulo 11.
    bare(
        Entity::RoCnp,
        "9999999999999",
        "",
        cnp,
        &["cnp", "cod numeric personal", "codul numeric personal"],
    ),
    // ГРАО: weights modulo 11, date of birth.
    bare(
        Entity::BgEgn,
        "9999999999",
        "",
        egn,
        &["егн", "egn", "eгh", "eгн"],
    ),
    // Porezna uprava: ISO 7064 MOD 11,10.
    bare(
        Entity::HrOib,
        "99999999999",
        "",
        mod_11_10,
        &["oib", "osobni identifikacijski"],
    ),
    // Zakon o JMBG: weights modulo 11, date of birth.
    bare(
        Entity::RsJmbg,
        "9999999999999",
        "",
        jmbg,
        &["jmbg", "emšo*", "emso*", "matični broj"],
    ),
    // EVS 585:2007: two rounds of weights modulo 11.
    bare(
        Entity::EeIsikukood,
        "99999999999",
        "",
        isikukood,
        &["isikukood*", "estonian id"],
    ),
    // Gyventojų registro įstatymas: as the Estonian code.
    bare(
        Entity::LtAsmensKodas,
        "99999999999",
        "",
        isikukood,
        &["asmens kodas", "lithuanian id"],
    ),
    // PMLP: weights modulo 11; since 2017 numbers begin with 32.
    bare(
        Entity::LvPersonasKods,
        "99999999999",
        "",
        latvia,
        &["personas kods"],
    ),
    // AADE: powers of two.
    bare(Entity::GrAfm, "999999999", "", afm, &["αφμ", "afm", "aφm", "vat"]),
    // ΗΔΙΚΑ: date of birth, Luhn.
    bare(
        Entity::GrAmka,
        "99999999999",
        "",
        amka,
        &["αμκα", "amka", "amka number"],
    ),
    // ФНС: check digits of 10 and 12.
    bare(Entity::RuInn, "9999999999", "", inn10, &["инн", "inn", "иhh"]),
    // ФНС, приказ ММВ-7-6/435: weights modulo 11.
    bare(Entity::RuInn, "999999999999", "", inn12, &["инн", "inn", "иhh"]),
    // ПФР: descending weights modulo 101.
    bare(
        Entity::RuSnils,
        "99999999999",
        "999-999-999 99",
        snils,
        &["снилс", "snils", "chилc", "cнилс"],
    ),
    // ДПС: weights modulo 11.
    bare(
        Entity::UaRnokpp,
        "9999999999",
        "",
        rnokpp,
        &[
            "рнокпп",
            "ідентифікаційний код",
            "ідентифікаційний номер",
            "іпн",
            "ipn",
            "rnokpp",
            "phokпп",
        ],
    ),
    // Nüfus: two check digits.
    bare(
        Entity::TrTckn,
        "99999999999",
        "",
        tckn,
        &[
            "tckn",
            "tc kimlik",
            "t.c. kimlik",
            "kimlik no",
            "kimlik numara*",
            "türk kimlik",
            "nüfus cüzdanı",
            "tc no",
            "turkish id*",
        ],
    ),
];

fn pesel(chars: &[u8]) -> bool {
    day_month(number(&chars[4..6]), number(&chars[2..4]) % 20)
        && (10 - weighted(chars, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10 == digit(chars[10])
}

fn nip(chars: &[u8]) -> bool {
    weighted(chars, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digit(chars[9]) && !repeated(chars)
}

fn regon(chars: &[u8]) -> bool {
    weighted(chars, &[8, 9, 2, 3, 4, 5, 6, 7]) % 11 % 10 == digit(chars[8]) && !repeated(chars)
}

fn rodne_cislo(chars: &[u8]) -> bool {
    let month = number(&chars[2..4]);
    let month = if month > 50 { month - 50 } else { month };
    day_month(number(&chars[4..6]), if month > 20 { month - 20 } else { month })
        && number(chars).is_multiple_of(11)
}

fn taj(chars: &[u8]) -> bool {
    weighted(chars, &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == digit(chars[8]) && !repeated(chars)
}

fn cnp(chars: &[u8]) -> bool {
    let rest = weighted(chars, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    (if rest == 10 { 1 } else { rest }) == digit(chars[12])
        && matches!(chars[0], b'1'..=b'9')
        && day_month(number(&chars[5..7]), number(&chars[3..5]))
}

fn egn(chars: &[u8]) -> bool {
    weighted(chars, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == digit(chars[9])
        && day_month(number(&chars[4..6]), number(&chars[2..4]) % 20)
}

fn jmbg(chars: &[u8]) -> bool {
    let rest = (11 - weighted(chars, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    rest == digit(chars[12]) && day_month(number(&chars[..2]), number(&chars[2..4]))
}

fn isikukood(chars: &[u8]) -> bool {
    let first = weighted(chars, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(chars, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10;
    matches!(chars[0], b'1'..=b'8')
        && day_month(number(&chars[5..7]), number(&chars[3..5]))
        && (if first < 10 { first } else { second }) == digit(chars[10])
}

fn latvia(chars: &[u8]) -> bool {
    let new = chars[0] == b'3' && matches!(chars[1], b'2'..=b'9');
    new || day_month(number(&chars[..2]), number(&chars[2..4]))
        && (1101 - weighted(chars, &[1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11 == digit(chars[10])
}

fn afm(chars: &[u8]) -> bool {
    weighted(chars, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == digit(chars[8]) && !repeated(chars)
}

fn amka(chars: &[u8]) -> bool {
    day_month(number(&chars[..2]), number(&chars[2..4])) && super::checks::luhn(chars)
}

fn inn10(chars: &[u8]) -> bool {
    weighted(chars, &[2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == digit(chars[9]) && !repeated(chars)
}

fn inn12(chars: &[u8]) -> bool {
    weighted(chars, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == digit(chars[10])
        && weighted(chars, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == digit(chars[11])
        && !repeated(chars)
}

fn snils(chars: &[u8]) -> bool {
    let rest = weighted(chars, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100;
    u64::from(rest) == number(&chars[9..]) && !repeated(chars)
}

fn rnokpp(chars: &[u8]) -> bool {
    let sum = i64::from(weighted(chars, &[0, 5, 7, 9, 4, 6, 10, 5, 7])) - i64::from(digit(chars[0]));
    sum.rem_euclid(11) % 10 == i64::from(digit(chars[9])) && !repeated(chars)
}

fn tckn(chars: &[u8]) -> bool {
    let odd = weighted(chars, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(chars, &[0, 1, 0, 1, 0, 1, 0, 1]);
    chars[0] != b'0'
        && (odd * 7 + 90 - even) % 10 == digit(chars[9])
        && chars[..10].iter().map(|&b| digit(b)).sum::<u32>() % 10 == digit(chars[10])
}
