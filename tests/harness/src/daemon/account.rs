//! A pipeline's account, as the daemon logs it when a pipeline ends.

use super::Line;

/// How many input records ended in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Records that were read.
    pub consumed: u64,
    /// All outputs acknowledged, at least one.
    pub produced: u64,
    /// Went nowhere, as written.
    pub filtered: u64,
    /// Acknowledged in the dead-letter queue.
    pub dead_lettered: u64,
    /// Poison that `on_error: skip` let go.
    pub skipped: u64,
    /// Unfinished at the end.
    pub in_flight: u64,
}

impl Account {
    /// The sum of all states.
    pub fn accounted(&self) -> u64 {
        self.produced + self.filtered + self.dead_lettered + self.skipped + self.in_flight
    }
}

/// The end of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// `drained`, `stopped` or `failed`.
    pub state: String,
    /// Why, where it was not drained.
    pub reason: String,
    /// Its account.
    pub account: Account,
}

impl Ended {
    /// Reads the line; panics where the account does not balance, whatever else a test asks for.
    pub(super) fn of(line: &Line) -> Self {
        let account = Account {
            consumed: line.integer("consumed"),
            produced: line.integer("produced"),
            filtered: line.integer("filtered"),
            dead_lettered: line.integer("dead_lettered"),
            skipped: line.integer("skipped"),
            in_flight: line.integer("in_flight"),
        };
        assert_eq!(account.consumed, account.accounted(), "the account does not balance: {}", line.text());
        Self { state: line.field("state").to_owned(), reason: line.field("reason").to_owned(), account }
    }
}
