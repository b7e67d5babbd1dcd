//! What becomes of poison: the dead-letter queue, and when it stops the pipeline.

use std::time::Duration;

use super::CreateSpec;

/// What happens to poison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// A dead letter.
    Dlq,
    /// The pipeline stops, with the record's place in the reason.
    Stop,
    /// The record is counted as skipped.
    Skip,
}

/// The dead-letter queue.
#[derive(Clone, Debug)]
pub struct DlqSpec {
    /// The topic.
    pub topic: String,
    /// Whose header names say what was wrong.
    pub headers: HeaderDialect,
    /// Stops the pipeline when too much is poison.
    pub breaker: BreakerSpec,
    /// How to create the topic where it does not exist; `None`: never.
    pub create: Option<CreateSpec>,
}

/// Whose dead-letter header names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderDialect {
    /// `millstream.*`
    Millstream,
    /// Kafka Connect's `__connect.errors.*`
    Connect,
    /// Kafka Streams' `__streams.errors.*` (KIP-1034)
    Streams,
    /// Spring Kafka's `kafka_dlt-*`
    Spring,
}

/// When so much is poison that the fault is the pipeline's: more than `share_percent` of at least `min_records`
/// records within `window`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerSpec {
    /// Percent of the records in the window, 0 to 100.
    pub share_percent: f64,
    /// The window's length.
    pub window: Duration,
    /// Fewer records than this in the window never open it.
    pub min_records: u64,
}
