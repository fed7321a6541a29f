//! The admin port: is it alive, is it ready, what has it done.
//! Must not show anything of an exchange but counts.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::warn;

use super::Service;

pub(super) async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

pub(super) async fn serve(listener: TcpListener, service: Arc<Service>, ready: watch::Receiver<bool>) {
    loop {
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                // Out of file descriptors, most likely: exchanges come first, so wait for some to end.
                warn!("admin port: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let (service, ready) = (Arc::clone(&service), ready.clone());
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                let response = answer(&request, &service, *ready.borrow());
                async move { Ok::<_, Infallible>(response) }
            });
            // A client that breaks its own connection is nobody's concern here.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), answer)
                .await;
        });
    }
}

fn answer(request: &Request<Incoming>, service: &Service, ready: bool) -> Response<Full<Bytes>> {
    if request.method() != Method::GET {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "GET only\n".into());
    }
    match request.uri().path() {
        "/healthz" => plain(StatusCode::OK, "ok\n".into()),
        "/readyz" if ready => plain(StatusCode::OK, "ready\n".into()),
        "/readyz" => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "not ready: starting or draining\n".into(),
        ),
        "/metrics" => {
            let mut response = plain(StatusCode::OK, service.metrics.encode());
            response.headers_mut().insert(
                header::CONTENT_TYPE,
                header::HeaderValue::from_static(
                    "application/openmetrics-text; version=1.0.0; charset=utf-8",
                ),
            );
            response
        }
        _ => plain(
            StatusCode::NOT_FOUND,
            "there are /healthz, /readyz and /metrics\n".into(),
        ),
    }
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response
}
