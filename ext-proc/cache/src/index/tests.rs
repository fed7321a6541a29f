use std::collections::BTreeSet;

use super::*;

/// No partition here is large.
fn flat_index(dimensions: usize) -> Index {
    Index::new(dimensions, GRAPH_FROM)
}

/// Reproducible vectors: a few directions and noise around them, so that there are near neighbours.
fn vectors(count: usize, dimensions: usize) -> Vec<Vec<f32>> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let mut all: Vec<Vec<f32>> = Vec::with_capacity(count);
    for n in 0..count {
        let fresh: Vec<f32> = (0..dimensions).map(|_| next()).collect();
        let vector = match all.get(n / 3).filter(|_| n % 3 != 0) {
            Some(near) => near.iter().zip(&fresh).map(|(a, b)| a + b * 0.4).collect(),
            None => fresh,
        };
        all.push(vector);
    }
    all
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn best(all: &[Vec<f32>], query: &[f32]) -> f32 {
    all.iter().map(|v| cosine(v, query)).fold(f32::MIN, f32::max)
}

#[test]
fn scores_are_cosines() {
    for dimensions in [3, 64, 200] {
        let all = vectors(60, dimensions);
        let mut index = flat_index(dimensions);
        for (id, vector) in all.iter().enumerate() {
            index.insert(7, id as u64, vector).unwrap();
        }
        for query in &all {
            let found = index.nearest(7, query, 60).unwrap();
            assert_eq!(found.len(), 60);
            assert!(found.is_sorted_by(|a, b| a.score >= b.score));
            for neighbour in found {
                let exact = cosine(&all[neighbour.id as usize], query);
                assert!(
                    (neighbour.score - exact).abs() < 0.012,
                    "{dimensions}: {} {exact}",
                    neighbour.score
                );
            }
        }
    }
}

#[test]
fn the_filter_finds_what_the_flat_search_finds() {
    let all = vectors(2_400, 384);
    let mut index = flat_index(384);
    for (id, vector) in all.iter().enumerate() {
        index.insert(1, id as u64, vector).unwrap();
    }
    for query in vectors(2_400, 384).iter().step_by(60) {
        let near: Vec<f32> = query
            .iter()
            .enumerate()
            .map(|(n, x)| x + if n % 5 == 0 { 0.1 } else { 0.0 })
            .collect();
        let (entries, row) = (&index.partitions[&1], Row::new(&near, 384).unwrap());
        let flat = entries.flat(&row, 1);
        assert_eq!(flat, entries.filtered(&row, 1));
        assert!((flat[0].score - best(&all, &near)).abs() < 0.003);
    }
}

#[test]
fn inserting_and_removing_leave_what_is_left() {
    let all = vectors(300, 96);
    let mut index = flat_index(96);
    let mut left = BTreeSet::new();
    for round in 0..1_500u64 {
        let id = (round * 7919) % 300;
        if round % 3 == 0 {
            assert_eq!(index.remove(9, id), left.remove(&id));
        } else {
            index.insert(9, id, &all[id as usize]).unwrap();
            left.insert(id);
        }
        assert_eq!(index.len(), left.len());
    }
    for id in 0..300 {
        let found = index.nearest(9, &all[id as usize], 1).unwrap()[0];
        assert_eq!(found.id == id, left.contains(&id));
    }
    for id in left {
        assert!(index.remove(9, id));
    }
    assert!(index.is_empty());
}

