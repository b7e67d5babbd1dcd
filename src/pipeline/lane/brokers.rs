//! Whether any broker is there. librdkafka tells when the last connection is gone, and not when one is back: while
//! none is there, the lane asks.

use std::time::Duration;

use super::Lane;

/// How long a broker may take to answer; the loop is held up for as long.
const PING_TIMEOUT: Duration = Duration::from_millis(500);

/// How often the lane asks while no broker is there, in milliseconds.
const PING_EVERY_MS: u64 = 1_000;

/// An absence of brokers.
#[derive(Debug)]
pub(super) struct BrokersAway {
    next_ping_ms: u64,
    /// What the last ping met; `None` before the first.
    reason: Option<String>,
}

impl Lane {
    /// All connections are gone: perhaps for a moment, perhaps not.
    pub(super) fn brokers_are_away(&mut self) {
        let next_ping_ms = self.now_ms();
        self.brokers_away.get_or_insert(BrokersAway { next_ping_ms, reason: None });
    }

    /// Asks whether a broker is back.
    pub(super) fn look_for_brokers(&mut self) {
        let now_ms = self.now_ms();
        if self.brokers_away.as_ref().is_none_or(|away| now_ms < away.next_ping_ms) {
            return;
        }
        self.brokers_away = match self.consumer.cluster().ping(PING_TIMEOUT) {
            Ok(()) => None,
            Err(error) => Some(BrokersAway {
                next_ping_ms: self.now_ms() + PING_EVERY_MS,
                reason: Some(format!("no broker answers: {error}")),
            }),
        };
    }

    /// What is said of the absence.
    pub(super) fn brokers_waiting(&self) -> Option<&str> {
        self.brokers_away.as_ref().and_then(|away| away.reason.as_deref())
    }
}
