//! The journal in a file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tollgate_cache::{Journal, Position, Purge, Record, conformance};
use tollgate_journal::{FileJournal, FileOptions, Journals};

use crate::records::{at, key, purge_tenant, put, put_until, read_all, read_from};

async fn open(path: &Path) -> FileJournal {
    FileJournal::open(path, FileOptions::default()).await.unwrap()
}

fn contains(path: &Path, text: &str) -> bool {
    let bytes = fs::read(path).unwrap();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal")).await;
    conformance::run(async || Journals::from(journal.clone())).await;
}

#[tokio::test]
async fn entries_outlive_restarts_and_positions_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let records: Vec<Record> = (0..600)
        .map(|number| put("a", &number.to_string(), "x"))
        .collect();
    for part in records.chunks(100) {
        let journal = open(&path).await;
        for record in part {
            journal.append(record, at(0)).await.unwrap();
        }
    }
    let journal = open(&path).await;
    assert!(read_all(&journal).await == records);
    let (_, position) = read_from(&journal, &Position::START).await;
    drop(journal);
    let journal = open(&path).await;
    let late = put("a", "late", "x");
    journal.append(&late, at(0)).await.unwrap();
    assert!(read_from(&journal, &position).await.0 == [late], "numbers go on");
}

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let first = open(&path).await;
    let clone = first.clone();
    drop(first);
    let refused = FileJournal::open(&path, FileOptions::default())
        .await
        .unwrap_err();
    assert!(refused.is_transient());
    assert_eq!(
        refused.to_string(),
        format!("cache store: {} is in use by another process", path.display())
    );
    drop(clone);
    open(&path).await;
}

#[tokio::test]
async fn what_is_no_journal_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "tollgate notes, not a journal").unwrap();
    let refused = FileJournal::open(&path, FileOptions::default())
        .await
        .unwrap_err();
    assert!(!refused.is_transient());
    assert!(contains(&path, "tollgate notes, not a journal"));
    let nowhere = folder.path().join("nowhere/journal");
    let refused = FileJournal::open(&nowhere, FileOptions::default())
        .await
        .unwrap_err();
    assert!(!refused.is_transient());
}

#[tokio::test]
async fn only_the_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let journal = open(&path).await;
    assert_eq!(mode(), 0o600);
    journal.append(&put("a", "q", "x"), at(0)).await.unwrap();
    journal.append(&purge_tenant("a"), at(0)).await.unwrap();
    assert_eq!(mode(), 0o600, "rewritten");
    drop(journal);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    open(&path).await;
    assert_eq!(mode(), 0o600, "found open to all");
}

#[tokio::test]
async fn a_file_cut_or_damaged_anywhere_opens_with_the_records_that_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let records = ["one", "two", "three"].map(|prompt| put("a", prompt, prompt));
    let mut ends = Vec::new();
    let journal = open(&path).await;
    for record in &records {
        ends.push(usize::try_from(fs::metadata(&path).unwrap().len()).unwrap());
        journal.append(record, at(0)).await.unwrap();
    }
    drop(journal);
    let whole = fs::read(&path).unwrap();
    ends.push(whole.len());
    for cut in 0..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let journal = open(&path).await;
        let expected = ends.iter().skip(1).filter(|end| **end <= cut).count();
        let fresh = put("a", "fresh", "fresh");
        journal.append(&fresh, at(0)).await.unwrap();
        let expected = [&records[..expected], &[fresh]].concat();
        assert!(read_all(&journal).await == expected, "cut at {cut}");
        drop(journal);
        assert!(
            read_all(&open(&path).await).await == expected,
            "cut at {cut}, again"
        );
    }
    // Without the magic it is somebody else's file.
    for at_byte in 16..whole.len() {
        let mut damaged = whole.clone();
        damaged[at_byte] ^= 0x41;
        fs::write(&path, &damaged).unwrap();
        let read = read_all(&open(&path).await).await;
        let hit = ends.iter().filter(|start| **start <= at_byte).count();
        let expected: Vec<Record> = match hit {
            0 => Vec::new(),
            hit => {
                let mut left = records.to_vec();
                left.remove(hit - 1);
                left
            }
        };
        assert!(
            read == expected,
            "byte {at_byte} damaged: {} are left",
            read.len()
        );
    }
}

