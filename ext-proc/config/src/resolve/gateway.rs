//! Resolves Envoy, listeners, the service, providers and the stores.
//!
//! Must not open a socket or look at a file.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tollgate_llm::Dialect;

use super::Known;
use super::names::{Names, claim};
use crate::path::Path;
use crate::report::Report;
use crate::usable::{
    Address, BudgetStore, Envoy, EnvoyVersion, Listener, OnFailure, Provider, SecretRef, Service,
};
use crate::written;

/// The oldest version on which the rendered configuration was tried.
const OLDEST_TRIED: EnvoyVersion = EnvoyVersion { major: 1, minor: 36 };
/// Bodies are held in memory twice (in Envoy and in the service), so there is an end to what one may ask for.
const MAX_BODY: u64 = 1 << 30;

pub(crate) fn envoy(written: written::Envoy, path: &Path, report: &mut Report) -> Envoy {
    let version = written.version.0;
    if version.major != 1 {
        report.error(&path.field("version"), format!("there is no Envoy {version}"));
    } else if version < OLDEST_TRIED {
        report.warn(
            &path.field("version"),
            format!("versions before {OLDEST_TRIED} have not been tried"),
        );
    }
    let admin = written.admin.map(|address| address.0);
    if let Some(admin) = admin {
        warn_if_public(
            admin,
            &path.field("admin"),
            "Envoy's admin port can stop it and shows its configuration",
            report,
        );
    }
    Envoy {
        version,
        admin,
        filters: PathBuf::from(written.filters.0),
        concurrency: written.concurrency,
    }
}

pub(crate) fn listeners(written: Vec<written::Listener>, path: &Path, report: &mut Report) -> Vec<Listener> {
    let mut taken = HashMap::new();
    let mut listeners = Vec::new();
    for (at, listener) in written.into_iter().enumerate() {
        let path = path.index(at);
        claim(&mut taken, &listener.name.0, at, "listener", &path, report);
        let max_body = listener.max_body.0;
        if !(1024..=MAX_BODY).contains(&max_body) {
            report.error(&path.field("max_body"), "must be between 1KiB and 1GiB");
        }
        listeners.push(Listener {
            name: listener.name.0,
            address: listener.address.0,
            max_body,
            idle_timeout: positive(listener.idle_timeout.0, &path.field("idle_timeout"), report),
        });
    }
    listeners
}

pub(crate) fn service(
    written: written::Service,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> Service {
    let admin = written.admin.0;
    warn_if_public(
        admin,
        &path.field("admin"),
        "the admin port asks nobody who they are",
        report,
    );
    if let Address::Tcp(address) = written.address.0 {
        warn_if_public(
            address,
            &path.field("address"),
            "Envoy talks to it unencrypted",
            report,
        );
    }
    Service {
        address: written.address.0,
        admin,
        on_failure: on_failure(written.on_failure),
        timeout: positive(written.timeout.0, &path.field("timeout"), report),
        drain: written.drain.0,
        secret: written
            .secret
            .map(|secret| secret_ref(secret, &path.field("secret"), known, report)),
    }
}

/// Everything that listens on this host needs a port of its own.
pub(crate) fn check_addresses(envoy: &Envoy, listeners: &[Listener], service: &Service, report: &mut Report) {
    let root = Path::root();
    let mut bound: Vec<(SocketAddr, Path)> = Vec::new();
    let listening = listeners.iter().enumerate().map(|(at, listener)| {
        (
            Some(listener.address),
            root.field("listeners").index(at).field("address"),
        )
    });
    let service_address = match &service.address {
        Address::Tcp(address) => Some(*address),
        Address::Unix(_) => None,
    };
    let others = [
        (envoy.admin, root.field("envoy").field("admin")),
        (service_address, root.field("service").field("address")),
        (Some(service.admin), root.field("service").field("admin")),
    ];
    for (address, path) in listening.chain(others) {
        let Some(address) = address.filter(|_| !report.is_stand_in(&path)) else {
            continue;
        };
        match bound.iter().find(|(other, _)| collide(*other, address)) {
            Some((other, first)) => {
                report.error(&path, format!("{address} collides with {other} of {first}"))
            }
            None => bound.push((address, path)),
        }
    }
}

/// An unspecified address takes the port on all others.
fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    a.port() == b.port() && (a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified())
}

pub(crate) fn providers(
    written: Vec<written::Provider>,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> Names<Provider> {
    let mut providers = Names::new("provider", path, report);
    for (at, provider) in written.into_iter().enumerate() {
        let path = path.index(at);
        let name = provider.name.0.clone();
        let provider = self::provider(provider, &path, known, report);
        providers.add(&name, &path, Some(provider), report);
    }
    providers
}

fn provider(written: written::Provider, path: &Path, known: &Known<'_>, report: &mut Report) -> Provider {
    let url = written.url.0;
    if !url.tls && !url.is_loopback() {
        report.warn(
            &path.field("url"),
            "prompts and the credential travel unencrypted; use https",
        );
    }
    let ca_file = written.ca_file.map(|file| PathBuf::from(file.0));
    if ca_file.is_some() && !url.tls {
        report.error(&path.field("ca_file"), "has no meaning without https");
    }
    Provider {
        name: written.name.0,
        dialect: match written.dialect {
            written::DialectName::OpenAi => Dialect::OpenAi,
            written::DialectName::Anthropic => Dialect::Anthropic,
        },
        url,
        credential: written
            .credential
            .map(|secret| secret_ref(secret, &path.field("credential"), known, report)),
        connect_timeout: positive(written.connect_timeout.0, &path.field("connect_timeout"), report),
        first_byte_timeout: positive(
            written.first_byte_timeout.0,
            &path.field("first_byte_timeout"),
            report,
        ),
        idle_timeout: positive(written.idle_timeout.0, &path.field("idle_timeout"), report),
        ca_file,
    }
}

pub(crate) fn budget(written: &written::Budgets) -> BudgetStore {
    match written.store {
        written::BudgetStore::Memory => BudgetStore::Memory,
        written::BudgetStore::Failing => BudgetStore::Failing,
    }
}

pub(crate) fn on_failure(written: written::OnFailure) -> OnFailure {
    match written {
        written::OnFailure::Closed => OnFailure::Closed,
        written::OnFailure::Open => OnFailure::Open,
    }
}

/// A reference to a secret; warns if it leads nowhere in this environment.
pub(crate) fn secret_ref(
    written: written::SecretRef,
    path: &Path,
    known: &Known<'_>,
    report: &mut Report,
) -> SecretRef {
    match written {
        written::SecretRef::File(file) => SecretRef::File(PathBuf::from(file.0)),
        written::SecretRef::Env(name) => {
            let name = name.0;
            match (known.env)(&name) {
                None => report.warn(
                    &path.field("env"),
                    format!("the variable {name} is not set in this environment"),
                ),
                Some(value) if value.trim().is_empty() => {
                    report.warn(
                        &path.field("env"),
                        format!("the variable {name} is empty in this environment"),
                    );
                }
                Some(_) => {}
            }
            SecretRef::Env(name)
        }
    }
}

/// A duration that must not be zero.
pub(crate) fn positive(duration: Duration, path: &Path, report: &mut Report) -> Duration {
    if duration.is_zero() {
        report.error(path, "must be positive");
    }
    duration
}

fn warn_if_public(address: SocketAddr, path: &Path, why: &str, report: &mut Report) {
    if !address.ip().is_loopback() {
        report.warn(path, format!("can be reached from other hosts, and {why}"));
    }
}
