//! What follows when a pipeline's lanes have ended, as data.

use crate::delivery::Backoff;
use crate::pipeline::LaneEnd;

/// The first and the longest wait before a restart, in milliseconds.
const RESTART_MS: (u64, u64) = (500, 60_000);

/// A pipeline that ran so long was healthy: its next failure is a first one. In milliseconds.
const HEALTHY_MS: u64 = 60_000;

/// So many failures without a healthy time between them are a crash loop.
const FAILURES_MAX: u32 = 10;

/// What follows an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterEnd {
    /// The pipeline is done: it was asked to.
    Done,
    /// It waits for a person.
    Stop(String),
    /// It is started again after so many milliseconds.
    Restart {
        /// The wait.
        after_ms: u64,
        /// What broke.
        cause: String,
    },
    /// It failed too often.
    Fail(String),
}

/// Counts failures and decides what follows each end.
#[derive(Debug)]
pub struct RestartPolicy {
    backoff: Backoff,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self { backoff: Backoff::new(RESTART_MS.0, RESTART_MS.1) }
    }
}

impl RestartPolicy {
    /// What follows `end` after the pipeline ran for `ran_ms`; `random` is any number, evenly spread.
    pub fn after(&mut self, end: &LaneEnd, ran_ms: u64, random: u64) -> AfterEnd {
        match end {
            LaneEnd::Drained | LaneEnd::DeadlinePassed => AfterEnd::Done,
            LaneEnd::Stopped(reason) => AfterEnd::Stop(reason.clone()),
            LaneEnd::Failed(cause) => {
                if ran_ms >= HEALTHY_MS {
                    self.backoff.reset();
                }
                if self.backoff.attempts() >= FAILURES_MAX {
                    return AfterEnd::Fail(format!("{cause} ({FAILURES_MAX} times in a row)"));
                }
                AfterEnd::Restart { after_ms: self.backoff.next_ms(random), cause: cause.clone() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> LaneEnd {
        LaneEnd::Failed("boom".into())
    }

    #[test]
    fn a_crash_loop_ends_in_failed() {
        let mut policy = RestartPolicy::default();
        for _ in 0..FAILURES_MAX {
            assert!(matches!(policy.after(&failed(), 10, 1), AfterEnd::Restart { .. }));
        }
        assert!(matches!(policy.after(&failed(), 10, 1), AfterEnd::Fail(_)));
    }

    #[test]
    fn a_healthy_time_forgives() {
        let mut policy = RestartPolicy::default();
        for _ in 0..3 * FAILURES_MAX {
            assert!(matches!(policy.after(&failed(), HEALTHY_MS, 1), AfterEnd::Restart { .. }));
        }
    }

    #[test]
    fn poison_and_drains_are_no_restart_loop() {
        let mut policy = RestartPolicy::default();
        assert_eq!(policy.after(&LaneEnd::Stopped("r".into()), 0, 1), AfterEnd::Stop("r".into()));
        assert_eq!(policy.after(&LaneEnd::Drained, 0, 1), AfterEnd::Done);
    }
}
