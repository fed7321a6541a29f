//! Whom to trust. Must not know what is sent.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::error::Error;

/// The machine's roots (those that `SSL_CERT_FILE` or `SSL_CERT_DIR` name, if set), and those of a PEM file.
pub(crate) fn trusting(ca_file: Option<&Path>) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    // A store may have certificates that no library can read; the others count.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        add(&mut roots, path).map_err(|source| Error::Certificates {
            path: path.to_owned(),
            source,
        })?;
    }
    if roots.is_empty() {
        return Err(Error::NoRoots);
    }
    client(roots)
}

/// Trusts nobody: for a service without TLS.
pub(crate) fn unused() -> Result<ClientConfig, Error> {
    client(RootCertStore::empty())
}

fn client(roots: RootCertStore) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Tls(Box::new(error)))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn add(roots: &mut RootCertStore, path: &Path) -> io::Result<()> {
    let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
    let pem = std::fs::read(path)?;
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| invalid(error.to_string()))?;
    }
    if roots.len() == before {
        return Err(invalid("there is no certificate in it".to_owned()));
    }
    Ok(())
}
