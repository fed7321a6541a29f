//! The journal in PostgreSQL.

use std::time::{Duration, Instant};

use tollgate_cache::{Journal, Position, Purge, Record, conformance};
use tollgate_journal::{Journals, PostgresJournal, PostgresOptions};

use crate::records::{at, purge_tenant, put, put_until, read_all, read_from, retry, with_words};
use crate::servers::Postgres;

fn open(server: &Postgres) -> PostgresJournal {
    open_with(server, PostgresOptions::default())
}

fn open_with(server: &Postgres, options: PostgresOptions) -> PostgresJournal {
    PostgresJournal::new(&server.address(), options).unwrap()
}

fn named(prefix: &str) -> PostgresOptions {
    PostgresOptions {
        prefix: prefix.into(),
        ..PostgresOptions::default()
    }
}

/// One server for all that do not kill it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_server() {
    let Some(server) = Postgres::start() else { return };
    // Without optimisation these futures are large, and a test's thread has a small stack: each is on the heap.
    Box::pin(conformance::run(async || Journals::from(open(&server)))).await;
    let left = server
        .count("SELECT count(*) FROM tollgate_cache WHERE key IS NOT NULL")
        .await;
    assert_eq!(left, 0, "the suite ends with a purge of everything");
    Box::pin(words_and_vectors_have_columns(&server)).await;
    Box::pin(whoever_finds_a_table_need_not_be_allowed_to_make_one(&server)).await;
    Box::pin(rows_appear_in_the_order_of_their_numbers(&server)).await;
    Box::pin(a_purge_leaves_what_is_put_while_it_runs(&server)).await;
    Box::pin(what_has_expired_or_is_too_much_is_deleted(&server)).await;
    Box::pin(a_reader_that_was_away_for_long_starts_anew(&server)).await;
    Box::pin(a_dropped_table_is_made_again(&server)).await;
    Box::pin(a_server_that_hangs_is_given_up_after_the_deadline(&server)).await;
    Box::pin(what_stays_wrong_is_permanent_and_errors_tell_no_secrets(&server)).await;
}

async fn words_and_vectors_have_columns(server: &Postgres) {
    let journal = open_with(server, named("words"));
    let vector: Vec<f32> = (0_u16..384)
        .map(|number| f32::from(number) / 7.3 - 20.0)
        .collect();
    let plain = put("a", "0", "x");
    let records = [
        with_words(&plain, "How do I pay?", &vector),
        with_words(&put("a", "1", "x"), "a NUL \0 in it", &vector),
        with_words(&put("a", "2", "x"), "not a number", &[f32::INFINITY, 1.0]),
        with_words(&put("a", "3", "x"), "nothing", &[]),
        put("nul \0", "4", "x"),
        put_until("a", "5", "x", Some(at(3_600 * 24 * 365 * 300_000))),
    ];
    for record in &records {
        journal.append(record, at(0)).await.unwrap();
    }
    assert!(read_all(&journal).await == records);
    let near = "SELECT count(*) FROM words_cache WHERE prompt = 'How do I pay?' AND scope = 'tenant:a'
        AND vector_dims(embedding) = 384 AND embedding <=> embedding < 0.001";
    assert_eq!(server.count(near).await, 1);
    assert_eq!(server.count("SELECT count(prompt) FROM words_cache").await, 1);
    journal.append(&purge_tenant("nul \0"), at(0)).await.unwrap();
    assert_eq!(read_all(&journal).await.len(), 6, "one less, and the purge");
}

async fn whoever_finds_a_table_need_not_be_allowed_to_make_one(server: &Postgres) {
    let (first, second) = (open_with(server, named("made")), open_with(server, named("made")));
    let (a, b) = (put("a", "1", "x"), put("a", "2", "x"));
    let (one, two) = futures_util::join!(first.append(&a, at(0)), second.append(&b, at(0)));
    one.and(two).unwrap();
    let client = server.client().await;
    client
        .batch_execute(
            "CREATE ROLE guest LOGIN PASSWORD 'guest';
             REVOKE CREATE ON SCHEMA public FROM PUBLIC;
             GRANT SELECT, INSERT, DELETE ON made_cache TO guest;
             GRANT USAGE, SELECT ON made_cache_id_seq TO guest;",
        )
        .await
        .unwrap();
    let address = server
        .address_with("guest")
        .replace("user=tollgate", "user=guest");
    let guest = PostgresJournal::new(&address, named("made")).unwrap();
    guest.append(&put("a", "3", "x"), at(0)).await.unwrap();
    guest.append(&purge_tenant("b"), at(0)).await.unwrap();
    assert_eq!(read_all(&guest).await.len(), 4);
    let refused = PostgresJournal::new(&address, named("unmade")).unwrap();
    let error = refused.append(&a, at(0)).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert!(
        error.to_string().contains("permission denied for schema public"),
        "{error}"
    );
}

