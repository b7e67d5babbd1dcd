//! Log lines, held back while the screen is drawn: the newest stand in a place of their own, all follow at the end.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most lines that are held; older ones make room.
const LINES_MAX: usize = 200;

/// How long a line stands on the screen: what has healed is no news.
const STANDS: Duration = Duration::from_secs(15);

/// Where log lines wait. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Notices(Arc<Mutex<VecDeque<(Instant, String)>>>);

impl Notices {
    /// The newest lines that still stand, oldest first.
    pub(super) fn newest(&self, count: usize, now: Instant) -> Vec<String> {
        let lines = self.lock();
        let newest = lines.iter().skip(lines.len().saturating_sub(count));
        newest.filter(|(at, _)| now.duration_since(*at) < STANDS).map(|(_, line)| line.clone()).collect()
    }

    /// All lines that are held; none are afterwards.
    pub(super) fn take(&self) -> Vec<String> {
        self.lock().drain(..).map(|(_, line)| line).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Instant, String)>> {
        // Whole lines are pushed: what a panic left is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One write is one line.
impl Write for Notices {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.lock();
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back((Instant::now(), String::from_utf8_lossy(bytes).trim().to_owned()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_stay() {
        let mut notices = Notices::default();
        for number in 0..LINES_MAX + 5 {
            notices.write_all(format!(" WARN {number}\n").as_bytes()).expect("it is memory");
        }
        let now = Instant::now();
        assert_eq!(notices.newest(2, now), ["WARN 203", "WARN 204"]);
        assert!(notices.newest(2, now + STANDS).is_empty());
        assert_eq!(notices.take().first().map(String::as_str), Some("WARN 5"));
        assert!(notices.newest(1, now).is_empty());
    }
}
