//! Servers on a thread of their own: one that speaks HTTP well, with or without TLS, and one that writes what it is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a request was.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// What became of a server's life so far.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) requests: Mutex<Vec<Got>>,
    pub(crate) connections: AtomicUsize,
    under_way: AtomicUsize,
    pub(crate) most_under_way: AtomicUsize,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Seen>,
}

impl Server {
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Got> {
        self.seen.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }
}

/// Answers each request with the same JSON after a while.
pub(crate) fn answering(body: &str, after: Duration, tls: Option<TlsAcceptor>) -> Server {
    let body = Bytes::from(body.to_owned());
    serve(move |socket, seen| {
        let (body, tls) = (body.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => http(socket, body, after, seen).await,
                Some(tls) => {
                    if let Ok(socket) = tls.accept(socket).await {
                        http(socket, body, after, seen).await;
                    }
                }
            }
        });
    })
}

pub(crate) fn quick(body: &str) -> Server {
    answering(body, Duration::ZERO, None)
}

async fn http(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    body: Bytes,
    after: Duration,
    seen: Arc<Seen>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (body, seen) = (body.clone(), Arc::clone(&seen));
        async move {
            let under_way = seen.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            seen.most_under_way.fetch_max(under_way, Ordering::SeqCst);
            let (head, sent) = request.into_parts();
            let sent = sent.collect().await.unwrap().to_bytes();
            seen.requests.lock().unwrap().push(Got {
                path: head.uri.path_and_query().unwrap().to_string(),
                version: head.version,
                headers: head.headers,
                body: serde_json::from_slice(&sent).unwrap(),
            });
            tokio::time::sleep(after).await;
            seen.under_way.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, hyper::Error>(Response::new(Full::new(body)))
        }
    });
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

/// What a bad server does after it wrote its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then {
    Close,
    Reset,
    /// Says nothing more.
    Hang,
    /// Goes on with the same bytes for ever.
    Repeat,
    /// One byte of the text at a time.
    Drip,
}

/// Reads a request's head and writes these bytes, whatever they are.
pub(crate) fn writing(bytes: impl Into<Vec<u8>>, then: Then) -> Server {
    let bytes = bytes.into();
    serve(move |mut socket, _| {
        let bytes = bytes.clone();
        tokio::spawn(async move {
            let mut request = [0; 4096];
            if socket.read(&mut request).await.is_err() {
                return;
            }
            if matches!(then, Then::Drip) {
                for byte in &bytes {
                    if socket.write_all(&[*byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            } else if socket.write_all(&bytes).await.is_err() {
                return;
            }
            match then {
                Then::Reset => socket.set_zero_linger().unwrap(),
                Then::Hang => tokio::time::sleep(Duration::from_secs(60)).await,
                Then::Repeat => while socket.write_all(&bytes).await.is_ok() {},
                Then::Close | Then::Drip => (),
            }
        });
    })
}

fn serve(each: impl Fn(TcpStream, Arc<Seen>) + Send + 'static) -> Server {
    let seen = Arc::new(Seen::default());
    let (tell, told) = mpsc::channel();
    let counted = Arc::clone(&seen);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap().port()).unwrap();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                counted.connections.fetch_add(1, Ordering::SeqCst);
                each(socket, Arc::clone(&counted));
            }
        });
    });
    Server {
        port: told.recv().unwrap(),
        seen,
    }
}