/// An append that has its number but has not committed holds up the others, so that no reader passes it.
async fn rows_appear_in_the_order_of_their_numbers(server: &Postgres) {
    let journal = open_with(server, named("ordered"));
    journal.append(&put("a", "first", "x"), at(0)).await.unwrap();
    let slow = server.client().await;
    slow.batch_execute(
        "BEGIN;
         SELECT pg_advisory_xact_lock(hashtext('tollgate'), hashtext('ordered_cache'));
         INSERT INTO ordered_cache (record) VALUES ('\\x00');",
    )
    .await
    .unwrap();
    let record = put("a", "second", "x");
    let (reader, writer) = (journal.clone(), journal.clone());
    let (_, position) = read_from(&reader, &Position::START).await;
    let appending = tokio::spawn(async move { writer.append(&put("a", "second", "x"), at(0)).await });
    // The append is held up by the one that has not committed.
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    wait_for(server, waiting, 1).await;
    let (seen, position) = read_from(&reader, &position).await;
    assert!(seen.is_empty() && !appending.is_finished());
    slow.batch_execute("COMMIT").await.unwrap();
    appending.await.unwrap().unwrap();
    let numbers = "SELECT count(*) FROM ordered_cache AS a JOIN ordered_cache AS b
        ON a.record = '\\x00' AND b.id > a.id";
    assert_eq!(
        server.count(numbers).await,
        1,
        "who came second has the higher number"
    );
    assert!(read_from(&reader, &position).await.0 == [record]);

    // Many at once, read while they are written.
    let (mut position, mut seen, mut tasks) = (position, 0, Vec::new());
    for writer in 0..4 {
        let journal = open_with(server, named("ordered"));
        tasks.push(tokio::spawn(async move {
            for number in 0..100 {
                let record = put("b", &format!("{writer} {number}"), "x");
                journal.append(&record, at(0)).await.unwrap();
            }
        }));
    }
    let began = Instant::now();
    while seen < 400 {
        let batch = reader
            .read(&position, Duration::from_secs(5), at(0))
            .await
            .unwrap();
        (seen, position) = (seen + batch.records.len(), batch.next);
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{seen} of 400 were seen"
        );
    }
    for task in tasks {
        task.await.unwrap();
    }
}

