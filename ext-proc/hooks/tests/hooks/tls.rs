//! TLS: HTTP/2 where the server offers it, trust only where it was given.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Version;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tollgate_hooks::{Embeddings, Error, Fault, Options, Service};

use crate::connections::ONE;
use crate::server::{Server, answering};

/// An authority's certificate as a file, and a server for `localhost` that it vouches for.
fn acceptor(protocols: &[&str]) -> (PathBuf, TlsAcceptor) {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key).unwrap();
    let issuer = Issuer::new(authority, key);
    let own = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .signed_by(&own, &issuer)
        .unwrap();
    let name = format!(
        "tollgate-hooks-{}-{}.pem",
        std::process::id(),
        FILES.fetch_add(1, Ordering::Relaxed)
    );
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(root.der())
    );
    std::fs::write(&path, pem).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(own.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec())
        .collect();
    (path, TlsAcceptor::from(Arc::new(config)))
}

/// The same server with TLS (and HTTP/2) or without.
pub(crate) fn maybe(secure: bool, body: &str) -> (Server, String, Option<PathBuf>) {
    if !secure {
        let server = answering(body, Duration::ZERO, None);
        let url = server.url();
        return (server, url, None);
    }
    let (ca_file, acceptor) = acceptor(&["h2", "http/1.1"]);
    let server = answering(body, Duration::ZERO, Some(acceptor));
    let url = format!("https://localhost:{}", server.port);
    (server, url, Some(ca_file))
}

#[tokio::test]
async fn the_server_chooses_the_version_of_http() {
    for (offered, version) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let (ca_file, acceptor) = acceptor(offered);
        let server = answering(ONE, Duration::ZERO, Some(acceptor));
        let options = Options {
            ca_file: Some(ca_file),
            ..Options::default()
        };
        let service = Service::new(&format!("https://localhost:{}", server.port), options).unwrap();
        let embeddings = Embeddings::new(service, "m", None).unwrap();
        for _ in 0..3 {
            embeddings.embed(&["a"]).await.unwrap();
        }
        assert!(
            server.requests().iter().all(|got| got.version == version),
            "{offered:?}"
        );
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn whom_nobody_vouches_for_is_not_trusted() {
    let (_server, url, ca_file) = maybe(true, ONE);
    let (others, _) = acceptor(&[]);
    let elsewhere = url.replace("localhost", "127.0.0.1");
    for (url, ca_file) in [(&url, others), (&elsewhere, ca_file.unwrap())] {
        let options = Options {
            ca_file: Some(ca_file),
            ..Options::default()
        };
        let service = Service::new(url, options).unwrap();
        let error = Embeddings::new(service, "m", None)
            .unwrap()
            .embed(&["a"])
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Tls(_)), "{error:?}");
        assert!(error.fault() == Fault::Configuration && !error.is_transient());
    }
}

#[test]
fn a_file_without_certificates_is_refused_at_once() {
    let (path, _) = acceptor(&[]);
    std::fs::write(&path, "no certificate").unwrap();
    for path in [path, PathBuf::from("/does/not/exist.pem")] {
        let options = Options {
            ca_file: Some(path),
            ..Options::default()
        };
        let error = Service::new("https://localhost", options).unwrap_err();
        assert!(matches!(error, Error::Certificates { .. }), "{error:?}");
    }
}