#[tokio::test]
async fn nothing_of_what_was_purged_is_left_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = open(&path).await;
    for (tenant, prompt, body) in [
        ("a", "q", "replaced before"),
        ("a", "q", "secret"),
        ("b", "q", "stays"),
    ] {
        journal.append(&put(tenant, prompt, body), at(0)).await.unwrap();
    }
    let expiring = put_until("a", "short", "secret too", Some(at(1)));
    journal.append(&expiring, at(0)).await.unwrap();
    journal.append(&purge_tenant("a"), at(2)).await.unwrap();
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "the journal and its lock: {names:?}");
    for gone in ["replaced before", "secret"] {
        assert!(!contains(&path, gone), "{gone}");
    }
    drop(journal);
    assert!(read_all(&open(&path).await).await == [put("b", "q", "stays")]);
}

#[tokio::test]
async fn a_file_of_dead_records_is_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = open(&path).await;
    let body = vec![b'x'; 64 << 10];
    journal.append(&put("a", "kept", "kept"), at(0)).await.unwrap();
    for _ in 0..100 {
        journal
            .append(&put("a", "replaced", body.clone()), at(0))
            .await
            .unwrap();
    }
    assert!(fs::metadata(&path).unwrap().len() < 2 << 20);
    for number in 0..100 {
        let record = put_until("a", &number.to_string(), body.clone(), Some(at(5)));
        journal.append(&record, at(0)).await.unwrap();
    }
    assert!(fs::metadata(&path).unwrap().len() > 6 << 20);
    journal
        .append(&put("a", "later", "later"), at(120))
        .await
        .unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20, "all have expired");
    let kept = [
        put("a", "kept", "kept"),
        put("a", "replaced", body),
        put("a", "later", "later"),
    ];
    assert!(read_all(&journal).await == kept);
    drop(journal);
    assert!(read_all(&open(&path).await).await == kept);
}

#[tokio::test]
async fn the_oldest_make_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let options = FileOptions { max_bytes: 1 << 20 };
    let journal = FileJournal::open(&path, options).await.unwrap();
    let records: Vec<Record> = (0..300)
        .map(|number| put("a", &number.to_string(), vec![b'x'; 10 << 10]))
        .collect();
    let (_, start) = read_from(&journal, &Position::START).await;
    for record in &records {
        journal.append(record, at(0)).await.unwrap();
        assert!(fs::metadata(&path).unwrap().len() <= options.max_bytes);
    }
    let read = read_from(&journal, &start).await.0;
    assert!(
        read == records[records.len() - read.len()..],
        "the newest, in order"
    );
    assert!((50..110).contains(&read.len()), "{}", read.len());
    // One that would push out nearly all others is not kept.
    journal
        .append(&put("a", "huge", vec![b'x'; 512 << 10]), at(0))
        .await
        .unwrap();
    assert!(read_all(&journal).await == read);
}

#[tokio::test]
async fn a_reader_that_may_have_missed_a_purge_starts_anew() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal")).await;
    let stays = put("b", "q", "x");
    journal.append(&put("a", "q", "x"), at(0)).await.unwrap();
    journal.append(&stays, at(0)).await.unwrap();
    let (_, position) = read_from(&journal, &Position::START).await;
    journal.append(&purge_tenant("a"), at(0)).await.unwrap();
    for _ in 0..1_024 {
        journal.append(&purge_tenant("nobody"), at(0)).await.unwrap();
    }
    let (read, _) = read_from(&journal, &position).await;
    assert_eq!(read.first(), Some(&Record::Purge(Purge::default())));
    let puts: Vec<_> = read.iter().filter_map(key).collect();
    assert_eq!(puts, [key(&stays).unwrap()]);
}

#[tokio::test]
async fn a_reader_does_not_wait_for_others_to_stop_appending() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal")).await;
    let writer = journal.clone();
    let task = tokio::spawn(async move {
        for number in 0..400 {
            writer
                .append(&put("a", &number.to_string(), "x"), at(0))
                .await
                .unwrap();
        }
    });
    let (mut read, mut position) = (0, Position::START);
    while read < 400 {
        let batch = journal
            .read(&position, Duration::from_secs(10), at(0))
            .await
            .unwrap();
        read += batch.records.len();
        position = batch.next;
    }
    task.await.unwrap();
    assert_eq!(read, 400);
}
