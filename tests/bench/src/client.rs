//! One HTTP/1.1 connection that is kept alive: a request out, its whole answer in, with as few system calls as can be.
//! Must not know what is asked, and nothing of HTTP that Envoy does not write.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Longer than any answer takes: a gateway that hangs is an error and not a pause.
const PATIENCE: Duration = Duration::from_secs(60);
const FIRST_BUFFER: usize = 64 * 1024;

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// A whole answer.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: &'a [u8],
    /// As it came: chunks with their sizes.
    pub(crate) body: &'a [u8],
    /// When the first of a stream's text was there.
    pub(crate) first_text: Option<Instant>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; FIRST_BUFFER],
        })
    }

    /// One request and its answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        let mut progress = Progress::Head;
        let mut text = FirstText::default();
        let head_end = loop {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..])?;
            if read == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the connection was closed in the middle of an answer",
                ));
            }
            filled += read;
            text.look(&self.buffer[..filled]);
            if let Some(head_end) = progress.advance(&self.buffer[..filled])? {
                break head_end;
            }
        };
        let (head, body) = self.buffer[..filled].split_at(head_end);
        let status = head
            .get(9..12)
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        Ok(Answer {
            status: status.ok_or_else(|| invalid("no status"))?,
            head,
            body,
            first_text: text.came,
        })
    }
}

/// The search for the first text of a stream of chat completions: its first events have none, and neither have those of which
/// the gateway holds everything back.
#[derive(Default)]
struct FirstText {
    came: Option<Instant>,
    /// How far was looked.
    at: usize,
}

impl FirstText {
    fn look(&mut self, bytes: &[u8]) {
        const DELTA: &[u8] = b"\"delta\":{";
        const CONTENT: &[u8] = b"\"content\":\"";
        while self.came.is_none() {
            let Some(found) = bytes.get(self.at..).and_then(|rest| find(rest, DELTA)) else {
                self.at = self.at.max(bytes.len().saturating_sub(DELTA.len()));
                return;
            };
            let delta = &bytes[self.at + found..];
            let Some(end) = find(delta, b"}") else { return };
            let delta = &delta[..end];
            if find(delta, CONTENT).is_some_and(|at| delta.get(at + CONTENT.len()) != Some(&b'"')) {
                self.came = Some(Instant::now());
            }
            self.at += found + end;
        }
    }
}

/// How far an answer has come.
#[derive(Clone, Copy)]
enum Progress {
    Head,
    /// All of it is there at this length.
    Length {
        head_end: usize,
        end: usize,
    },
    /// The next chunk's size stands here.
    Chunks {
        head_end: usize,
        at: usize,
    },
}

impl Progress {
    /// Where the head ends, once the whole answer is there.
    fn advance(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        if let Self::Head = self {
            let Some(blank) = find(bytes, b"\r\n\r\n") else {
                return Ok(None);
            };
            let head_end = blank + 4;
            *self = match content_length(&bytes[..head_end])? {
                Some(length) => Self::Length {
                    head_end,
                    end: head_end + length,
                },
                None => Self::Chunks {
                    head_end,
                    at: head_end,
                },
            };
        }
        match self {
            Self::Head => Ok(None),
            Self::Length { head_end, end } => Ok((bytes.len() >= *end).then_some(*head_end)),
            Self::Chunks { head_end, at } => {
                while let Some(line) = bytes.get(*at..).and_then(|rest| find(rest, b"\r\n")) {
                    let size = std::str::from_utf8(&bytes[*at..*at + line]).ok();
                    let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
                    let size = size.ok_or_else(|| invalid("a chunk without a size"))?;
                    let next = *at + line + 2 + size + 2;
                    if size == 0 {
                        return Ok((bytes.len() >= next).then_some(*head_end));
                    }
                    *at = next;
                }
                Ok(None)
            }
        }
    }
}

/// `None` if the answer is chunked. Envoy writes headers in lower case.
fn content_length(head: &[u8]) -> io::Result<Option<usize>> {
    const NAME: &[u8] = b"\r\ncontent-length: ";
    if let Some(at) = find(head, NAME) {
        let digits = head[at + NAME.len()..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        return Ok(Some(
            digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0')),
        ));
    }
    match find(head, b"\r\ntransfer-encoding: chunked\r\n") {
        Some(_) => Ok(None),
        None => Err(invalid("an answer without a length")),
    }
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_it_ends_however_it_is_cut() {
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab\r\nc",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\na\r\n\r\n0010\r\n0123456789abcdef\r\n0\r\n\r\n",
        ] {
            let head = answer.find("\r\n\r\n").unwrap() + 4;
            for first in 1..answer.len() {
                let mut progress = Progress::Head;
                assert_eq!(
                    progress.advance(&answer.as_bytes()[..first]).unwrap(),
                    None,
                    "{answer} cut at {first}"
                );
                assert_eq!(
                    progress.advance(answer.as_bytes()).unwrap(),
                    Some(head),
                    "{answer} cut at {first}"
                );
            }
        }
        assert!(Progress::Head.advance(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn the_first_text_of_a_stream_is_where_it_is_however_it_is_cut() {
        let stream = concat!(
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
        );
        let there = stream.find("\"a\"}").unwrap() + 4;
        for cut in 0..stream.len() {
            let mut text = FirstText::default();
            text.look(&stream.as_bytes()[..cut]);
            assert_eq!(text.came.is_some(), cut >= there, "cut at {cut}");
            text.look(stream.as_bytes());
            assert!(text.came.is_some(), "cut at {cut}");
        }
    }
}
