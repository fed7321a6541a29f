//! The admin port: is it alive, is it ready, what has it done; and what operators do to the cache.
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
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tollgate_cache::{Purge, Scope};
use tracing::{info, warn};

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
            let answer = service_fn(async |request| {
                let ready = *ready.borrow();
                Ok::<_, Infallible>(answer(&request, &service, ready).await)
            });
            // A client that breaks its own connection is nobody's concern here.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), answer)
                .await;
        });
    }
}

async fn answer(request: &Request<Incoming>, service: &Service, ready: bool) -> Response<Full<Bytes>> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/healthz") => plain(StatusCode::OK, "ok\n".into()),
        (&Method::GET, "/readyz") if ready => plain(StatusCode::OK, "ready\n".into()),
        (&Method::GET, "/readyz") => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "not ready: starting or draining\n".into(),
        ),
        (&Method::GET, "/metrics") => {
            service.metrics.cache_holds(service.cache.store.size());
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            typed(StatusCode::OK, kind, service.metrics.encode())
        }
        (&Method::GET, "/cache") => {
            let size = service.cache.store.size();
            let held = json!({ "entries": size.entries, "bytes": size.bytes, "with_words": size.with_words });
            typed(StatusCode::OK, JSON, held.to_string())
        }
        (&Method::DELETE, "/cache") => match selection(request.uri().query().unwrap_or_default()) {
            Ok(selection) => {
                let (dropped, shared) = service.cache.purge(&selection).await;
                info!(?selection, dropped, shared, "cache: purged");
                let said = json!({ "dropped": dropped, "shared": shared });
                typed(StatusCode::OK, JSON, said.to_string())
            }
            Err(what) => typed(
                StatusCode::BAD_REQUEST,
                JSON,
                json!({ "error": what }).to_string(),
            ),
        },
        (_, "/healthz" | "/readyz" | "/metrics") => {
            plain(StatusCode::METHOD_NOT_ALLOWED, "GET only\n".into())
        }
        (_, "/cache") => plain(StatusCode::METHOD_NOT_ALLOWED, "GET or DELETE\n".into()),
        _ => plain(
            StatusCode::NOT_FOUND,
            "there are /healthz, /readyz, /metrics and /cache\n".into(),
        ),
    }
}

/// Which entries a query names. All of them must be asked for by that word, so that a typo is not the end of the cache.
fn selection(query: &str) -> Result<Purge, String> {
    const KNOWN: &str = "`key`, `tenant`, `scope=everyone`, `model`, `namespace`, or `all=true`";
    let mut purge = Purge::default();
    let mut all = false;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (&*name, &*value) {
            ("key", key) => purge.key = Some(key.parse().map_err(|error| format!("key: {error}"))?),
            ("tenant", tenant) => purge.scope = Some(Scope::Tenant(tenant.into())),
            ("scope", "everyone") => purge.scope = Some(Scope::Everyone),
            ("model", model) => purge.model = Some(model.into()),
            ("namespace", namespace) => purge.namespace = Some(namespace.into()),
            ("all", "true") => all = true,
            (name, _) => return Err(format!("`{name}` is not understood; give {KNOWN}")),
        }
    }
    if all != (purge == Purge::default()) {
        return Err(format!("give {KNOWN}"));
    }
    Ok(purge)
}

const JSON: &str = "application/json";

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    typed(status, "text/plain; charset=utf-8", text)
}

fn typed(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purges_are_read() {
        let key = "ab".repeat(32);
        for (query, expected) in [
            ("all=true", Purge::default()),
            (
                "tenant=a%2Fb&model=gpt-4o&namespace=",
                Purge {
                    scope: Some(Scope::Tenant("a/b".into())),
                    model: Some("gpt-4o".into()),
                    namespace: Some("".into()),
                    key: None,
                },
            ),
            (
                "scope=everyone",
                Purge {
                    scope: Some(Scope::Everyone),
                    ..Purge::default()
                },
            ),
            (
                &format!("key={key}"),
                Purge {
                    key: Some(key.parse().unwrap()),
                    ..Purge::default()
                },
            ),
        ] {
            assert_eq!(selection(query), Ok(expected), "{query}");
        }
        for query in [
            "",
            "all=1",
            "all=true&tenant=a",
            "tenants=a",
            "key=x",
            "scope=tenant",
        ] {
            assert!(selection(query).is_err(), "{query}");
        }
    }
}
