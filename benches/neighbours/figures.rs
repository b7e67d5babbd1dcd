//! What is measured over a span of time, and how several are summed up.

use std::time::Instant;

use millstream_harness::daemon::Run;
use millstream_harness::usage::{Machine, Usage};

/// Who used how much while something went on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
    /// CPU time of the daemon, in seconds.
    pub(crate) daemon: f64,
    /// CPU time of the broker and this process, in seconds.
    pub(crate) broker: f64,
    /// CPU time of all who have no part in it, in cores: how quiet the machine was.
    pub(crate) others: f64,
}

impl Span {
    /// Whether the machine had nothing else to do that could be felt.
    pub(crate) fn is_quiet(&self) -> bool {
        const OTHERS_MAX_CORES: f64 = 0.15;
        self.others <= OTHERS_MAX_CORES
    }
}

/// Begins to measure.
pub(crate) struct Watch {
    begun: Instant,
    machine: Machine,
    daemon: f64,
}

impl Watch {
    /// Before the daemon is started.
    pub(crate) fn start() -> Self {
        Self { begun: Instant::now(), machine: Machine::now(), daemon: 0.0 }
    }

    /// While the daemon runs.
    pub(crate) fn start_on(usage: &Usage) -> Self {
        Self { daemon: usage.cpu_seconds, ..Self::start() }
    }

    /// While the daemon still runs.
    pub(crate) fn stop(self, run: &Run) -> Span {
        let seconds = self.begun.elapsed().as_secs_f64();
        let machine = Machine::now();
        let daemon = Usage::of(run.pid()).cpu_seconds - self.daemon;
        let own = machine.own_seconds - self.machine.own_seconds;
        let busy = machine.busy_seconds - self.machine.busy_seconds;
        Span { seconds, daemon, broker: own - daemon, others: ((busy - own) / seconds).max(0.0) }
    }
}

/// The middle of some figures, and the least and the greatest of them.
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

impl Spread {
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(&least), Some(&greatest)) = (sorted.first(), sorted.last()) else {
            panic!("no figures to sum up");
        };
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        } else {
            sorted[middle]
        };
        Self { median, least, greatest }
    }
}
