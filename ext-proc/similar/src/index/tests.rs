use super::*;

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
        let mut index = Index::new(dimensions);
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
    let mut index = Index::new(384);
    for (id, vector) in all.iter().enumerate() {
        index.insert(1, id as u64, vector).unwrap();
    }
    for query in vectors(2_400, 384).iter().step_by(60) {
        let near: Vec<f32> = query
            .iter()
            .enumerate()
            .map(|(n, x)| x + if n % 5 == 0 { 0.1 } else { 0.0 })
            .collect();
        let flat = index.search(1, &near, 1, Search::Flat).unwrap();
        assert_eq!(flat, index.search(1, &near, 1, Search::Filtered).unwrap());
        assert!((flat[0].score - best(&all, &near)).abs() < 0.003);
    }
}

#[test]
fn inserting_and_removing_leave_what_is_left() {
    let all = vectors(300, 96);
    let mut index = Index::new(96);
    let mut left = std::collections::BTreeSet::new();
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
    let mut index = Index::new(2);
    index.insert(1, 1, &[1.0, 0.0]).unwrap();
    index.insert(2, 1, &[0.0, 1.0]).unwrap();
    assert_eq!(index.nearest(3, &[1.0, 0.0], 5).unwrap(), []);
    assert_eq!(
        index.nearest(2, &[1.0, 0.0], 5).unwrap(),
        [Neighbour { id: 1, score: 0.0 }]
    );
    assert!(!index.remove(3, 1));
    assert_eq!(index.remove_partition(1), 1);
    assert_eq!(index.len(), 1);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let mut index = Index::new(2);
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
    let mut index = Index::new(384);
    for (id, vector) in vectors(3_000, 384).iter().enumerate() {
        index.insert(1, id as u64, vector).unwrap();
    }
    assert!(index.bytes() < 3_000 * 500, "{}", index.bytes() / 3_000);
}
