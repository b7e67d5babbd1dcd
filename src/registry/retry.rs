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

    /// What it is called in the log.
    pub(super) fn registry(&self) -> &str {
        &self.registry
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

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::*;

    /// What was logged, as text.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_outage_is_two_lines_however_many_ask_and_how_often() {
        let log = Log::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(lines, || {
            let health = Arc::new(Health::new("http://a:1".to_owned()));
            let mut askers: Vec<_> = (0..3).map(|_| Retry::new(Arc::clone(&health))).collect();
            for _ in 0..5 {
                askers.iter_mut().for_each(|asker| asker.failed("it is down"));
            }
            // One who gives up brings no news.
            askers.pop();
            for _ in 0..2 {
                askers.iter_mut().for_each(Retry::answered);
            }
            askers[0].failed("it is down again");
        });
        let text = String::from_utf8(log.0.lock().unwrap().clone()).expect("text");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(
            lines[0].contains(r#"schema registry away registry=http://a:1 reason="it is down""#),
            "{text}"
        );
        assert!(lines[1].contains("schema registry back registry=http://a:1 away_ms="), "{text}");
        assert!(lines[2].contains("it is down again"), "{text}");
    }
}