async fn a_purge_leaves_what_is_put_while_it_runs(server: &Postgres) {
    let journal = open_with(server, named("purged"));
    let writer = open_with(server, named("purged"));
    for number in 0..300 {
        let tenant = if number % 5 == 0 { "b" } else { "a" };
        journal
            .append(&put(tenant, &number.to_string(), "x"), at(0))
            .await
            .unwrap();
    }
    let purge = purge_tenant("a");
    let again = async {
        for number in (0..300).filter(|number| number % 50 == 1) {
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
    let of_a = |record: &&Record| matches!(record, Record::Put { entry, .. } if format!("{:?}", entry.partition.scope).contains("\"a\""));
    assert_eq!(read[..purge_at].iter().filter(of_a).count(), 0);
    // Some of the later puts may have come before the purge.
    let behind = server
        .count("SELECT count(*) FROM purged_cache WHERE scope = 'tenant:a'")
        .await;
    let seen = read[purge_at..].iter().filter(of_a).count();
    assert_eq!(i64::try_from(seen).unwrap(), behind);
}

async fn what_has_expired_or_is_too_much_is_deleted(server: &Postgres) {
    let options = PostgresOptions {
        max_entries: 20,
        ..named("tidy")
    };
    let journal = open_with(server, options);
    let rows = "SELECT count(*) FROM tidy_cache";
    for number in 0..10 {
        let record = put_until("a", &number.to_string(), "x", Some(at(5)));
        journal.append(&record, at(0)).await.unwrap();
    }
    assert_eq!(server.count(rows).await, 10);
    journal.append(&put("a", "late", "x"), at(70)).await.unwrap();
    wait_for(server, rows, 1).await;
    for number in 0..50 {
        journal
            .append(&put("a", &number.to_string(), "x"), at(70))
            .await
            .unwrap();
    }
    journal.append(&purge_tenant("nobody"), at(140)).await.unwrap();
    wait_for(server, rows, 20).await;
    assert_eq!(
        server
            .count("SELECT count(*) FROM tidy_cache WHERE key IS NULL")
            .await,
        1
    );
}

async fn wait_for(server: &Postgres, query: &str, expected: i64) {
    let began = Instant::now();
    loop {
        let found = server.count(query).await;
        if found == expected {
            return;
        }
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{query}: {found}, not {expected}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_reader_that_was_away_for_long_starts_anew(server: &Postgres) {
    let journal = open_with(server, named("away"));
    let day = 24 * 3_600;
    let record = put_until("a", "q", "x", None);
    journal.append(&record, at(0)).await.unwrap();
    let (_, position) = read_from(&journal, &Position::START).await;
    let wait = Duration::from_millis(10);
    let batch = journal.read(&position, wait, at(day / 3)).await.unwrap();
    assert!(batch.records.is_empty());
    let batch = journal.read(&batch.next, wait, at(day / 3 * 2)).await.unwrap();
    assert!(batch.records.is_empty(), "it was there eight hours ago");
    let batch = journal.read(&batch.next, wait, at(day * 2)).await.unwrap();
    assert!(batch.records == [Record::Purge(Purge::default())] && !batch.caught_up);
    let batch = journal.read(&batch.next, wait, at(day * 2)).await.unwrap();
    assert!(batch.records == [record]);
}

async fn a_dropped_table_is_made_again(server: &Postgres) {
    let journal = open_with(server, named("dropped"));
    for number in 0..5 {
        journal
            .append(&put("a", &number.to_string(), "x"), at(0))
            .await
            .unwrap();
    }
    let (_, position) = read_from(&journal, &Position::START).await;
    server
        .client()
        .await
        .batch_execute("DROP TABLE dropped_cache")
        .await
        .unwrap();
    let record = put("a", "again", "x");
    retry(async || journal.append(&record, at(0)).await).await;
    let batch = retry(async || journal.read(&position, Duration::from_secs(1), at(0)).await).await;
    assert!(
        batch.records == [record],
        "though its number is lower than the position"
    );
}

async fn a_server_that_hangs_is_given_up_after_the_deadline(server: &Postgres) {
    let options = PostgresOptions {
        deadline: Duration::from_millis(400),
        ..named("hanging")
    };
    let journal = open_with(server, options);
    let record = put("a", "q", "x");
    retry(async || journal.append(&record, at(0)).await).await;
    let other = server.client().await;
    other
        .batch_execute("BEGIN; LOCK TABLE hanging_cache IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let began = Instant::now();
    let error = journal.append(&record, at(0)).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    let error = journal
        .read(&Position::START, Duration::ZERO, at(0))
        .await
        .unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(
        began.elapsed() < Duration::from_millis(1_600),
        "{:?}",
        began.elapsed()
    );
    other.batch_execute("COMMIT").await.unwrap();
    retry(async || journal.append(&record, at(0)).await).await;
}

async fn what_stays_wrong_is_permanent_and_errors_tell_no_secrets(server: &Postgres) {
    let address = server.address_with("hunter2-secret");
    let journal = PostgresJournal::new(&address, PostgresOptions::default()).unwrap();
    let record = put("tenant-secret", "q", "body-secret");
    let mut errors = vec![journal.append(&record, at(0)).await.unwrap_err()];
    errors.push(
        journal
            .read(&Position::START, Duration::from_secs(1), at(0))
            .await
            .unwrap_err(),
    );
    // Somebody else's table of the same name.
    let client = server.client().await;
    client
        .batch_execute(
            "CREATE TABLE foreign_cache (LIKE tollgate_cache INCLUDING ALL, CHECK (scope <> 'tenant:tenant-secret'))",
        )
        .await
        .unwrap();
    errors.push(
        open_with(server, named("foreign"))
            .append(&record, at(0))
            .await
            .unwrap_err(),
    );
    client
        .batch_execute("CREATE TABLE other_cache (name text)")
        .await
        .unwrap();
    errors.push(
        open_with(server, named("other"))
            .append(&record, at(0))
            .await
            .unwrap_err(),
    );
    let elsewhere = server.address().replace("dbname=postgres", "dbname=nowhere");
    let elsewhere = PostgresJournal::new(&elsewhere, PostgresOptions::default()).unwrap();
    errors.push(elsewhere.append(&record, at(0)).await.unwrap_err());
    errors
        .push(PostgresJournal::new("postgres://u:p-secret@h:port", PostgresOptions::default()).unwrap_err());
    for prefix in ["", "a b", "1a", "a\"; DROP", "A"] {
        errors.push(PostgresJournal::new(&address, named(prefix)).unwrap_err());
    }
    if !cfg!(feature = "tls") {
        let address = "postgres://u:p-secret@host/db?sslmode=require";
        errors.push(PostgresJournal::new(address, PostgresOptions::default()).unwrap_err());
    }
    for error in errors {
        assert!(!error.is_transient(), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    assert!(!format!("{journal:?}").contains("secret"));
}

#[tokio::test]
async fn a_server_that_dies_and_comes_back_loses_nobody() {
    let Some(mut server) = Postgres::start() else {
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
            began.elapsed() < Duration::from_millis(4_500),
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
}
