//! A perfect hash over the tokens: every key has one slot, found with one small number (a pilot) per bucket of keys, so a
//! look-up reads one slot and never probes. The way is that of "hash, displace, compress" (Belazzougui et al., 2009).

use crate::Failure;
use crate::hash::Layout;

/// Keys per bucket; more makes the pilots fewer and the search longer.
const BUCKET: usize = 4;

pub(crate) struct PerfectHash {
    pub(crate) layout: Layout,
    pub(crate) pilots: Vec<u16>,
    /// The slot of each key, in the order of the keys.
    pub(crate) slots: Vec<u32>,
}

pub(crate) fn build(keys: &[u64]) -> Result<PerfectHash, Failure> {
    let layout = Layout::new(
        u32::try_from(keys.len().div_ceil(BUCKET))?,
        u32::try_from(keys.len() * 20 / 19)?,
    );
    let mut buckets: Vec<Vec<usize>> = vec![Vec::new(); layout.buckets as usize];
    for (at, &key) in keys.iter().enumerate() {
        buckets[layout.bucket(key)].push(at);
    }
    // The full buckets first, while most slots are free; the order among equals is that of the keys.
    let mut order: Vec<usize> = (0..buckets.len()).collect();
    order.sort_by_key(|&bucket| std::cmp::Reverse(buckets[bucket].len()));

    let mut taken = vec![false; layout.slots as usize];
    let mut pilots = vec![0u16; buckets.len()];
    let mut slots = vec![0u32; keys.len()];
    let mut chosen: Vec<usize> = Vec::new();
    for bucket in order {
        let pilot = (0..=u16::MAX).find(|&pilot| {
            chosen.clear();
            buckets[bucket].iter().all(|&at| {
                let slot = layout.slot(keys[at], pilot);
                let free = !taken[slot] && !chosen.contains(&slot);
                chosen.push(slot);
                free
            })
        });
        pilots[bucket] = pilot.ok_or("no pilot fits: change a constant of src/hash.rs")?;
        for (&at, &slot) in buckets[bucket].iter().zip(&chosen) {
            taken[slot] = true;
            slots[at] = u32::try_from(slot)?;
        }
    }
    Ok(PerfectHash {
        layout,
        pilots,
        slots,
    })
}
