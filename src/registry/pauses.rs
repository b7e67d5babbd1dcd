//! Addresses that ask to be left alone for a while: `Retry-After` (RFC 9110, 10.2.3) of 429 and 503.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The longest that an address is left alone for, whatever it asks.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Which addresses are left alone, until when, and why.
#[derive(Debug)]
pub(super) struct Pauses(Mutex<Vec<Option<(Instant, String)>>>);

impl Pauses {
    /// For so many addresses.
    pub(super) fn new(addresses: usize) -> Self {
        Self(Mutex::new(vec![None; addresses]))
    }

    /// Why an address is left alone now.
    pub(super) fn at(&self, index: usize) -> Option<String> {
        let all = self.lock();
        let (until, reason) = all.get(index)?.as_ref()?;
        (Instant::now() < *until).then(|| reason.clone())
    }

    /// An address is left alone.
    pub(super) fn begin(&self, index: usize, pause: Duration, reason: &str) {
        if let Some(slot) = self.lock().get_mut(index) {
            *slot = Some((Instant::now() + pause, reason.to_owned()));
        }
    }

    /// So are all of them.
    pub(super) fn begin_all(&self, pause: Duration, reason: &str) {
        self.lock().fill(Some((Instant::now() + pause, reason.to_owned())));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<(Instant, String)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pause that an answer asks for, within its bound; `None`: none that can be read.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = DateTime::parse_from_rfc2822(text).ok()?;
            (at.to_utc() - DateTime::<Utc>::from(SystemTime::now())).to_std().ok()?
        }
    };
    Some(pause.min(RETRY_AFTER_MAX)).filter(|pause| !pause.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Duration> {
        asked(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().expect("it is a header"))]))
    }

    #[test]
    fn seconds_and_dates_are_read_and_bounded() {
        assert_eq!(of("3"), Some(Duration::from_secs(3)));
        assert_eq!(of("86400"), Some(RETRY_AFTER_MAX));
        assert_eq!(of("Fri, 31 Dec 9999 23:59:59 GMT"), Some(RETRY_AFTER_MAX));
        for text in ["0", "Sun, 06 Nov 1994 08:49:37 GMT", "-1", "soon", ""] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }
}
