//! The journal in Valkey.

use std::time::{Duration, Instant};

use tollgate_cache::{Journal, Position, Purge, Record, conformance};
use tollgate_journal::{Journals, RedisJournal, RedisOptions};

use crate::records::{at, key, purge_tenant, put, put_until, read_all, read_from, retry};
use crate::servers::Valkey;

fn open(server: &Valkey) -> RedisJournal {
    open_with(server, RedisOptions::default())
}

fn open_with(server: &Valkey, options: RedisOptions) -> RedisJournal {
    RedisJournal::new(&server.address(), options).unwrap()
}

async fn names(server: &Valkey) -> Vec<String> {
    let mut names: Vec<String> = server.ask(&["KEYS", "*"]).await;
    names.sort();
    names
}

#[tokio::test]
async fn passes_the_suite() {
    let Some(server) = Valkey::start(&[]) else { return };
    conformance::run(async || Journals::from(open(&server))).await;
    let left: Vec<String> = names(&server).await;
    assert_eq!(
        left,
        ["{tollgate}:log"],
        "the suite ends with a purge of everything"
    );
    // Two caches on one server.
    let (ours, others) = (
        open(&server),
        RedisOptions {
            prefix: "other".into(),
            ..RedisOptions::default()
        },
    );
    ours.append(&put("a", "q", "x"), at(0)).await.unwrap();
    let others = open_with(&server, others);
    assert!(read_all(&others).await.is_empty());
    others
        .append(&Record::Purge(Purge::default()), at(0))
        .await
        .unwrap();
    assert_eq!(read_all(&ours).await.iter().filter_map(key).count(), 1);
}

