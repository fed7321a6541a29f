//! What the service decided, as dynamic metadata under the namespace `tollgate`: the names, and how the filters read it.
//! Must not know how a decision is made.

/// The namespace of the service's dynamic metadata.
pub const NAMESPACE: &str = "tollgate";

/// Text: [`ALLOW`]. Anything else, or nothing, is not a decision.
pub const DECISION: &str = "decision";
/// The only decision that lets a request pass; refusals are answered by the service itself.
pub const ALLOW: &str = "allow";

/// Text: the target, where it differs from the router's choice.
pub const TARGET: &str = "target";

/// Text: tenant and key that asked (names, never the key itself).
pub const TENANT: &str = "tenant";
/// Text: the key's name.
pub const KEY: &str = "key";
/// Text: `miss`, `exact`, `off`.
pub const CACHE: &str = "cache";
/// Text: the categories that request and answer fall into (`request=violence; answer=hate,sexual`), where a policy annotates.
pub const MODERATION: &str = "moderation";
/// Number: input tokens of the answer, cached ones included.
pub const INPUT_TOKENS: &str = "input_tokens";
/// Number: output tokens of the answer.
pub const OUTPUT_TOKENS: &str = "output_tokens";
/// Text: cost in USD, a decimal with up to nine places.
pub const COST_USD: &str = "cost_usd";
/// Text: the names of the rules that found something of which the client is to be told, with `, ` between them.
pub const GUARDRAIL: &str = "guardrail";

/// The service's dynamic metadata as a filter reads it: all of it at once, since a call to Envoy costs about as much as reading
/// a kilobyte of JSON.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decision(Vec<(String, Vec<u8>)>);

impl Decision {
    /// Reads what Envoy hands out for a map: a count, the lengths of each name and value, then each with a zero byte behind
    /// it; all numbers 32 bits, little-endian (the encoding of header maps in proxy-wasm's ABI). Anything else is no decision.
    pub fn from_pairs(bytes: &[u8]) -> Self {
        Self(pairs(bytes).unwrap_or_default())
    }

    /// A text; `None` if it is absent or not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// A count. Envoy hands numbers out as doubles, eight bytes, little-endian.
    pub fn number(&self, name: &str) -> Option<u64> {
        let number = f64::from_le_bytes(self.bytes(name)?.try_into().ok()?);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and counts are small"
        )]
        let number = number as u64;
        Some(number)
    }

    fn bytes(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value)
    }
}

fn pairs(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let (count, sizes) = number(bytes)?;
    let mut sizes = sizes;
    let mut content = sizes.get(count.checked_mul(8)?..)?;
    let mut pairs = Vec::new();
    for _ in 0..count {
        let (name, rest) = number(sizes)?;
        let (value, rest) = number(rest)?;
        sizes = rest;
        let (name, rest) = terminated(content, name)?;
        let (value, rest) = terminated(rest, value)?;
        content = rest;
        pairs.push((String::from_utf8(name.to_vec()).ok()?, value.to_vec()));
    }
    Some(pairs)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((usize::try_from(u32::from_le_bytes(*number)).ok()?, rest))
}

fn terminated(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (value, rest) = bytes.split_at_checked(size)?;
    Some((value, rest.strip_prefix(&[0])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pairs: &[(&str, &[u8])]) -> Vec<u8> {
        let size = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
        let mut bytes = size(pairs.len()).to_vec();
        for (name, value) in pairs {
            bytes.extend(size(name.len()));
            bytes.extend(size(value.len()));
        }
        for (name, value) in pairs {
            bytes.extend([name.as_bytes(), &[0], value, &[0]].concat());
        }
        bytes
    }

    #[test]
    fn a_map_is_read_and_what_is_cut_is_no_decision() {
        let bytes = written(&[
            ("decision", b"allow"),
            ("input_tokens", &7.0_f64.to_le_bytes()),
            ("cache", b""),
        ]);
        let decision = Decision::from_pairs(&bytes);
        assert_eq!(decision.text(DECISION), Some(ALLOW));
        assert_eq!(decision.text(CACHE), Some(""));
        assert_eq!(decision.number(INPUT_TOKENS), Some(7));
        assert_eq!((decision.text(TARGET), decision.number(CACHE)), (None, None));
        for cut in 0..bytes.len() {
            assert_eq!(Decision::from_pairs(&bytes[..cut]), Decision::default(), "{cut}");
        }
        assert_eq!(Decision::from_pairs(&[0xff; 64]), Decision::default());
    }
}
