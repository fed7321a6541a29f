//! Takes exports out of a wasm module: Envoy calls every callback that a filter exports, proxy-wasm's SDK exports all there are,
//! and each call that does nothing costs a request some microseconds.
//! Must not know which callbacks a filter needs.

/// The section of a module that names what it exports (WebAssembly core specification, 5.5.10).
const EXPORT_SECTION: u8 = 7;

/// The module without the exports in `names`; `None` if it is no module.
pub(crate) fn without(module: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let (header, mut rest) = module.split_at_checked(8)?;
    if !header.starts_with(b"\0asm") {
        return None;
    }
    let mut kept = header.to_vec();
    while let Some((&id, after)) = rest.split_first() {
        let (size, after) = number(after)?;
        let (content, after) = after.split_at_checked(size)?;
        kept.push(id);
        if id == EXPORT_SECTION {
            let content = filter(content, names)?;
            write_number(&mut kept, content.len());
            kept.extend(content);
        } else {
            write_number(&mut kept, size);
            kept.extend(content);
        }
        rest = after;
    }
    Some(kept)
}

fn filter(section: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let (count, mut rest) = number(section)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let entry = rest;
        let (length, after) = number(entry)?;
        let (name, after) = after.split_at_checked(length)?;
        // One byte says what is exported, a number which one.
        let (_, after) = number(after.get(1..)?)?;
        if !names.iter().any(|dropped| dropped.as_bytes() == name) {
            entries.push(&entry[..entry.len() - after.len()]);
        }
        rest = after;
    }
    let mut content = Vec::new();
    write_number(&mut content, entries.len());
    content.extend(entries.concat());
    Some(content)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_gone_and_the_rest_stays() {
        let export = |name: &str, index: u8| {
            let mut entry = vec![u8::try_from(name.len()).unwrap()];
            entry.extend(name.as_bytes());
            entry.extend([0, 0x80 | index, 1]);
            entry
        };
        let module = |exports: &[Vec<u8>]| {
            let mut section = vec![u8::try_from(exports.len()).unwrap()];
            section.extend(exports.concat());
            let mut module = b"\0asm\x01\0\0\0\x01\x02\xaa\xbb".to_vec();
            module.push(EXPORT_SECTION);
            write_number(&mut module, section.len());
            module.extend(section);
            module.extend([10, 1, 0xcc]);
            module
        };
        // Long enough that the section's size takes two bytes with it and one without it.
        let long = "proxy_on_something".repeat(6);
        let (memory, log) = (export("memory", 3), export(&long, 4));
        assert_eq!(
            without(&module(&[log.clone(), memory.clone()]), &[&long]),
            Some(module(std::slice::from_ref(&memory)))
        );
        assert_eq!(
            without(&module(&[log.clone(), memory.clone()]), &["other"]),
            Some(module(&[log, memory]))
        );
        assert_eq!(without(b"no module", &[]), None);
        assert_eq!(without(b"\0asm\x01\0\0\0\x07\x7f", &[]), None, "cut");
    }
}
