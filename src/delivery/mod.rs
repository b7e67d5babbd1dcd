//! What decides about delivery, as pure functions of state and event: which records are finished, what may be
//! committed and when, when too much is poison, how long to wait before the next try.
//!
//! Nothing here knows Kafka's client, a clock, a file or a task: time comes as an argument, in milliseconds
//! of a monotonic clock, so that property tests can drive thousands of interleavings a second.

mod ages;
mod backoff;
mod breaker;
mod budget;
mod commit;
mod ledger;

pub use ages::{Samples, Uncommitted};
pub use backoff::Backoff;
pub use breaker::Breaker;
pub use budget::InFlight;
pub use commit::CommitPolicy;
pub use ledger::{Fate, Ledger, Rewound, Tally};