#[tokio::test]
async fn entries_expire_in_the_server() {
    let Some(server) = Valkey::start(&[]) else { return };
    let journal = open(&server);
    let record = put_until("a", "q", "x", Some(at(2)));
    journal.append(&record, at(0)).await.unwrap();
    assert!(read_all(&journal).await == [record]);
    let began = Instant::now();
    while names(&server).await != ["{tollgate}:log"] {
        assert!(began.elapsed() < Duration::from_secs(20), "it never expired");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(read_all(&journal).await.is_empty());
    journal
        .append(&put_until("a", "q", "x", Some(at(9))), at(9))
        .await
        .unwrap();
    assert_eq!(names(&server).await, ["{tollgate}:log"], "it had expired");
}

#[tokio::test]
async fn a_purge_leaves_what_was_put_again_since_and_nothing_else() {
    let Some(server) = Valkey::start(&[]) else { return };
    let journal = open(&server);
    for number in 0..2_500 {
        let tenant = if number % 5 == 0 { "b" } else { "a" };
        journal
            .append(&put(tenant, &number.to_string(), "secret"), at(0))
            .await
            .unwrap();
    }
    let writer = open(&server);
    // Puts that come while the purge goes through the log.
    let purge = purge_tenant("a");
    let again = async {
        for number in (0..2_500).filter(|number| number % 50 == 1) {
            writer
                .append(&put("a", &number.to_string(), "again"), at(0))
                .await
                .unwrap();
        }
    };
    let (purged, ()) = futures_util::join!(journal.append(&purge, at(0)), again);
    purged.unwrap();
    let read = read_all(&journal).await;
    let purge_at = read.iter().position(|record| *record == purge).unwrap();
    for record in &read[..purge_at] {
        let Record::Put { entry, .. } = record else {
            panic!()
        };
        assert_eq!(&entry.answer.body[..], b"secret");
        assert_eq!(format!("{:?}", entry.partition.scope), "Tenant(\"b\")");
    }
    assert_eq!(
        read.len(),
        names(&server).await.len(),
        "as many entries as puts, and the log for the purge"
    );
    assert!(read.len() > 500);
    // What was appended after the purge was told is all there.
    let ids: Vec<(String, Vec<String>)> = server.ask(&["XRANGE", "{tollgate}:log", "-", "+"]).await;
    assert_eq!(ids.len(), read.len(), "items of what is gone are gone");
}

#[tokio::test]
async fn the_oldest_make_room_and_leave_no_orphans() {
    let Some(server) = Valkey::start(&[]) else { return };
    let journal = open_with(
        &server,
        RedisOptions {
            max_entries: 100,
            ..RedisOptions::default()
        },
    );
    let records: Vec<Record> = (0..350)
        .map(|number| put("a", &number.to_string(), "x"))
        .collect();
    let (_, start) = read_from(&journal, &Position::START).await;
    let slow = open(&server);
    journal.append(&records[0], at(0)).await.unwrap();
    let (read, behind) = read_from(&slow, &start).await;
    assert!(read == records[..1]);
    for record in &records[1..] {
        journal.append(record, at(0)).await.unwrap();
    }
    assert!(read_all(&journal).await == records[250..]);
    assert_eq!(names(&server).await.len(), 101);
    // A reader that was left behind may have missed a purge: it drops everything and goes on from the oldest.
    let (read, position) = read_from(&slow, &behind).await;
    assert!(read[0] == Record::Purge(Purge::default()) && read[1..] == records[250..]);
    assert!(read_from(&slow, &position).await.0.is_empty());
}

#[tokio::test]
async fn a_reader_that_follows_is_never_told_to_start_anew() {
    let Some(server) = Valkey::start(&[]) else { return };
    let journal = open_with(
        &server,
        RedisOptions {
            max_entries: 10,
            ..RedisOptions::default()
        },
    );
    let (mut position, mut expected) = (Position::START, Vec::new());
    let mut seen = Vec::new();
    for number in 0..60 {
        let mut record = put("a", &number.to_string(), "x");
        if number % 7 == 6 {
            record = purge_tenant("a");
        }
        journal.append(&record, at(0)).await.unwrap();
        expected.push(record);
        let (read, next) = read_from(&journal, &position).await;
        seen.extend(read);
        position = next;
    }
    assert!(seen == expected);
}

#[tokio::test]
async fn a_server_that_dies_and_comes_back_loses_nobody() {
    let Some(mut server) = Valkey::start(&[]) else {
        return;
    };
    let (ours, theirs) = (open(&server), open(&server));
    let first = put("a", "first", "x");
    ours.append(&first, at(0)).await.unwrap();
    let (read, mut position) = read_from(&theirs, &Position::START).await;
    assert!(read == [first]);
    server.kill();
    let lost = put("a", "lost", "x");
    for attempt in 0..5 {
        let began = Instant::now();
        let error = ours.append(&lost, at(0)).await.unwrap_err();
        assert!(error.is_transient(), "{attempt}: {error}");
        let error = theirs
            .read(&position, Duration::from_millis(100), at(0))
            .await
            .unwrap_err();
        assert!(error.is_transient(), "{attempt}: {error}");
        assert!(
            began.elapsed() < Duration::from_millis(2_500),
            "{attempt}: {:?}",
            began.elapsed()
        );
    }
    server.restart();
    let second = put("a", "second", "x");
    retry(async || ours.append(&second, at(0)).await).await;
    let mut read = Vec::new();
    while read.is_empty() {
        let batch = retry(async || theirs.read(&position, Duration::from_secs(1), at(0)).await).await;
        read.extend(batch.records);
        position = batch.next;
    }
    assert!(read == [second]);
    assert_eq!(read_all(&theirs).await.len(), 2);

    // Where the server lost everything, replicas keep what they have and go on.
    server.kill();
    server.restart_empty();
    let third = put("a", "third", "x");
    retry(async || ours.append(&third, at(0)).await).await;
    let batch = retry(async || theirs.read(&position, Duration::from_secs(1), at(0)).await).await;
    assert!(batch.records == [third], "{:?}", batch.records.len());
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_after_the_deadline() {
    let Some(server) = Valkey::start(&[]) else { return };
    let options = RedisOptions {
        deadline: Duration::from_millis(300),
        ..RedisOptions::default()
    };
    let journal = open_with(&server, options);
    journal.append(&put("a", "q", "x"), at(0)).await.unwrap();
    let _: String = server.ask(&["CLIENT", "PAUSE", "1500", "ALL"]).await;
    let began = Instant::now();
    let error = journal.append(&put("a", "q", "x"), at(0)).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(error.to_string(), "cache store: no answer within 300ms");
    assert!(began.elapsed() < Duration::from_millis(900));
    retry(async || journal.append(&put("a", "q", "x"), at(0)).await).await;
}

#[tokio::test]
async fn what_stays_wrong_is_permanent_and_errors_tell_no_secrets() {
    let Some(server) = Valkey::start(&[]) else { return };
    let address = server.address_with("hunter2-secret");
    let journal = RedisJournal::new(&address, RedisOptions::default()).unwrap();
    let record = put("tenant-secret", "q", "body-secret");
    let mut errors = vec![journal.append(&record, at(0)).await.unwrap_err()];
    errors.push(
        journal
            .read(&Position::START, Duration::from_secs(1), at(0))
            .await
            .unwrap_err(),
    );
    // A log that is no stream.
    let _: String = server.ask(&["SET", "{tollgate}:log", "x"]).await;
    errors.push(open(&server).append(&record, at(0)).await.unwrap_err());
    for address in [
        "http://u:p-secret@host",
        "redis://u:p-secret@:x",
        "rediss://u:p-secret@host",
    ] {
        if !(cfg!(feature = "tls") && address.starts_with("rediss")) {
            errors.push(RedisJournal::new(address, RedisOptions::default()).unwrap_err());
        }
    }
    for prefix in ["", "{a}"] {
        let options = RedisOptions {
            prefix: prefix.into(),
            ..RedisOptions::default()
        };
        errors.push(RedisJournal::new(&address, options).unwrap_err());
    }
    for error in errors {
        assert!(!error.is_transient(), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    assert!(!format!("{journal:?}").contains("secret"));
}

#[tokio::test]
async fn the_node_of_a_cluster_is_found_from_any_other() {
    let cluster = [
        "--cluster-enabled",
        "yes",
        "--masterauth",
        super::servers::PASSWORD,
    ];
    let (Some(owner), Some(other)) = (Valkey::start(&cluster), Valkey::start(&cluster)) else {
        return;
    };
    let _: String = owner.ask(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
    let _: String = other
        .ask(&["CLUSTER", "MEET", "127.0.0.1", &owner.port().to_string()])
        .await;
    let ready = Instant::now();
    loop {
        let info: String = other.ask(&["CLUSTER", "INFO"]).await;
        if info.contains("cluster_state:ok") {
            break;
        }
        assert!(ready.elapsed() < Duration::from_secs(20), "{info}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let journal = open(&other);
    let record = put("a", "q", "x");
    retry(async || journal.append(&record, at(0)).await).await;
    let batch = retry(async || {
        journal
            .read(&Position::START, Duration::from_secs(1), at(0))
            .await
    })
    .await;
    assert!(batch.records == [record]);
    journal.append(&purge_tenant("a"), at(0)).await.unwrap();
    assert_eq!(names(&owner).await, ["{tollgate}:log"]);
}
