//! Asking again, for ever, and one log line each when the registry goes away and when it is back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::delivery::Backoff;

/// The first wait is about half of this.
const RETRY_FIRST_MS: u64 = 200;

/// The longest wait between two tries.
const RETRY_MAX_MS: u64 = 10_000;

/// Whether a registry answers, as far as those who ask it know.
#[derive(Debug)]
pub(super) struct Health {
    registry: String,
    away: Mutex<Away>,
}

#[derive(Debug, Default)]
struct Away {
    /// Those who ask in vain.
    askers: usize,
    since: Option<Instant>,
}

impl Health {
    /// Of a registry that is called this in the log.
    pub(super) fn new(registry: String) -> Self {
        Self { registry, away: Mutex::default() }
    }

    /// The first one who asks in vain makes the registry one that is away.
    fn lost(&self, reason: &str) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.askers += 1;
        if away.askers == 1 {
            away.since = Some(Instant::now());
            tracing::warn!(registry = %self.registry, reason, "schema registry away");
        }
    }

    /// It is back once nobody asks in vain any more.
    fn found(&self, answered: bool) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.askers -= 1;
        if away.askers == 0 {
            let away_ms = away.since.take().map_or(0, |since| since.elapsed().as_millis() as u64);
            if answered {
                tracing::info!(registry = %self.registry, away_ms, "schema registry back");
            }
        }
    }
}

/// One who asks until there is an answer.
pub(super) struct Retry {
    health: Arc<Health>,
    in_vain: bool,
    backoff: Backoff,
}

impl Retry {
    /// Begins with short waits.
    pub(super) fn new(health: Arc<Health>) -> Self {
        Self { health, in_vain: false, backoff: Backoff::new(RETRY_FIRST_MS, RETRY_MAX_MS) }
    }

    /// No answer came.
    pub(super) fn failed(&mut self, reason: &str) {
        if !self.in_vain {
            self.in_vain = true;
            self.health.lost(reason);
        }
    }

    /// An answer came, whichever.
    pub(super) fn answered(&mut self) {
        if self.in_vain {
            self.in_vain = false;
            self.backoff.reset();
            self.health.found(true);
        }
    }

    /// Waits before the next try, and no longer than `at_most`.
    pub(super) async fn pause(&mut self, at_most: Option<Duration>) {
        let wait = Duration::from_millis(self.backoff.next_ms(fastrand::u64(..)));
        tokio::time::sleep(at_most.map_or(wait, |at_most| wait.min(at_most))).await;
    }
}

/// Who gives up asking does not know that the registry is back.
impl Drop for Retry {
    fn drop(&mut self) {
        if self.in_vain {
            self.health.found(false);
        }
    }
}
