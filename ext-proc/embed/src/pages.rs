//! One piece of memory for the weights of all layers, in the order in which a text needs them, so that what comes next can be
//! fetched before it is asked for. Must not know what the weights mean.

use std::io;

use memmap2::MmapMut;

use crate::kernel::Step;

/// Room for weights, filled once.
pub(crate) struct Pages {
    map: MmapMut,
    used: usize,
}

impl Pages {
    /// `steps` of zeros, which the system takes back at once when they are dropped.
    pub(crate) fn zeros(steps: usize) -> io::Result<Self> {
        let map = MmapMut::map_anon(steps * size_of::<Step>())?;
        Ok(Self { map, used: steps })
    }

    /// Room for `steps`, in large pages (2 MiB on x86-64) where Linux has them: with small ones, each text waits for the
    /// addresses of five thousand.
    pub(crate) fn with_capacity(steps: usize) -> io::Result<Self> {
        let map = MmapMut::map_anon(steps * size_of::<Step>())?;
        // Only slower without them.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        Ok(Self { map, used: 0 })
    }

    /// Adds `steps` and returns where they begin; `None` if there is no room.
    pub(crate) fn push(&mut self, steps: &[Step]) -> Option<usize> {
        let start = self.used;
        let all = self.all_mut();
        all.get_mut(start..start + steps.len())?.copy_from_slice(steps);
        self.used += steps.len();
        Some(start)
    }

    /// All that there is room for.
    pub(crate) fn all_mut(&mut self) -> &mut [Step] {
        bytemuck::try_cast_slice_mut(&mut self.map).unwrap_or_default()
    }

    /// What begins at `start`, and what comes after it.
    #[inline(always)]
    pub(crate) fn from(&self, start: usize) -> &[Step] {
        let all: &[Step] = bytemuck::try_cast_slice(&self.map).unwrap_or_default();
        all.get(start..self.used).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_stays_in_order() {
        let mut pages = Pages::with_capacity(3).unwrap();
        assert_eq!(pages.push(&[[1; 32], [2; 32]]), Some(0));
        assert_eq!(pages.push(&[[3; 32]]), Some(2));
        assert_eq!(pages.push(&[[4; 32]]), None);
        assert_eq!(pages.from(1), [[2; 32], [3; 32]]);
        assert!(pages.from(4).is_empty());
    }
}
