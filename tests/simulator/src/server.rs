//! Listeners, and from a request to its response: which script holds, what is refused, what is answered.
//! Must not know wire formats or how bytes are written.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::answer::{Answer, stable_id};
use crate::dialect::{self, Format};
use crate::http::{Connection, Request, Response, Sent};
use crate::plan::{self, Step};
use crate::record::Records;
use crate::request::{Asked, Operation};
use crate::script::{Framing, Script, ScriptError};
use crate::validate;

/// What a simulator spends on each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Records, validates and echoes.
    Test,
    /// Only reads `model` and `stream`, and answers a fixed text: for benchmarks.
    Bench,
}

/// One provider behind one listener.
pub struct Simulator {
    name: String,
    mode: Mode,
    records: Records,
    standing: Mutex<Option<Script>>,
}

impl Simulator {
    /// A provider whose own script header is `x-sim-<name>`.
    pub fn new(name: impl Into<String>, mode: Mode) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            mode,
            records: Records::default(),
            standing: Mutex::new(None),
        })
    }

    /// Listens and serves in the background; the address is the one that was bound.
    pub async fn listen(self: &Arc<Self>, address: &str) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        let simulator = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                // An accept that fails (a client gone again, no descriptors left) is no reason to stop.
                if let Ok((stream, _)) = listener.accept().await {
                    let simulator = Arc::clone(&simulator);
                    tokio::spawn(async move { simulator.serve(stream).await });
                }
            }
        });
        Ok(bound)
    }

    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut connection = Connection::new(stream)?;
        while let Some(request) = connection.read().await? {
            let sent = Sent {
                keep_alive: request.keep_alive,
                is_head: request.method == "HEAD",
            };
            let again = if let Some(response) = self.control(&request) {
                connection.write(&sent, response).await?.2
            } else {
                let response = self.answer(&request);
                let record = (self.mode == Mode::Test).then(|| self.records.add(request));
                let (outcome, written, again) = connection.write(&sent, response).await?;
                if let Some(record) = record {
                    record.close(outcome, written);
                }
                again
            };
            if !again {
                break;
            }
        }
        Ok(())
    }

    /// The simulator's own paths, which no provider has.
    fn control(&self, request: &Request) -> Option<Response> {
        let text = |status, text: String| json_response(status, text.into_bytes());
        match (request.path(), request.method.as_str()) {
            ("/sim/requests", "GET") => Some(text(200, self.records.to_json().to_string())),
            ("/sim/requests", "DELETE") => {
                self.records.clear();
                Some(text(200, "{}".to_owned()))
            }
            ("/sim/script", "PUT") => match Script::parse(&String::from_utf8_lossy(&request.body)) {
                Ok(script) => {
                    *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some(script);
                    Some(text(200, "{}".to_owned()))
                }
                Err(error) => Some(text(400, Value::String(error.to_string()).to_string())),
            },
            ("/sim/script", "DELETE") => {
                *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Some(text(200, "{}".to_owned()))
            }
            _ => None,
        }
    }

    fn answer(&self, request: &Request) -> Response {
        let operation = Operation::from_path(request.path()).filter(|_| request.method == "POST");
        let Some(operation) = operation else {
            let message = format!("Invalid URL ({} {})", request.method, request.path());
            return json_response(
                404,
                dialect::error(None, 404, None, Some(&message), None)
                    .to_string()
                    .into_bytes(),
            );
        };
        let refuse = |status: u16, message: &str, param: Option<&str>| {
            let error = dialect::error(Some(operation), status, None, Some(message), param);
            json_response(status, error.to_string().into_bytes())
        };
        let (asked, value) = match self.mode {
            Mode::Bench => match Asked::light(&request.body) {
                Ok(asked) => (asked, None),
                Err(error) => return refuse(400, &error.to_string(), None),
            },
            Mode::Test => match serde_json::from_slice::<Value>(&request.body) {
                Ok(value) => (
                    Asked::from_value(operation, &value, request.body.len()),
                    Some(value),
                ),
                Err(error) => {
                    let message = format!("We could not parse the JSON body of your request: {error}");
                    return refuse(400, &message, None);
                }
            },
        };
        let script = match self.script(request, &asked) {
            Ok(script) => script,
            Err(error) => return refuse(500, &error.to_string(), None),
        };
        if let Some(value) = value.filter(|_| !script.lenient)
            && let Err((message, param)) = validate::body(operation, request, &value)
        {
            // Presidio blames itself for what the client got wrong.
            let status = if operation == Operation::Analyze { 500 } else { 400 };
            return refuse(status, &message, param.as_deref());
        }
        let id = match self.mode {
            Mode::Test => stable_id(&[self.name.as_bytes(), request.path().as_bytes(), &request.body]),
            Mode::Bench => stable_id(&[self.name.as_bytes()]),
        };
        match respond(operation, &asked, &script, id) {
            Ok(response) => response,
            Err(error) => refuse(500, &error.to_string(), None),
        }
    }

    /// The first of: `x-sim-<name>`, `x-sim`, the model's name behind `#`, `/sim/script`.
    fn script(&self, request: &Request, asked: &Asked) -> Result<Script, ScriptError> {
        let own = format!("x-sim-{}", self.name);
        let text = request
            .header(&own)
            .or_else(|| request.header("x-sim"))
            .or(asked.script.as_deref());
        if let Some(text) = text {
            return Script::parse(text);
        }
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let script = standing.clone().unwrap_or_default();
        match standing.as_mut().and_then(|script| script.times.as_mut()) {
            Some(times) if *times > 1 => *times -= 1,
            Some(_) => *standing = None,
            None => (),
        }
        Ok(script)
    }
}

