//! The kinds of values that a word before them names, with these words.
//! Must not know how values are searched.

use super::Shape;
use crate::engine::topic;
use crate::entity::Entity;
use crate::recognizers::context::Topics;

pub(super) struct Kind {
    pub(super) entity: Entity,
    pub(super) shape: Shape,
    /// How far before the value the word may end.
    pub(super) reach: usize,
    pub(super) score: f32,
    pub(super) words: &'static [&'static str],
}

pub(super) const KINDS: &[Kind] = &[
    Kind {
        entity: Entity::Cvv,
        shape: Shape::Digits(3, 4),
        reach: 16,
        score: 0.8,
        words: &[
            "cvv",
            "cvc",
            "cvv2",
            "cvc2",
            "security code",
            "card verification*",
            "código de seguridad",
            "prüfnummer",
            "cryptogramme",
        ],
    },
    Kind {
        entity: Entity::CardExpiry,
        shape: Shape::MonthYear,
        reach: 20,
        score: 0.8,
        words: &[
            "exp",
            "expiry*",
            "expires",
            "expiration*",
            "valid thru",
            "valid until",
            "good thru",
            "gültig bis",
            "caducidad",
            "vencimiento",
        ],
    },
    Kind {
        entity: Entity::Pin,
        shape: Shape::Digits(4, 8),
        reach: 14,
        score: 0.75,
        words: &[
            "pin",
            "pin code",
            "pin number",
            "passcode",
            "otp",
            "one-time code",
            "one time code",
            "verification code",
        ],
    },
    Kind {
        entity: Entity::DateOfBirth,
        shape: Shape::Date,
        reach: 24,
        score: 0.8,
        words: &[
            "dob",
            "d.o.b",
            "date of birth",
            "birth date",
            "birthdate",
            "birthday",
            "born",
            "born on",
            "geboren*",
            "geburtsdatum",
            "date de naissance",
            "né le",
            "née le",
            "fecha de nacimiento",
            "nacido",
            "nacida",
            "data di nascita",
            "nato il",
            "nata il",
            "data de nascimento",
            "geboortedatum",
            "födelsedatum",
            "data urodzenia",
            "дата рождения",
            "geburtstag",
            "geb.",
            "né en",
            "anniversaire",
            "nací",
            "nació",
            "nacimiento",
            "cumpleaños",
            "nacque",
            "compleanno",
            "nasci",
            "nasceu",
            "nascido",
            "nascida",
            "nascimento",
            "urodzi*",
            "urodzon*",
            "född",
            "födelsedag",
            "født",
            "doğum*",
            "родил*",
            "рожден*",
            "生年月日",
            "誕生日",
            "出生*",
            "生日",
            "생년월일",
            "생일",
            "출생*",
            "تاريخ الميلاد",
            "ولد في",
            "ولدت في",
            "مواليد",
            "जन्म*",
        ],
    },
    Kind {
        entity: Entity::Username,
        shape: Shape::Name,
        reach: 14,
        score: 0.6,
        words: &[
            "username",
            "user name",
            "user_name",
            "userid",
            "user id",
            "login name",
            "benutzername",
            "nom d'utilisateur",
            "nombre de usuario",
        ],
    },
    Kind {
        entity: Entity::UsDriverLicense,
        shape: Shape::Code(6, 15),
        reach: 32,
        score: 0.8,
        words: &[
            "driver's license",
            "drivers license",
            "driver license",
            "driving licence",
            "driving license",
            "driver's licence",
            "dl number",
            "dl#",
            "dl no",
            "führerschein*",
            "permis de conduire",
            "license number",
            "licence number",
            "patente",
            "permiso de conducir",
        ],
    },
    Kind {
        entity: Entity::UsBankNumber,
        shape: Shape::Digits(8, 17),
        reach: 28,
        score: 0.7,
        words: &[
            "account number",
            "account no",
            "acct",
            "acct no",
            "bank account",
            "account #",
            "kontonummer",
            "checking account",
            "savings account",
            "numéro de compte",
            "número de cuenta",
        ],
    },
];

/// Topic words of these kinds, by entity.
pub(crate) fn words() -> impl Iterator<Item = (Entity, &'static [&'static str])> {
    KINDS.iter().map(|kind| (kind.entity, kind.words))
}

/// The topics of these kinds.
pub(super) const TOPICS: Topics = {
    let mut topics = Topics::NONE;
    let mut i = 0;
    while i < KINDS.len() {
        topics = topics.and(topic(KINDS[i].entity));
        i += 1;
    }
    topics
};