#[test]
fn partitions_do_not_see_each_other() {
    let mut index = flat_index(2);
    index.insert(1, 1, &[1.0, 0.0]).unwrap();
    index.insert(2, 1, &[0.0, 1.0]).unwrap();
    assert_eq!(index.nearest(3, &[1.0, 0.0], 5).unwrap(), []);
    assert_eq!(
        index.nearest(2, &[1.0, 0.0], 5).unwrap(),
        [Neighbour { id: 1, score: 0.0 }]
    );
    assert!(!index.remove(3, 1));
    assert!(index.remove(1, 1));
    assert_eq!(index.len(), 1);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let mut index = flat_index(2);
    assert_eq!(
        index.insert(1, 1, &[1.0]),
        Err(InvalidVector::Dimensions {
            expected: 2,
            found: 1
        })
    );
    assert_eq!(index.insert(1, 1, &[0.0, 0.0]), Err(InvalidVector::Direction));
    assert_eq!(
        index.insert(1, 1, &[f32::NAN, 0.0]),
        Err(InvalidVector::Direction)
    );
    assert_eq!(
        index.nearest(1, &[f32::INFINITY, 0.0], 1),
        Err(InvalidVector::Direction)
    );
    assert!(index.is_empty());
    assert_eq!(index.nearest(1, &[1.0, 0.0], 0), Ok(Vec::new()));
}

#[test]
fn an_entry_takes_less_than_500_bytes() {
    let mut index = flat_index(384);
    for (id, vector) in vectors(3_000, 384).iter().enumerate() {
        index.insert(1, id as u64, vector).unwrap();
    }
    assert!(index.bytes() < 3_000 * 500, "{}", index.bytes() / 3_000);
}

const LARGE: usize = 400;

/// With `count` entries of one large partition.
fn large_index(all: &[Vec<f32>], dimensions: usize) -> Index {
    let mut index = Index::new(dimensions, LARGE);
    for (id, vector) in all.iter().enumerate() {
        index.insert(1, id as u64, vector).unwrap();
    }
    index
}

/// Performs what there is to do.
fn work(index: &mut Index) {
    let mut done = None;
    while let Some(work) = index.next_work(done.as_ref()) {
        (0..work.tasks()).for_each(|task| index.perform(&work, task));
        done = Some(work);
    }
    assert_eq!(index.waiting(), 0);
}

fn flat(index: &Index, query: &[f32], k: usize) -> Vec<Neighbour> {
    index.partitions[&1].flat(&Row::new(query, index.dimensions).unwrap(), k)
}

/// In words nearly like those of `vector`: a cosine of about .95.
fn near(vector: &[f32], fresh: &[f32]) -> Vec<f32> {
    let length = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
    let share = 0.3 * length(vector) / length(fresh);
    vector.iter().zip(fresh).map(|(a, b)| a + b * share).collect()
}

/// Of queries near to these ids' vectors, how many find by the graph what comparing all finds.
fn found(index: &Index, all: &[Vec<f32>], ids: impl Iterator<Item = u64>) -> (usize, usize) {
    let (mut same, mut asked) = (0, 0);
    for id in ids {
        let query = near(&all[id as usize], &all[(id as usize * 7 + 3) % all.len()]);
        let exact = flat(index, &query, 1);
        assert!(exact[0].score > 0.9);
        asked += 1;
        same += usize::from(index.nearest(1, &query, 1).unwrap() == exact);
    }
    (same, asked)
}

#[test]
fn the_graph_finds_what_comparing_all_finds() {
    let all = vectors(1_500, 128);
    let mut index = large_index(&all, 128);
    assert_eq!(index.waiting(), 1_500);
    work(&mut index);
    let (same, asked) = found(&index, &all, (0..1_500).step_by(2));
    assert!(same * 100 >= asked * 99, "{same} of {asked}");
    let four = index.nearest(1, &all[7], 4).unwrap();
    assert_eq!((four.len(), four[0].id), (4, 7));
    assert!(four.is_sorted_by(|a, b| a.score >= b.score));
}

#[test]
fn entries_are_found_before_during_and_after_their_way_into_the_graph() {
    let all = vectors(600, 64);
    let mut index = large_index(&all, 64);
    let all_are_found = |index: &Index| {
        for id in (0..600).step_by(7) {
            assert_eq!(index.nearest(1, &all[id], 1).unwrap()[0].id, id as u64);
        }
    };
    all_are_found(&index);
    let mut done = None;
    while let Some(work) = index.next_work(done.as_ref()) {
        for task in 0..work.tasks() {
            index.perform(&work, task);
            if task % 20 == 0 {
                all_are_found(&index);
            }
        }
        done = Some(work);
    }
    all_are_found(&index);
}

