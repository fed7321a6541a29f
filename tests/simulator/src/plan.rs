//! From a body's pieces to what is written when: compression, splits, pauses and cuts.
//! Must not know what the bytes mean.

use std::io::Write;
use std::time::Duration;

use crate::script::{Encoding, Script};

/// One thing to do on the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Bytes of the body, flushed together.
    Write(Vec<u8>),
    /// Nothing for a while.
    Pause(Duration),
    /// TCP RST.
    Reset,
    /// TCP FIN, in the middle of whatever was being sent.
    Close,
    /// Nothing until the client leaves.
    Hang,
}

/// What happens before the response head.
pub(crate) fn before_head(script: &Script) -> Vec<Step> {
    let mut steps = Vec::new();
    if script.delay_ms > 0 {
        steps.push(Step::Pause(Duration::from_millis(script.delay_ms)));
    }
    for (asked, step) in [
        (script.reset, Step::Reset),
        (script.close, Step::Close),
        (script.hang, Step::Hang),
    ] {
        if asked {
            steps.push(step);
        }
    }
    steps
}

/// Compresses the pieces, each flushed so that a reader can decode it before the next one comes.
pub(crate) fn encode(pieces: Vec<Vec<u8>>, encoding: Encoding) -> std::io::Result<Vec<Vec<u8>>> {
    match encoding {
        Encoding::Gzip => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let mut out = Vec::with_capacity(pieces.len() + 1);
            for piece in pieces {
                gzip.write_all(&piece)?;
                gzip.flush()?;
                out.push(std::mem::take(gzip.get_mut()));
            }
            out.push(gzip.finish()?);
            Ok(out)
        }
        Encoding::Br => {
            let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 4, 22);
            let mut out = Vec::with_capacity(pieces.len() + 1);
            for piece in pieces {
                brotli.write_all(&piece)?;
                brotli.flush()?;
                out.push(std::mem::take(brotli.get_mut()));
            }
            out.push(brotli.into_inner());
            Ok(out)
        }
        // Each piece is a frame of its own: a decoder must go on after the first.
        Encoding::Zstd => Ok(pieces
            .into_iter()
            .map(|piece| {
                ruzstd::encoding::compress_to_vec(
                    piece.as_slice(),
                    ruzstd::encoding::CompressionLevel::Fastest,
                )
            })
            .collect()),
    }
}

/// Splits, pauses and cuts the pieces as the script says.
pub(crate) fn body(pieces: Vec<Vec<u8>>, script: &Script) -> Vec<Step> {
    let writes: Vec<Vec<u8>> = match script.split {
        Some(size) if size > 0 => pieces.concat().chunks(size).map(<[u8]>::to_vec).collect(),
        _ => pieces.into_iter().filter(|piece| !piece.is_empty()).collect(),
    };
    let ends = [
        (script.reset_after, Step::Reset),
        (script.close_after, Step::Close),
        (script.hang_after, Step::Hang),
    ];
    let end = ends
        .into_iter()
        .find_map(|(after, step)| after.map(|bytes| (bytes, step)));
    let mut left = end.as_ref().map_or(usize::MAX, |(bytes, _)| *bytes);
    let mut steps = Vec::with_capacity(writes.len() * 2);
    for mut write in writes {
        if left == 0 {
            break;
        }
        write.truncate(left);
        left -= write.len();
        steps.push(Step::Write(write));
        if script.chunk_ms > 0 {
            steps.push(Step::Pause(Duration::from_millis(script.chunk_ms)));
        }
    }
    steps.extend(end.map(|(_, step)| step));
    steps
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn pieces() -> Vec<Vec<u8>> {
        vec![b"hello ".to_vec(), "wörld".as_bytes().to_vec(), b"!".to_vec()]
    }

    fn written(steps: &[Step]) -> Vec<u8> {
        steps
            .iter()
            .filter_map(|step| {
                if let Step::Write(bytes) = step {
                    Some(bytes.clone())
                } else {
                    None
                }
            })
            .flatten()
            .collect()
    }

    #[test]
    fn splits_keep_every_byte_and_cut_inside_characters() {
        let script = Script {
            split: Some(1),
            ..Script::default()
        };
        let steps = body(pieces(), &script);
        assert_eq!(steps.len(), 13);
        assert_eq!(written(&steps), pieces().concat());
    }

    #[test]
    fn a_cut_comes_after_exactly_so_many_bytes() {
        for bytes in 0..13 {
            let script = Script {
                reset_after: Some(bytes),
                split: Some(5),
                ..Script::default()
            };
            let steps = body(pieces(), &script);
            assert_eq!(written(&steps), pieces().concat()[..bytes]);
            assert_eq!(steps.last(), Some(&Step::Reset));
        }
    }

    #[test]
    fn every_encoding_decodes_to_the_pieces() {
        let plain = pieces().concat();
        let gzip = encode(pieces(), Encoding::Gzip).unwrap().concat();
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(gzip.as_slice())
            .read_to_end(&mut out)
            .unwrap();
        assert_eq!(out, plain);
        let br = encode(pieces(), Encoding::Br).unwrap().concat();
        let mut out = Vec::new();
        brotli::Decompressor::new(br.as_slice(), 4096)
            .read_to_end(&mut out)
            .unwrap();
        assert_eq!(out, plain);
        let mut out = Vec::new();
        for frame in encode(pieces(), Encoding::Zstd).unwrap() {
            ruzstd::decoding::StreamingDecoder::new(frame.as_slice())
                .unwrap()
                .read_to_end(&mut out)
                .unwrap();
        }
        assert_eq!(out, plain);
    }

    #[test]
    fn compressed_pieces_can_be_read_one_by_one() {
        let first = encode(pieces(), Encoding::Gzip).unwrap().swap_remove(0);
        let mut out = [0; 6];
        flate2::read::GzDecoder::new(first.as_slice())
            .read_exact(&mut out)
            .unwrap();
        assert_eq!(&out, b"hello ");
    }
}
