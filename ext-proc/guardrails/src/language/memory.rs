//! What was told of texts before: an application's system prompt comes with every request, and what was said in a conversation with
//! every turn. Must not keep any text: a keyed hash of it, and one byte.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use whatlang::Lang;

use super::Told;

/// Texts that are remembered: a new one takes the place of an old one.
const PLACES: usize = 4096;
/// Longer texts are told by their commonest words, or seldom come again.
const LONGEST: usize = 4096;
/// The lowest byte of a place says what was told, the others are the hash.
const TOLD: u64 = 0xFF;

struct Memory {
    key: RandomState,
    places: Box<[AtomicU64]>,
}

/// What is told of a text, by `tell` if it has not been seen of late.
pub(super) fn recall(text: &str, tell: impl FnOnce() -> Told) -> Told {
    static MEMORY: LazyLock<Memory> = LazyLock::new(|| Memory {
        key: RandomState::new(),
        places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
    });
    if text.len() > LONGEST {
        return tell();
    }
    let hash = MEMORY.key.hash_one(text);
    let Some(place) = MEMORY.places.get(hash as usize % PLACES) else {
        return tell();
    };
    let known = place.load(Ordering::Relaxed);
    if (known ^ hash.rotate_left(8)) & !TOLD == 0
        && let Some(told) = read((known & TOLD) as u8)
    {
        return told;
    }
    let told = tell();
    place.store(
        hash.rotate_left(8) & !TOLD | u64::from(written(&told)),
        Ordering::Relaxed,
    );
    told
}

/// 0 is nothing.
fn written(told: &Told) -> u8 {
    match told {
        Told::Short => 1,
        Told::Unknown => 2,
        Told::Known(lang) => {
            let at = Lang::all().iter().position(|known| known == lang);
            at.and_then(|at| u8::try_from(at + 3).ok()).unwrap_or_default()
        }
    }
}

fn read(told: u8) -> Option<Told> {
    match told {
        0 => None,
        1 => Some(Told::Short),
        2 => Some(Told::Unknown),
        lang => Lang::all().get(usize::from(lang) - 3).copied().map(Told::Known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_told_again_and_of_others_nothing() {
        let all: Vec<Told> = Lang::all().iter().copied().map(Told::Known).collect();
        for told in all.iter().chain(&[Told::Short, Told::Unknown]) {
            assert_eq!(read(written(told)).as_ref(), Some(told));
        }
        let mut asked = 0;
        for round in 0..3 {
            for text in ["one text that comes again", "another"] {
                let told = recall(text, || {
                    asked += 1;
                    if text.len() > 10 {
                        Told::Unknown
                    } else {
                        Told::Short
                    }
                });
                assert_eq!(told == Told::Unknown, text.len() > 10, "{round}");
            }
        }
        // A text that another test looks at may have taken a place.
        assert!((2..6).contains(&asked), "{asked}");
    }
}
