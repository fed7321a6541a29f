//! One HTTP service: where it is, its connections, and the limits of every call to it.
//! Must not know what is asked or what an answer means.
//!
//! A service is shared by all threads, its connections by none: a connection is driven by the runtime on which it was
//! made, so that a thread that computes or ends would hold up every other thread's call on it.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thread_local::ThreadLocal;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::error::Error;
use crate::secret::Credential;
use crate::tls;

/// No deadline is longer, so that none overflows a clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// A connection is not used again after this time: servers close theirs after five seconds (uvicorn, Node.js) or later.
const IDLE: Duration = Duration::from_secs(4);
/// How often a busy HTTP/2 connection is asked whether it is still there. Nobody else finds out that it is not.
const PING: Duration = Duration::from_secs(5);

/// How a service is called.
#[derive(Debug, Clone)]
pub struct Options {
    /// What it wants to see.
    pub credential: Option<Credential>,
    /// For a whole call: waiting for a slot, name, connection, TLS, the answer's last byte. A day at most.
    pub deadline: Duration,
    /// Calls under way at once, all threads together; each has at most one connection to itself.
    pub calls: NonZeroUsize,
    /// The longest answer, in bytes.
    pub answer: usize,
    /// PEM certificates to trust beside the machine's own.
    pub ca_file: Option<PathBuf>,
}

impl Default for Options {
    /// No credential, 2 s, 64 calls, 16 MiB, the machine's roots alone.
    fn default() -> Self {
        Self {
            credential: None,
            deadline: Duration::from_secs(2),
            calls: NonZeroUsize::MIN.saturating_add(63),
            answer: 16 * 1024 * 1024,
            ca_file: None,
        }
    }
}

/// A service over HTTP/1.1 or, by ALPN, HTTP/2. A clone is the same service: its calls count together.
///
/// Calls need a tokio runtime with I/O and time. Neither proxies (whatever the environment says) nor redirects are followed, and no call is repeated.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    base: Uri,
    options: Options,
    tls: rustls::ClientConfig,
    slots: Semaphore,
    clients: ThreadLocal<Client>,
}

type Client = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

impl Service {
    /// A service at `http://…` or `https://…`; a path is what operations' paths are put behind, a query goes with all of them.
    /// Reads certificates if the URL is `https`; connects when first called.
    pub fn new(url: &str, mut options: Options) -> Result<Self, Error> {
        options.deadline = options.deadline.min(LONGEST);
        let base: Uri = url.parse().map_err(|_| Error::Url("it is no url"))?;
        let tls = match base.scheme_str() {
            Some("http") => tls::unused()?,
            Some("https") => tls::trusting(options.ca_file.as_deref())?,
            _ => return Err(Error::Url("it must begin with http:// or https://")),
        };
        if base.host().is_none_or(str::is_empty) {
            return Err(Error::Url("it names no host"));
        }
        // It would be shown wherever the URL is.
        if base
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(Error::Url("a user or password does not belong into it"));
        }
        Ok(Self(Arc::new(Inner {
            slots: Semaphore::new(options.calls.get().min(Semaphore::MAX_PERMITS)),
            base,
            options,
            tls,
            clients: ThreadLocal::new(),
        })))
    }

    /// Host, port if one is written, and path.
    pub(crate) fn place(&self) -> String {
        let authority = self.0.base.authority().map_or("", |authority| authority.as_str());
        format!("{authority}{}", self.0.base.path().trim_end_matches('/'))
    }

    /// The URL of an operation: its path, which begins with a slash, behind the service's own.
    pub(crate) fn at(&self, path: &str) -> Result<Uri, Error> {
        let mut parts = self.0.base.clone().into_parts();
        let mut target = format!("{}{path}", self.0.base.path().trim_end_matches('/'));
        if let Some(query) = self.0.base.query() {
            target.push('?');
            target.push_str(query);
        }
        parts.path_and_query = Some(
            target
                .try_into()
                .map_err(|_| Error::Url("its path cannot be used"))?,
        );
        Uri::from_parts(parts).map_err(|_| Error::Url("its parts do not fit"))
    }

    /// Sends JSON, reads JSON. May be dropped at any time, which ends the call.
    pub(crate) async fn post<A: DeserializeOwned>(
        &self,
        to: &Uri,
        body: &impl Serialize,
    ) -> Result<A, Error> {
        let Options { deadline, .. } = self.0.options;
        let until = Instant::now() + deadline;
        let request = self.request(to, body)?;
        let _slot = timeout_at(until, self.0.slots.acquire())
            .await
            .map_err(|_| Error::Busy(deadline))?;
        let answer = timeout_at(until, self.exchange(request))
            .await
            .map_err(|_| Error::Deadline(deadline))??;
        // serde's own words would quote the answer.
        serde_json::from_slice(&answer).map_err(|error| Error::Unreadable {
            line: error.line(),
            column: error.column(),
        })
    }

    fn request(&self, to: &Uri, body: &impl Serialize) -> Result<Request<Full<Bytes>>, Error> {
        let body = serde_json::to_vec(body).map_err(|_| Error::Senseless("the question is no json"))?;
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = to.clone();
        let headers = request.headers_mut();
        for (name, value) in [
            (CONTENT_TYPE, "application/json"),
            (ACCEPT, "application/json"),
            (ACCEPT_ENCODING, "identity"),
            (USER_AGENT, concat!("tollgate/", env!("CARGO_PKG_VERSION"))),
        ] {
            headers.insert(name, hyper::header::HeaderValue::from_static(value));
        }
        if let Some(credential) = &self.0.options.credential {
            headers.insert(credential.name.clone(), credential.value.clone());
        }
        Ok(request)
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Bytes, Error> {
        let client = self.0.clients.get_or(|| self.client());
        let response = client.request(request).await.map_err(lost)?;
        if !response.status().is_success() {
            return Err(status(&response));
        }
        let encoding = response.headers().get(CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Error::Compressed);
        }
        let limit = self.0.options.answer;
        let body = response.into_body();
        if usize::try_from(body.size_hint().lower()).is_ok_and(|length| length > limit) {
            return Err(Error::TooLong { limit });
        }
        match Limited::new(body, limit).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(Error::TooLong { limit }),
            Err(error) => Err(Error::Broken(error)),
        }
    }

    /// A pool for one thread.
    fn client(&self) -> Client {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Shared out among a name's addresses, so that one that is silent leaves time for the next.
        tcp.set_connect_timeout(Some(self.0.options.deadline));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(self.0.tls.clone())
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(tcp);
        let threads = available_parallelism().map_or(1, NonZeroUsize::get);
        legacy::Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(self.0.options.calls.get().div_ceil(threads))
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PING)
            .build(connector)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the URL's query, in which some services want a key.
        f.debug_struct("Service")
            .field("at", &self.place())
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}

