//! Log lines, held back while the screen is drawn: the newest stand in a place of their own, all follow at the end.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most lines that are held; older ones make room.
const LINES_MAX: usize = 200;

/// Where log lines wait. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Notices(Arc<Mutex<VecDeque<String>>>);

impl Notices {
    /// The newest lines, oldest first.
    pub(super) fn newest(&self, count: usize) -> Vec<String> {
        let lines = self.lock();
        lines.iter().skip(lines.len().saturating_sub(count)).cloned().collect()
    }

    /// All lines that are held; none are afterwards.
    pub(super) fn take(&self) -> Vec<String> {
        self.lock().drain(..).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
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
        lines.push_back(String::from_utf8_lossy(bytes).trim().to_owned());
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
        assert_eq!(notices.newest(2), ["WARN 203", "WARN 204"]);
        assert_eq!(notices.take().first().map(String::as_str), Some("WARN 5"));
        assert!(notices.newest(1).is_empty());
    }
}
