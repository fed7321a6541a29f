//! Connections are kept, few, and belong to one thread: none stalls another, and a runtime that ends takes only its own along.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tollgate_hooks::{Embeddings, Error, Options, Service};

use crate::server::{Then, answering, quick, writing};
use crate::tls;

pub(crate) const ONE: &str = r#"{"data":[{"index":0,"embedding":[1,0]}]}"#;

fn embeddings(url: &str, options: Options) -> Arc<Embeddings> {
    Arc::new(Embeddings::new(Service::new(url, options).unwrap(), "m", None).unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = quick(ONE);
    let embeddings = embeddings(&server.url(), Options::default());
    for _ in 0..5 {
        embeddings.embed(&["a"]).await.unwrap();
    }
    assert_eq!((server.requests().len(), server.connections()), (5, 1));
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not() {
    let server = writing(
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{ONE}", ONE.len()),
        Then::Close,
    );
    let embeddings = embeddings(&server.url(), Options::default());
    for _ in 0..5 {
        embeddings.embed(&["a"]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.connections(), 5);
}

#[tokio::test]
async fn no_more_calls_than_allowed_are_under_way() {
    let server = answering(ONE, Duration::from_millis(30), None);
    let options = Options {
        calls: NonZeroUsize::new(3).unwrap(),
        deadline: Duration::from_secs(10),
        ..Options::default()
    };
    let embeddings = embeddings(&server.url(), options);
    let calls = (0..12).map(|_| {
        let embeddings = Arc::clone(&embeddings);
        tokio::spawn(async move { embeddings.embed(&["a"]).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.seen.most_under_way.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_its_slot_back() {
    let server = answering(ONE, Duration::from_millis(200), None);
    let options = Options {
        calls: NonZeroUsize::MIN,
        ..Options::default()
    };
    let embeddings = embeddings(&server.url(), options);
    for _ in 0..3 {
        let given_up = tokio::time::timeout(Duration::from_millis(20), embeddings.embed(&["a"])).await;
        assert!(given_up.is_err());
    }
    embeddings.embed(&["a"]).await.unwrap();
}

/// Thread A makes a call, then does something long without turning to its runtime. B must not wait for it.
#[test]
fn a_thread_that_computes_does_not_stall_the_others_calls() {
    for secure in [false, true] {
        let (server, url, ca_file) = tls::maybe(secure, ONE);
        let options = Options {
            deadline: Duration::from_secs(2),
            ca_file: ca_file.clone(),
            ..Options::default()
        };
        let embeddings = embeddings(&url, options);
        let (tell, told) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let shared = Arc::clone(&embeddings);
        let a = thread::spawn(move || {
            runtime().block_on(async {
                shared.embed(&["a"]).await.unwrap();
                tell.send(()).unwrap();
                let _ = ended.recv();
                shared.embed(&["a"]).await.unwrap();
            });
        });
        told.recv().unwrap();
        let b = runtime();
        for _ in 0..3 {
            b.block_on(embeddings.embed(&["b"])).unwrap();
        }
        drop(end);
        a.join().unwrap();
        assert_eq!(server.connections(), 2, "one a thread");
    }
}

/// A's runtime ends, even in the middle of a call; B's and a later one on A's own thread go on.
#[test]
fn a_runtime_that_ends_takes_no_other_along() {
    for secure in [false, true] {
        let (_server, url, ca_file) = tls::maybe(secure, ONE);
        let options = Options {
            ca_file: ca_file.clone(),
            ..Options::default()
        };
        let embeddings = embeddings(&url, options);
        let b = runtime();
        b.block_on(embeddings.embed(&["b"])).unwrap();
        for _ in 0..3 {
            let shared = Arc::clone(&embeddings);
            thread::spawn(move || {
                for _ in 0..2 {
                    let runtime = runtime();
                    runtime.block_on(shared.embed(&["a"])).unwrap();
                    let under_way = Arc::clone(&shared);
                    runtime.spawn(async move { under_way.embed(&["a"]).await });
                    runtime.block_on(tokio::task::yield_now());
                }
            })
            .join()
            .unwrap();
            b.block_on(embeddings.embed(&["b"])).unwrap();
        }
    }
}

#[tokio::test]
async fn a_failed_call_leaves_the_next_one_alone() {
    let silent = writing("", Then::Hang);
    let options = Options {
        deadline: Duration::from_millis(50),
        calls: NonZeroUsize::MIN,
        ..Options::default()
    };
    let embeddings = embeddings(&silent.url(), options);
    for _ in 0..3 {
        assert!(matches!(embeddings.embed(&["a"]).await, Err(Error::Deadline(_))));
    }
    assert_eq!(silent.connections(), 3);
}