/// Why there is no head of an answer.
fn lost(error: legacy::Error) -> Error {
    if !error.is_connect() {
        Error::Broken(Box::new(error))
    } else if is_tls(&error) {
        Error::Tls(Box::new(error))
    } else {
        Error::Unreachable(Box::new(error))
    }
}

fn is_tls(error: &legacy::Error) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        if error.is::<rustls::Error>() {
            return true;
        }
        // What an I/O error was made of is not its `source`, but that one's.
        next = match error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

fn status(response: &Response<Incoming>) -> Error {
    let after = response.headers().get(RETRY_AFTER);
    Error::Status {
        status: response.status().as_u16(),
        retry_after: after
            .and_then(|after| after.to_str().ok())
            .and_then(|after| after.parse().ok())
            .map(Duration::from_secs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_cannot_be_used_are_refused() {
        for url in [
            "",
            "h",
            "h:80",
            "/v1",
            "ftp://h",
            "http://",
            "http://u:p@h/v1",
            "http://h h/",
        ] {
            assert!(
                matches!(Service::new(url, Options::default()), Err(Error::Url(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn an_operations_path_goes_between_path_and_query() {
        for (url, expected) in [
            ("http://h", "http://h/analyze"),
            ("http://h:1/", "http://h:1/analyze"),
            (
                "http://h/a/b/?api-version=1",
                "http://h/a/b/analyze?api-version=1",
            ),
        ] {
            let service = Service::new(url, Options::default()).unwrap();
            assert_eq!(service.at("/analyze").unwrap().to_string(), expected);
        }
    }

    #[tokio::test]
    async fn a_call_waits_for_a_slot_no_longer_than_its_deadline() {
        let options = Options {
            calls: NonZeroUsize::MIN,
            deadline: Duration::from_millis(30),
            ..Options::default()
        };
        let service = Service::new("http://127.0.0.1:9", options).unwrap();
        let slot = service.0.slots.acquire().await.unwrap();
        let uri = service.at("/x").unwrap();
        let busy = service.post::<()>(&uri, &()).await;
        assert!(matches!(busy, Err(Error::Busy(_))), "{busy:?}");
        drop(slot);
        let refused = service.post::<()>(&uri, &()).await;
        assert!(matches!(refused, Err(Error::Unreachable(_))), "{refused:?}");
    }
}
