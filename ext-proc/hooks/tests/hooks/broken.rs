//! Servers that are slow, silent, huge, wrong or gone: each is an error of its kind, in time, that tells no secret.

use std::error::Error as _;
use std::time::{Duration, Instant};

use tollgate_hooks::{Credential, Embeddings, Error, Fault, Options, Secret, Service};

use crate::server::{Server, Then, quick, writing};

const DEADLINE: Duration = Duration::from_millis(400);
const LIMIT: usize = 64 * 1024;

async fn ask(url: &str) -> Error {
    let options = Options {
        credential: Some(Credential::bearer(&Secret::new("PRIVATE-KEY")).unwrap()),
        deadline: DEADLINE,
        answer: LIMIT,
        ..Options::default()
    };
    let service = Service::new(url, options).unwrap();
    let embeddings = Embeddings::new(service, "m", None).unwrap();
    assert!(!format!("{embeddings:?}").contains("PRIVATE"));
    let begun = Instant::now();
    let error = embeddings.embed(&["PRIVATE-TEXT"]).await.unwrap_err();
    assert!(
        begun.elapsed() < DEADLINE + Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        shown.push_str(&format!(" {error} {error:?}"));
        source = error.source();
    }
    assert!(!shown.contains("PRIVATE"), "{shown}");
    error
}

/// An answer with a status line, headers and this body.
fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn ok(body: &str) -> Server {
    writing(answer("200 OK", "", body), Then::Hang)
}

#[tokio::test]
async fn silence_and_slowness_end_at_the_deadline() {
    for (bytes, then) in [
        (Vec::new(), Then::Hang),
        (b"HTTP/1.1 200 OK\r\ncontent-le".to_vec(), Then::Hang),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"da".to_vec(),
            Then::Hang,
        ),
        (answer("200 OK", "", r#"{"data":[]}"#), Then::Drip),
    ] {
        let error = ask(&writing(bytes, then).url()).await;
        assert!(matches!(error, Error::Deadline(DEADLINE)), "{error:?}");
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn connections_that_break() {
    for (bytes, then) in [
        (&b""[..], Then::Close),
        (b"", Then::Reset),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"PRIVATE",
            Then::Close,
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"PRIVATE",
            Then::Reset,
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nPRIVATE\r\n",
            Then::Close,
        ),
        (b"PRIVATE is no HTTP\r\n\r\n", Then::Close),
    ] {
        let error = ask(&writing(bytes, then).url()).await;
        assert!(matches!(error, Error::Broken(_)), "{error:?}");
        assert!(error.is_transient() && error.fault() == Fault::Service);
    }
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = ask(&format!("http://{gone}")).await;
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn too_much_is_not_read() {
    let promise = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", LIMIT + 1);
    for (bytes, then) in [
        (promise, Then::Hang),
        // Without a length the body lasts as long as the connection.
        (
            "HTTP/1.1 200 OK\r\n\r\n".to_owned() + &" ".repeat(LIMIT),
            Then::Repeat,
        ),
    ] {
        let error = ask(&writing(bytes, then).url()).await;
        assert!(matches!(error, Error::TooLong { limit: LIMIT }), "{error:?}");
    }
    let mut full = r#"{"data":[{"embedding":[1]}]}"#.to_owned();
    full.push_str(&" ".repeat(LIMIT - full.len()));
    let options = Options {
        answer: LIMIT,
        ..Options::default()
    };
    let service = Service::new(&ok(&full).url(), options).unwrap();
    Embeddings::new(service, "m", None)
        .unwrap()
        .embed(&["x"])
        .await
        .unwrap();
}

#[tokio::test]
async fn statuses_say_whose_fault_it_is() {
    for (line, headers, transient, after) in [
        ("429 Too Many Requests", "retry-after: 7\r\n", true, Some(7)),
        ("500 Internal Server Error", "", true, None),
        (
            "503 Service Unavailable",
            "retry-after: Fri, 31 Dec 1999 23:59:59 GMT\r\n",
            true,
            None,
        ),
        ("401 Unauthorized", "", false, None),
        ("404 Not Found", "", false, None),
    ] {
        let server = writing(
            answer(line, headers, r#"{"error":{"message":"PRIVATE"}}"#),
            Then::Hang,
        );
        let error = ask(&server.url()).await;
        assert_eq!(error.is_transient(), transient);
        let Error::Status { status, retry_after } = error else {
            panic!("{error:?}")
        };
        assert!(line.starts_with(&status.to_string()));
        assert_eq!(retry_after.map(|after| after.as_secs()), after);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = quick("{}");
    let to = format!("location: {}/embeddings\r\n", other.url());
    for line in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let error = ask(&writing(answer(line, &to, ""), Then::Hang).url()).await;
        assert!(matches!(error, Error::Status { .. }), "{error:?}");
        assert_eq!(error.fault(), Fault::Configuration);
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn what_is_not_the_expected_json() {
    for body in [
        "",
        "<html>PRIVATE</html>",
        "null",
        r#"{"data":"PRIVATE"}"#,
        r#"{"data":[{"index":0,"embedding":"PRIVATE"}]}"#,
        r#"{"data":[{"index":0,"embedding":["PRIVATE"]}]}"#,
        r#"{"data":[{"index":0,"embedding":[NaN]}]}"#,
        r#"{"data":[{"index":0,"embedding":[1]}]} PRIVATE"#,
        r#"{"data":[{"index":0,"embedding":[1]}"#,
    ] {
        let error = ask(&ok(body).url()).await;
        assert!(matches!(error, Error::Unreadable { .. }), "{body}: {error:?}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn an_answer_that_is_compressed_unasked_is_refused() {
    for encoding in ["gzip", "br", "GZIP", "identity, gzip"] {
        let headers = format!("content-encoding: {encoding}\r\n");
        let error = ask(&writing(answer("200 OK", &headers, "\x1f\u{8b}"), Then::Hang).url()).await;
        assert!(matches!(error, Error::Compressed), "{error:?}");
    }
}
