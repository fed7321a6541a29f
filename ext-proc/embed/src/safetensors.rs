//! Reads a safetensors file once from front to back, a row at a time, so that a model never lies in memory twice, and hashes it
//! on the way. Must not know which tensors a model has.
//!
//! The `safetensors` crate wants the whole file in memory, which for this model is 91 MB.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use crate::LoadError;

/// The published file's header has 10 KB; a longer one than this is not a header.
const HEADER_MAX: u64 = 1 << 20;

/// What the header says about a tensor.
#[derive(Debug, Deserialize)]
pub(crate) struct Tensor {
    #[serde(skip)]
    pub(crate) name: String,
    dtype: String,
    pub(crate) shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// An open file whose header has been read.
pub(crate) struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    hasher: Sha256,
}

impl Reader {
    /// Opens the file and returns its tensors in the order in which they must be read.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Tensor>), LoadError> {
        let io = |e| LoadError::io(path, e);
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let mut reader = Self {
            path: path.to_owned(),
            file: BufReader::with_capacity(1 << 18, file),
            hasher: Sha256::new(),
        };
        let mut size = [0; 8];
        reader.fill(&mut size)?;
        let size = u64::from_le_bytes(size);
        if size > HEADER_MAX {
            return Err(reader.invalid("it does not begin like a safetensors file"));
        }
        let mut header = vec![0; size as usize];
        reader.fill(&mut header)?;
        let tensors = parse(&header).map_err(|e| reader.invalid(e))?;
        let end = tensors.last().map_or(0, |t| t.data_offsets[1]);
        if length != 8 + size + end {
            return Err(reader.invalid(format!(
                "it has {length} bytes where its header promises {}",
                8 + size + end
            )));
        }
        Ok((reader, tensors))
    }

    /// Reads the next tensor, whose last dimension is `WIDTH`, row by row.
    pub(crate) fn rows<const WIDTH: usize>(
        &mut self,
        tensor: &Tensor,
        mut row: impl FnMut(&[f32; WIDTH]),
    ) -> Result<(), LoadError> {
        if tensor.dtype != "F32" || tensor.shape.last() != Some(&(WIDTH as u64)) {
            return Err(self.invalid(format!(
                "{} is {} {:?} instead of F32 with rows of {WIDTH}",
                tensor.name, tensor.dtype, tensor.shape
            )));
        }
        let mut bytes = vec![0; 4 * WIDTH];
        let mut values = [0.0; WIDTH];
        let rows = (tensor.data_offsets[1] - tensor.data_offsets[0]) / bytes.len() as u64;
        for _ in 0..rows {
            self.fill(&mut bytes)?;
            for (value, bytes) in values.iter_mut().zip(bytes.as_chunks().0) {
                *value = f32::from_le_bytes(*bytes);
            }
            if !values.iter().all(|v| v.is_finite()) {
                return Err(self.invalid(format!("{} has values that are not finite numbers", tensor.name)));
            }
            row(&values);
        }
        Ok(())
    }

    /// Passes over the next tensor.
    pub(crate) fn skip(&mut self, tensor: &Tensor) -> Result<(), LoadError> {
        let mut left = tensor.data_offsets[1] - tensor.data_offsets[0];
        let mut bytes = [0; 4096];
        while left > 0 {
            let count = left.min(bytes.len() as u64);
            self.fill(&mut bytes[..count as usize])?;
            left -= count;
        }
        Ok(())
    }

    /// The SHA-256 of everything read, in hexadecimal.
    pub(crate) fn finish(self) -> String {
        let digest = self.hasher.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn invalid(&self, reason: impl Into<String>) -> LoadError {
        LoadError::Invalid {
            path: self.path.clone(),
            reason: reason.into(),
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), LoadError> {
        self.file
            .read_exact(bytes)
            .map_err(|e| LoadError::io(&self.path, e))?;
        self.hasher.update(bytes);
        Ok(())
    }
}

/// The header's tensors, sorted by where they lie; they must lie side by side and be as large as their shapes say.
fn parse(header: &[u8]) -> Result<Vec<Tensor>, String> {
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "__metadata__")]
        _metadata: Option<IgnoredAny>,
        #[serde(flatten)]
        tensors: HashMap<String, Tensor>,
    }
    let header: Header = serde_json::from_slice(header).map_err(|e| format!("its header is broken: {e}"))?;
    let tensors = header.tensors.into_iter();
    let mut tensors: Vec<Tensor> = tensors.map(|(name, tensor)| Tensor { name, ..tensor }).collect();
    tensors.sort_by_key(|t| t.data_offsets);
    let mut position = 0;
    for Tensor {
        name,
        dtype,
        shape,
        data_offsets: [start, end],
    } in &tensors
    {
        let size = match dtype.as_str() {
            "F64" | "I64" | "U64" => 8,
            "F32" | "I32" | "U32" => 4,
            "F16" | "BF16" | "I16" | "U16" => 2,
            "I8" | "U8" | "BOOL" => 1,
            other => return Err(format!("{name} has the unknown type {other}")),
        };
        let bytes = shape.iter().try_fold(size, |bytes: u64, n| bytes.checked_mul(*n));
        if *start != position || end.checked_sub(*start) != bytes {
            return Err(format!("{name} does not lie where a tensor of its shape must"));
        }
        position = *end;
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let good = br#"{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},
            "a":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]}}"#;
        let names: Vec<String> = parse(good).unwrap().into_iter().map(|t| t.name).collect();
        assert_eq!(names, ["a", "b"]);
        for bad in [
            "",
            "[]",
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
            r#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
            r#"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#,
            r#"{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
        ] {
            parse(bad.as_bytes()).unwrap_err();
        }
    }
}
