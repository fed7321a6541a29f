//! HTTP/1.1 over a socket, with the freedom to break it: a chunk cut in half, a RST, silence.
//! Must not know what is asked or answered.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::plan::Step;
use crate::record::Outcome;
use crate::script::Framing;

const MAX_HEAD: usize = 256 * 1024;
const MAX_BODY: usize = 256 * 1024 * 1024;
/// Writes without a pause between them are sent together up to here.
const WRITE_BUFFER: usize = 64 * 1024;

/// A request with its whole body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// In the order and letter case of the wire.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) keep_alive: bool,
}

impl Request {
    /// The first value of a header; names compare without case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The path without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or(&self.target)
    }
}

/// A response as a list of things to do.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) before_head: Vec<Step>,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) framing: Framing,
    pub(crate) body: Vec<Step>,
    /// Each write goes out by itself even without a pause after it.
    pub(crate) flush_each: bool,
}

/// One client connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    /// The next request, or `None` if the client closed the connection between two requests.
    pub(crate) async fn read(&mut self) -> io::Result<Option<Request>> {
        let (mut request, framing) = loop {
            if let Some((head_length, request, framing)) = parse_head(&self.buffer)? {
                self.buffer.drain(..head_length);
                break (request, framing);
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(invalid("head too long"));
            }
            if self.fill().await? == 0 {
                return if self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(invalid("closed inside a head"))
                };
            }
        };
        if request
            .header("expect")
            .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
        {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        request.body = match framing {
            BodyFraming::Length(length) => self.read_exactly(length).await?,
            BodyFraming::Chunked => self.read_chunked().await?,
        };
        Ok(Some(request))
    }

    /// Carries the response out. `true`: the connection can take another request.
    pub(crate) async fn write(
        &mut self,
        request: &Sent,
        response: Response,
    ) -> io::Result<(Outcome, usize, bool)> {
        for step in &response.before_head {
            if let Some(outcome) = self.wait(step).await? {
                return Ok((outcome, 0, false));
            }
        }
        let chunked = response.framing == Framing::Chunked;
        let keep_alive = request.keep_alive && response.framing != Framing::Close;
        let mut out = head(&response, keep_alive);
        let mut written = 0;
        if !request.is_head {
            for step in &response.body {
                if let Step::Write(bytes) = step {
                    written += bytes.len();
                    if chunked {
                        out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
                    }
                    out.extend_from_slice(bytes);
                    if chunked {
                        out.extend_from_slice(b"\r\n");
                    }
                    if out.len() < WRITE_BUFFER && !response.flush_each {
                        continue;
                    }
                }
                if self.stream.write_all(&out).await.is_err() {
                    return Ok((Outcome::ClientLeft, written, false));
                }
                out.clear();
                if let Some(outcome) = self.wait(step).await? {
                    return Ok((outcome, written, false));
                }
            }
            if chunked {
                out.extend_from_slice(b"0\r\n\r\n");
            }
        }
        if self.stream.write_all(&out).await.is_err() {
            return Ok((Outcome::ClientLeft, written, false));
        }
        if !keep_alive {
            self.stream.shutdown().await?;
        }
        Ok((Outcome::Complete, written, keep_alive))
    }

    /// Waits or ends as the step says; an outcome if the exchange is over.
    async fn wait(&mut self, step: &Step) -> io::Result<Option<Outcome>> {
        match step {
            Step::Write(_) => {
                tokio::task::yield_now().await;
                Ok(None)
            }
            Step::Pause(time) => Ok(self
                .client_leaves(Some(*time))
                .await
                .then_some(Outcome::ClientLeft)),
            Step::Hang => {
                self.client_leaves(None).await;
                Ok(Some(Outcome::ClientLeft))
            }
            Step::Close => {
                self.stream.shutdown().await?;
                Ok(Some(Outcome::Cut))
            }
            Step::Reset => {
                self.stream.set_zero_linger()?;
                Ok(Some(Outcome::Cut))
            }
        }
    }

    /// Waits for a time (or for ever) and says whether the client closed the connection meanwhile.
    async fn client_leaves(&mut self, time: Option<Duration>) -> bool {
        let left = async {
            let mut byte = [0];
            match self.stream.peek(&mut byte).await {
                Ok(0) | Err(_) => (),
                // A pipelined request: it proves that the client is there, and peek would return at once for ever.
                Ok(_) => std::future::pending().await,
            }
        };
        match time {
            Some(time) => tokio::time::timeout(time, left).await.is_ok(),
            None => {
                left.await;
                true
            }
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(16 * 1024);
        self.stream.read_buf(&mut self.buffer).await
    }

    async fn read_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length > MAX_BODY {
            return Err(invalid("body too long"));
        }
        self.buffer.reserve(length.saturating_sub(self.buffer.len()));
        while self.buffer.len() < length {
            if self.fill().await? == 0 {
                return Err(invalid("closed inside a body"));
            }
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    async fn read_chunked(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let (line, size) = loop {
                match httparse::parse_chunk_size(&self.buffer) {
                    Ok(httparse::Status::Complete((line, size))) => break (line, size),
                    Ok(httparse::Status::Partial) => {
                        if self.fill().await? == 0 {
                            return Err(invalid("closed inside a chunk's size"));
                        }
                    }
                    Err(_) => return Err(invalid("bad chunk size")),
                }
            };
            self.buffer.drain(..line);
            let size = usize::try_from(size).map_err(|_| invalid("chunk too long"))?;
            if size == 0 {
                // No trailers are expected: the blank line ends the body.
                self.read_exactly(2).await?;
                return Ok(body);
            }
            if body.len() + size > MAX_BODY {
                return Err(invalid("body too long"));
            }
            body.extend_from_slice(&self.read_exactly(size).await?);
            self.read_exactly(2).await?;
        }
    }
}

/// What the writer needs of the request it answers.
pub(crate) struct Sent {
    pub(crate) keep_alive: bool,
    pub(crate) is_head: bool,
}

enum BodyFraming {
    Length(usize),
    Chunked,
}

fn parse_head(buffer: &[u8]) -> io::Result<Option<(usize, Request, BodyFraming)>> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(invalid(&error.to_string())),
    };
    let mut request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        target: head.path.unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|header| {
                (
                    header.name.to_owned(),
                    String::from_utf8_lossy(header.value).into_owned(),
                )
            })
            .collect(),
        body: Vec::new(),
        keep_alive: head.version == Some(1),
    };
    if request
        .header("connection")
        .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    {
        request.keep_alive = false;
    }
    let framing = if request
        .header("transfer-encoding")
        .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    {
        BodyFraming::Chunked
    } else {
        let length = request.header("content-length").map(str::parse).transpose();
        BodyFraming::Length(length.map_err(|_| invalid("bad content-length"))?.unwrap_or(0))
    };
    Ok(Some((length, request, framing)))
}

fn head(response: &Response, keep_alive: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match response.framing {
        Framing::Length => {
            let writes = response.body.iter().map(|step| {
                if let Step::Write(bytes) = step {
                    bytes.len()
                } else {
                    0
                }
            });
            // A cut body promised more than it brings.
            let cut = response
                .body
                .last()
                .is_some_and(|step| matches!(step, Step::Reset | Step::Close | Step::Hang));
            let length = writes.sum::<usize>() + usize::from(cut) * 1000;
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        Framing::Chunked => head.push_str("transfer-encoding: chunked\r\n"),
        Framing::Close => (),
    }
    if !keep_alive {
        head.push_str("connection: close\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.to_owned())
}