#[test]
fn a_graph_in_which_everything_was_replaced_still_finds_what_is_there_and_nothing_else() {
    let all = vectors(1_500, 128);
    let mut index = Index::new(128, LARGE);
    let mut left = BTreeSet::new();
    let mut done: Option<Work> = None;
    let mut random = 1_u64;
    let mut draw = |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    for round in 0..2_500_u64 {
        let id = draw(1_500);
        // Puts and removals come between any two tasks, also of entries that are just being put in.
        if left.len() > 600 && round % 5 != 0 {
            let gone = *left.iter().nth(draw(left.len() as u64) as usize).unwrap();
            assert!(index.remove(1, gone));
            left.remove(&gone);
        }
        index.insert(1, id, &all[id as usize]).unwrap();
        left.insert(id);
        assert_eq!(index.len(), left.len());
        match done.take() {
            Some(work) if round % 50 != 0 => {
                let task = (round % 50 - 1) as usize * 2;
                (task..task + 2).for_each(|task| index.perform(&work, task));
                done = Some(work);
            }
            // Sometimes not all of it was performed.
            work => done = index.next_work(work.as_ref()),
        }
        if round % 97 == 0 {
            let query = &all[draw(1_500) as usize];
            for neighbour in index.nearest(1, query, 4).unwrap() {
                assert!(left.contains(&neighbour.id), "{} has gone", neighbour.id);
            }
        }
    }
    work(&mut index);
    let slots = index.partitions[&1].slots_in_use();
    assert!(slots <= 2 * left.len(), "{slots} for {}", left.len());
    for id in left.iter().copied().step_by(4) {
        index.insert(1, id, &all[id as usize]).unwrap();
        work(&mut index);
    }
    assert!(
        index.partitions[&1].slots_in_use() <= slots + 1,
        "slots are used again"
    );
    let (same, asked) = found(&index, &all, left.iter().copied());
    assert!(same * 100 >= asked * 99, "{same} of {asked}");
}

#[test]
fn a_partition_that_shrinks_is_compared_as_a_whole_again() {
    let all = vectors(1_200, 64);
    let mut index = large_index(&all, 64);
    let before = index.bytes();
    let stale = index.next_work(None).unwrap();
    work(&mut index);
    assert!(index.bytes() > before, "a graph takes memory");
    for id in 150..1_200 {
        assert!(index.remove(1, id));
    }
    assert!(index.bytes() < before / 3);
    assert!(index.next_work(None).is_none());
    for (id, vector) in all.iter().enumerate() {
        let nearest = index.nearest(1, vector, 3).unwrap();
        assert_eq!(nearest, flat(&index, vector, 3));
        assert_eq!(nearest[0].id == id as u64, id < 150);
    }
    // It may grow again; what was planned for the graph of then is not done to this one.
    for (id, vector) in all.iter().enumerate().skip(150) {
        index.insert(1, id as u64, vector).unwrap();
    }
    index.perform(&stale, 0);
    assert!(index.next_work(Some(&stale)).is_some());
    assert_eq!(index.waiting(), 1_200);
    work(&mut index);
    assert_eq!(index.nearest(1, &all[1_000], 1).unwrap()[0].id, 1_000);
}

#[test]
fn all_entries_together_are_charged_for_the_graph() {
    let all = vectors(1_000, 64);
    let mut index = Index::new(64, LARGE);
    let mut charged = 0;
    for (id, vector) in all.iter().enumerate() {
        charged += index.charge(1);
        index.insert(1, id as u64, vector).unwrap();
    }
    assert_eq!(charged, 1_000 * nodes::NODE_BYTES);
    assert_eq!(index.charge(2), 0);
}
