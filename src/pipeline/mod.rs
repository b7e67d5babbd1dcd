//! One pipeline at work: its lanes, what they hold in memory, and what they say of themselves.
//!
//! A lane is a consumer-group member on a thread of its own. Its loop (`lane/`) takes batches, lets
//! `processor` work on each record, sends the outputs, takes their acknowledgements and commits. What is decided on
//! the way is decided in `delivery/`; when a pipeline starts, stops and starts again is `supervisor/`'s.

pub mod codecs;
mod counters;
pub mod dead_letter;
mod lane;
pub mod memory;
pub mod processor;
mod status;

pub use counters::{Clients, LaneCounters, PartitionLag, Rebalances};
pub use lane::{LaneEnd, LaneEvent, LaneHandle, LaneSetup, start as start_lane};
pub(crate) use status::unix_ms;
pub use status::{Account, LaneStatus, LaneView};
