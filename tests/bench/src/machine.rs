//! The machine and its processes as Linux shows them in `/proc`: cores, CPU time, memory.
//! Must not know what the processes are.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// A clock tick of `/proc/stat`; 100 a second wherever Linux runs today.
const TICK: Duration = Duration::from_millis(10);

/// Resident memory of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) now_kib: u64,
    pub(crate) peak_kib: u64,
}

/// How many threads can run at once.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The processor's name.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.to_owned())
}

/// The kernel's release.
pub(crate) fn kernel() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Zero for a process that is gone.
pub(crate) fn memory(process: u32) -> Memory {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_ascii_whitespace().next()?.parse().ok()
    };
    Memory {
        now_kib: field("VmRSS:").unwrap_or_default(),
        peak_kib: field("VmHWM:").unwrap_or_default(),
    }
}

/// CPU time of all threads of a process. Those that ended are not in it: measure between two moments without any.
pub(crate) fn cpu_time(process: u32) -> Duration {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
        return Duration::ZERO;
    };
    threads
        .flatten()
        .map(|thread| on_cpu(&thread.path().join("schedstat")))
        .sum()
}

/// CPU time of the calling thread.
pub(crate) fn own_thread_cpu_time() -> Duration {
    on_cpu(Path::new("/proc/thread-self/schedstat"))
}

fn on_cpu(schedstat: &Path) -> Duration {
    let text = fs::read_to_string(schedstat).unwrap_or_default();
    let nanoseconds = text
        .split_ascii_whitespace()
        .next()
        .and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

/// CPU time that anybody on the machine used, this program included.
pub(crate) fn busy_time() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    // user nice system idle iowait irq softirq steal: all but the two that wait.
    let ticks = text.lines().next().map(|line| {
        let fields = line.split_ascii_whitespace().skip(1).take(8).enumerate();
        fields
            .filter(|(at, _)| *at != 3 && *at != 4)
            .filter_map(|(_, ticks)| ticks.parse::<u32>().ok())
            .sum::<u32>()
    });
    TICK * ticks.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_uses_time() {
        let before = (cpu_time(std::process::id()), busy_time());
        let began = std::time::Instant::now();
        while began.elapsed() < Duration::from_millis(60) {
            std::hint::spin_loop();
        }
        assert!(cpu_time(std::process::id()) > before.0);
        assert!(busy_time() > before.1);
        let memory = memory(std::process::id());
        assert!(memory.now_kib > 0 && memory.peak_kib >= memory.now_kib);
    }
}
