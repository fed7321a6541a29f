//! Takes exports out of a wasm module, and the code that only they led to: Envoy calls every callback that a filter exports,
//! proxy-wasm's SDK exports all there are, each call that does nothing costs a request some microseconds, and V8 compiles
//! all of a module's code at every start. Must not know which callbacks a filter needs.

// Sections of a module (WebAssembly core specification, 5.5).
const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;
const ELEMENTS: u8 = 9;
const CODE: u8 = 10;

/// The kind of an import or export that is a function.
const FUNCTION: u8 = 0;
/// The instructions that name a function: `call` and `ref.func`.
const CALL: u8 = 0x10;
const REFERENCE: u8 = 0xd2;
/// A function's body: no locals, `unreachable`, `end`. It has every type.
const EMPTY: [u8; 3] = [0, 0, 0x0b];

/// The module without the exports in `names` and without the code behind them; `None` if it is no module that Rust makes.
///
/// A function is emptied and not taken out, so that all others keep their numbers.
pub(crate) fn without(module: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let (header, mut rest) = module.split_at_checked(8)?;
    if !header.starts_with(b"\0asm") {
        return None;
    }
    let mut kept = header.to_vec();
    let (mut imported, mut dropped, mut elements) = (0, Vec::new(), &[][..]);
    while let Some((&id, after)) = rest.split_first() {
        let (size, after) = number(after)?;
        let (content, after) = after.split_at_checked(size)?;
        let changed = match id {
            EXPORTS => {
                let (content, indices) = filter(content, names)?;
                dropped = indices;
                Some(content)
            }
            CODE => {
                let dropped: Vec<usize> = dropped
                    .iter()
                    .copied()
                    .filter(|index| !written(*index).any(|number| contains(elements, &number)))
                    .collect();
                Some(emptied(content, imported, &dropped)?)
            }
            _ => None,
        };
        match id {
            IMPORTS => imported = functions(content)?,
            ELEMENTS => elements = content,
            _ => {}
        }
        let content = changed.as_deref().unwrap_or(content);
        kept.push(id);
        write_number(&mut kept, content.len());
        kept.extend(content);
        rest = after;
    }
    Some(kept)
}

/// The section without the exports in `names`, and the functions that these were.
fn filter(section: &[u8], names: &[&str]) -> Option<(Vec<u8>, Vec<usize>)> {
    let (count, mut rest) = number(section)?;
    let (mut entries, mut dropped) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let entry = rest;
        let (name, after) = name(entry)?;
        let (&kind, after) = after.split_first()?;
        let (index, after) = number(after)?;
        if !names.iter().any(|dropped| dropped.as_bytes() == name) {
            entries.push((kind, index, &entry[..entry.len() - after.len()]));
        } else if kind == FUNCTION {
            dropped.push(index);
        }
        rest = after;
    }
    dropped.retain(|index| {
        !entries
            .iter()
            .any(|(kind, other, _)| (*kind, other) == (FUNCTION, index))
    });
    let mut content = Vec::new();
    write_number(&mut content, entries.len());
    entries.iter().for_each(|(_, _, entry)| content.extend(*entry));
    Some((content, dropped))
}

/// How many functions are imported; `None` where anything else is.
fn functions(imports: &[u8]) -> Option<usize> {
    let (count, mut rest) = number(imports)?;
    for _ in 0..count {
        let (_, after) = name(rest)?;
        let (_, after) = name(after)?;
        let (_, after) = number(after.strip_prefix(&[FUNCTION])?)?;
        rest = after;
    }
    Some(count)
}

/// The code with the functions in `dropped` emptied, unless another one may name them: bytes that look like a call are
/// taken for one.
fn emptied(code: &[u8], imported: usize, dropped: &[usize]) -> Option<Vec<u8>> {
    let (count, mut rest) = number(code)?;
    let mut bodies = Vec::new();
    for index in imported..imported + count {
        let (size, after) = number(rest)?;
        let (body, after) = after.split_at_checked(size)?;
        bodies.push((index, body));
        rest = after;
    }
    let is_named = |index: usize| {
        let mut others = bodies.iter().filter(|(other, _)| *other != index);
        others.any(|(_, body)| {
            let names = |instruction: u8| {
                written(index).any(|number| contains(body, &[&[instruction][..], &number].concat()))
            };
            names(CALL) || names(REFERENCE)
        })
    };
    let mut content = Vec::new();
    write_number(&mut content, count);
    for &(index, body) in &bodies {
        let is_dropped = dropped.contains(&index) && !is_named(index);
        let body = if is_dropped { &EMPTY } else { body };
        write_number(&mut content, body.len());
        content.extend(body);
    }
    Some(content)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// A name and what follows it.
fn name(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, after) = number(bytes)?;
    after.split_at_checked(length)
}

