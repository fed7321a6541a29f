//! Addresses, URLs and versions.
//!
//! Must not know who listens or connects, nor resolve a name.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::Kind;
use crate::usable::{Address, EnvoyVersion, ProviderUrl};

/// An IP address with a port.
pub(crate) struct Socket;

impl Kind for Socket {
    type Value = SocketAddr;
    const FORMAT: &'static str = "socket";
    const EXAMPLE: &'static str = "127.0.0.1:10000";
    const EXPECTED: &'static str = "an IP address with a port such as 127.0.0.1:10000 or [::]:10000";

    fn read(text: &str) -> Result<SocketAddr, String> {
        let address: SocketAddr = text
            .parse()
            .map_err(|_| "write an IP address, a colon and a port".to_owned())?;
        if address.port() == 0 {
            Err("the port must not be 0".to_owned())
        } else {
            Ok(address)
        }
    }

    fn write(value: &SocketAddr) -> String {
        value.to_string()
    }
}

/// An IP address with a port, or a Unix socket.
pub(crate) struct SocketOrPath;

impl Kind for SocketOrPath {
    type Value = Address;
    const FORMAT: &'static str = "socket-or-unix-path";
    const EXAMPLE: &'static str = "127.0.0.1:9191";
    const EXPECTED: &'static str = "an address such as 127.0.0.1:9191 or unix:/run/tollgate/ext_proc.sock";

    fn read(text: &str) -> Result<Address, String> {
        let Some(path) = text.strip_prefix("unix:") else {
            return Socket::read(text).map(Address::Tcp);
        };
        // sun_path of unix(7) has 108 bytes, the zero at the end included.
        match path.len() {
            _ if !path.starts_with('/') => Err("the path of a Unix socket must be absolute".to_owned()),
            108.. => Err("the path of a Unix socket has at most 107 bytes".to_owned()),
            _ => Ok(Address::Unix(PathBuf::from(path))),
        }
    }

    fn write(value: &Address) -> String {
        value.to_string()
    }
}

/// The base URL of a provider.
pub(crate) struct Url;

impl Kind for Url {
    type Value = ProviderUrl;
    const FORMAT: &'static str = "uri";
    const EXAMPLE: &'static str = "https://api.openai.com";
    const EXPECTED: &'static str = "a URL such as https://api.openai.com";

    fn read(text: &str) -> Result<ProviderUrl, String> {
        let (tls, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err("it must begin with https:// or http://".to_owned()),
        };
        if rest.contains(['?', '#']) {
            return Err("it must not have a query or a fragment".to_owned());
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err("credentials do not belong here; use `credential`".to_owned());
        }
        let (host, port) = host_and_port(authority)?;
        let port = match port {
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| format!("{port:?} is no port"))?,
            None if tls => 443,
            None => 80,
        };
        let path = path.trim_end_matches('/');
        if !path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&byte))
        {
            return Err("its path has a character that must be percent-encoded".to_owned());
        }
        let base_path = if path.is_empty() { "/v1" } else { path }.to_owned();
        Ok(ProviderUrl {
            tls,
            host,
            port,
            base_path,
        })
    }

    fn write(value: &ProviderUrl) -> String {
        let scheme = if value.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", value.authority(), value.base_path)
    }
}

/// The host in lower case and without brackets, and the port if there is one.
fn host_and_port(authority: &str) -> Result<(String, Option<&str>), String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest
            .split_once(']')
            .ok_or_else(|| "a bracket is not closed".to_owned())?;
        let host: std::net::Ipv6Addr = host.parse().map_err(|_| format!("{host:?} is no IPv6 address"))?;
        let port = match port.strip_prefix(':') {
            Some(port) => Some(port),
            None if port.is_empty() => None,
            None => return Err("after the bracket only a port may follow".to_owned()),
        };
        return Ok((host.to_string(), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if host.is_empty() || host.len() > 253 || !host.bytes().all(valid) {
        return Err(format!("{host:?} is no host"));
    }
    Ok((host.to_ascii_lowercase(), port))
}

/// Envoy's version, of which the minor one counts; a patch number is read and forgotten.
pub(crate) struct Version;

impl Kind for Version {
    type Value = EnvoyVersion;
    const FORMAT: &'static str = "envoy-version";
    const EXAMPLE: &'static str = "1.40";
    const EXPECTED: &'static str = "a version such as 1.40";
    const NUMERIC: bool = true;

    fn read(text: &str) -> Result<EnvoyVersion, String> {
        let parts: Option<Vec<u16>> = text.split('.').map(|part| part.parse().ok()).collect();
        match parts.as_deref() {
            Some([major, minor] | [major, minor, _]) => Ok(EnvoyVersion {
                major: *major,
                minor: *minor,
            }),
            _ => Err("write two numbers with a point between them".to_owned()),
        }
    }

    fn write(value: &EnvoyVersion) -> String {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use tollgate_llm::Endpoint;

    use super::*;

    #[test]
    fn urls_become_authority_and_path() {
        for (text, expected) in [
            (
                "https://api.openai.com",
                Some(("api.openai.com", 443, "/v1/chat/completions")),
            ),
            (
                "https://API.openai.com/",
                Some(("api.openai.com", 443, "/v1/chat/completions")),
            ),
            (
                "https://api.groq.com/openai/v1/",
                Some(("api.groq.com", 443, "/openai/v1/chat/completions")),
            ),
            (
                "http://127.0.0.1:18081",
                Some(("127.0.0.1:18081", 18081, "/v1/chat/completions")),
            ),
            (
                "http://[::1]:8080/v1",
                Some(("[::1]:8080", 8080, "/v1/chat/completions")),
            ),
            ("https://host:443", Some(("host", 443, "/v1/chat/completions"))),
            ("api.openai.com", None),
            ("ftp://host", None),
            ("https://", None),
            ("https://user:secret@host", None),
            ("https://host?key=secret", None),
            ("https://host:0", None),
            ("https://host:99999", None),
            ("https://ho st", None),
            ("https://host/a b", None),
            ("https://[::1", None),
            ("https://[::1]x", None),
            ("https://[nope]", None),
        ] {
            let url = Url::read(text).ok();
            let seen = url
                .as_ref()
                .map(|url| (url.authority(), url.port, url.path(Endpoint::ChatCompletions)));
            let expected = expected.map(|(host, port, path)| (host.to_owned(), port, path.to_owned()));
            assert_eq!(seen, expected, "{text}");
            if let Some(url) = url {
                assert_eq!(Url::read(&Url::write(&url)), Ok(url));
            }
        }
    }

    #[test]
    fn addresses_and_versions() {
        for (text, valid) in [
            ("127.0.0.1:9191", true),
            ("[::1]:9191", true),
            ("unix:/run/x.sock", true),
            ("unix:run/x.sock", false),
            ("localhost:9191", false),
            ("127.0.0.1", false),
            ("127.0.0.1:0", false),
            (":9191", false),
        ] {
            assert_eq!(SocketOrPath::read(text).is_ok(), valid, "{text}");
        }
        for (text, expected) in [
            ("1.40", Some((1, 40))),
            ("1.38.2", Some((1, 38))),
            ("1", None),
            ("v1.40", None),
            ("1.x", None),
        ] {
            let version = Version::read(text).ok();
            assert_eq!(
                version.map(|version| (version.major, version.minor)),
                expected,
                "{text}"
            );
        }
    }
}
