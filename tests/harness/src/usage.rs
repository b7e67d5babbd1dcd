//! What processes and the machine use, as the kernel counts it: for benchmarks.

use std::fs;

/// What one process uses.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// CPU time since its start, in seconds.
    pub cpu_seconds: f64,
    /// Threads that live.
    pub threads: u64,
    /// Memory of its own, in bytes: without the pages that it shares with files.
    pub resident_bytes: u64,
    /// Open file descriptors.
    pub descriptors: u64,
    /// How often its threads went to sleep by themselves, and so were woken, since the start of each; those that live.
    pub wakes: u64,
}

impl Usage {
    /// Of the process with this id; panics where it is gone.
    pub fn of(pid: u32) -> Self {
        let usage = Self::try_of(pid);
        usage.unwrap_or_else(|| panic!("process {pid} is gone, or /proc does not tell of it"))
    }

    fn try_of(pid: u32) -> Option<Self> {
        let tasks: Vec<_> = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten().collect();
        // A thread can end between the two looks.
        let wakes = |task: &fs::DirEntry| number(&task.path().join("status"), "voluntary_ctxt_switches:");
        Some(Self {
            cpu_seconds: Stat::of(pid)?.cpu_seconds,
            threads: tasks.len() as u64,
            resident_bytes: crate::process::resident_bytes(pid)?,
            descriptors: fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64,
            wakes: tasks.iter().filter_map(wakes).sum(),
        })
    }
}

/// CPU time of the whole machine since its start, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// All that was not idle.
    pub busy_seconds: f64,
    /// Of it: this process and those that it started and that live.
    pub own_seconds: f64,
}

impl Machine {
    /// Now.
    pub fn now() -> Self {
        let text = fs::read_to_string("/proc/stat").expect("the kernel tells its counters");
        let first = text.lines().next().unwrap_or_default();
        let ticks = first.split_whitespace().skip(1).map(|field| field.parse::<f64>().unwrap_or(0.0));
        // user nice system (idle iowait) irq softirq; what was stolen was not ours to use.
        let busy = ticks.take(7).enumerate().filter(|(place, _)| ![3, 4].contains(place));
        Self {
            busy_seconds: busy.map(|(_, ticks)| ticks).sum::<f64>() / ticks_per_second(),
            own_seconds: own_tree().iter().map(|stat| stat.cpu_seconds).sum(),
        }
    }

    /// The load average of the last minute.
    pub fn load() -> f64 {
        let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
    }
}

/// What a line of a process's `stat` tells.
struct Stat {
    pid: u32,
    parent: u32,
    cpu_seconds: f64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, in brackets, can hold anything; proc(5) counts what follows it from 3 on.
        let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).copied();
        let ticks = field(14)?.parse::<f64>().ok()? + field(15)?.parse::<f64>().ok()?;
        Some(Self { pid, parent: field(4)?.parse().ok()?, cpu_seconds: ticks / ticks_per_second() })
    }
}

/// This process and its children.
fn own_tree() -> Vec<Stat> {
    let own = std::process::id();
    let entries = fs::read_dir("/proc").expect("the kernel tells its processes");
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(Stat::of).filter(|stat| stat.pid == own || stat.parent == own).collect()
}

fn ticks_per_second() -> f64 {
    // SAFETY: it takes a plain number and gives one.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    ticks as f64
}

fn number(path: &std::path::Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_process_uses_is_counted() {
        // In this order: what is used between the two counts for the machine, and is not waited for.
        let machine = Machine::now();
        let before = Usage::of(std::process::id());
        let stays = std::fs::File::open("/proc/self/stat").expect("it is there");
        // Work until the kernel's own clock says that it was counted.
        let worked = |seconds: f64| Usage::of(std::process::id()).cpu_seconds - before.cpu_seconds >= seconds;
        while !worked(0.05) {
            std::hint::black_box((0..10_000u64).sum::<u64>());
        }
        let after = Usage::of(std::process::id());
        assert!(after.threads >= 2 && after.resident_bytes > 0 && after.descriptors >= 1, "{after:?}");
        let now = Machine::now();
        assert!(now.own_seconds - machine.own_seconds >= 0.049, "{machine:?} {now:?}");
        assert!(now.busy_seconds > machine.busy_seconds, "{machine:?} {now:?}");
        drop(stays);
    }
}