/// An unsigned LEB128 number and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0_usize;
    for (at, &byte) in bytes.iter().enumerate().take(5) {
        number |= usize::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Some((number, &bytes[at + 1..]));
        }
    }
    None
}

fn write_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(0x80 | u8::try_from(number & 0x7f).unwrap_or_default());
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
}

/// The ways in which a number may stand in a module: linkers may fill it up to five bytes, to write it without moving the rest.
fn written(number: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut short = Vec::new();
    write_number(&mut short, number);
    let mut long = short.clone();
    if let Some(last) = long.last_mut() {
        *last |= 0x80;
    }
    long.resize(4, 0x80);
    long.push(0);
    [short, long].into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module of three functions behind one that is imported: `memory`, and each of them by `names`.
    fn module(names: &[(&str, u8)], bodies: [&[u8]; 3], elements: &[u8]) -> Vec<u8> {
        let entry = |name: &str, kind: u8, index: u8| {
            let mut entry = vec![u8::try_from(name.len()).unwrap()];
            entry.extend(name.as_bytes());
            entry.extend([kind, 0x80 | index, 0]);
            entry
        };
        let mut exports = vec![u8::try_from(names.len() + 1).unwrap()];
        exports.extend(entry("memory", 2, 1));
        for (name, index) in names {
            exports.extend(entry(name, FUNCTION, *index));
        }
        let mut code = vec![3];
        for body in bodies {
            code.push(u8::try_from(body.len()).unwrap());
            code.extend(body);
        }
        let mut module = b"\0asm\x01\0\0\0\x01\x02\xaa\xbb".to_vec();
        let imports: &[u8] = &[1, 1, b'm', 1, b'f', FUNCTION, 0];
        for (id, content) in [
            (IMPORTS, imports),
            (EXPORTS, &exports),
            (ELEMENTS, elements),
            (CODE, &code),
            (11, &[0xcc]),
        ] {
            module.push(id);
            write_number(&mut module, content.len());
            module.extend(content);
        }
        module
    }

    const BODY: &[u8] = &[0, 0x41, 7, 0x1a, 0x0b];

    #[test]
    fn an_export_and_its_code_are_gone_and_the_rest_stays() {
        // Long enough that the section's size takes two bytes with it and one without it.
        let long = "proxy_on_something".repeat(6);
        let all = module(&[(&long, 2), ("kept", 3)], [BODY; 3], &[0]);
        let without_it = module(&[("kept", 3)], [BODY, &EMPTY, BODY], &[0]);
        assert_eq!(without(&all, &[&long]), Some(without_it));
        assert_eq!(without(&all, &["other", "memor"]), Some(all));
    }

    #[test]
    fn code_that_something_else_may_name_stays() {
        let short: &[u8] = &[0, CALL, 2, 0x0b];
        let long: &[u8] = &[0, CALL, 0x82, 0x80, 0x80, 0x80, 0, 0x0b];
        let reference: &[u8] = &[0, REFERENCE, 2, 0x1a, 0x0b];
        for other in [short, long, reference] {
            let before = module(&[("log", 2)], [other, BODY, BODY], &[0]);
            let after = module(&[], [other, BODY, BODY], &[0]);
            assert_eq!(without(&before, &["log"]), Some(after), "{other:?}");
        }
        // By a table, and by a second name.
        let (before, after) = (&[("log", 2)][..], &[][..]);
        assert_eq!(
            without(&module(before, [BODY; 3], &[1, 0, 2]), &["log"]),
            Some(module(after, [BODY; 3], &[1, 0, 2]))
        );
        assert_eq!(
            without(&module(&[("log", 2), ("on", 2)], [BODY; 3], &[0]), &["log"]),
            Some(module(&[("on", 2)], [BODY; 3], &[0]))
        );
        // It may call itself.
        let itself: &[u8] = &[0, CALL, 2, 0x0b];
        assert_eq!(
            without(&module(before, [BODY, itself, BODY], &[0]), &["log"]),
            Some(module(after, [BODY, &EMPTY, BODY], &[0]))
        );
    }

    #[test]
    fn what_is_no_module_is_none() {
        assert_eq!(without(b"no module", &[]), None);
        let module = module(&[("log", 2)], [BODY; 3], &[0]);
        for cut in [9, module.len() - 1, module.len() - 6] {
            assert_eq!(without(&module[..cut], &["log"]), None, "cut at {cut}");
        }
    }
}