fn respond(operation: Operation, asked: &Asked, script: &Script, id: String) -> io::Result<Response> {
    let format = Format {
        ascii: script.ascii,
        crlf: script.crlf,
    };
    let status = script.status.unwrap_or(200);
    let request_id = format!("req_{id}");
    let answer = Answer::new(asked, script, id);
    let is_stream = status < 400 && asked.stream && operation.streams() && script.body.is_none();
    let mut pieces = if let Some(body) = &script.body {
        vec![body.clone().into_bytes()]
    } else if status >= 400 {
        let error = dialect::error(
            Some(operation),
            status,
            script.error_type.as_deref(),
            script.message.as_deref(),
            None,
        );
        vec![error.to_string().into_bytes()]
    } else if is_stream {
        events(operation, &answer, script, format)
    } else {
        vec![dialect::plain(operation, asked, &answer, format)]
    };
    let content_type = match &script.content_type {
        Some(content_type) => content_type.clone(),
        None if is_stream => "text/event-stream; charset=utf-8".to_owned(),
        None => "application/json".to_owned(),
    };
    let mut headers = vec![("content-type".to_owned(), content_type)];
    if let Some(name) = operation.request_id() {
        headers.push((name.to_owned(), request_id));
    }
    if is_stream {
        headers.push(("cache-control".to_owned(), "no-cache".to_owned()));
    }
    if let Some(encoding) = script.encoding {
        pieces = plan::encode(pieces, encoding)?;
        headers.push(("content-encoding".to_owned(), encoding.name().to_owned()));
    }
    headers.extend(
        script
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    let usual = if is_stream {
        Framing::Chunked
    } else {
        Framing::Length
    };
    Ok(Response {
        before_head: plan::before_head(script),
        status,
        headers,
        framing: script.framing.unwrap_or(usual),
        body: plan::body(pieces, script),
        flush_each: script.split.is_some(),
    })
}

fn events(operation: Operation, answer: &Answer, script: &Script, format: Format) -> Vec<Vec<u8>> {
    let mut events = dialect::stream(operation, answer, format);
    if let Some(after) = script.error_after {
        events.truncate(after);
        let (kind, message) = (script.error_type.as_deref(), script.message.as_deref());
        events.push(dialect::error_event(operation, kind, message, format));
    }
    if script.comments {
        events = events
            .into_iter()
            .flat_map(|event| [b": keep-alive\n\n".to_vec(), event])
            .collect();
    }
    events
}

fn json_response(status: u16, body: Vec<u8>) -> Response {
    Response {
        before_head: Vec::new(),
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        framing: Framing::Length,
        body: vec![Step::Write(body)],
        flush_each: false,
    }
}
