//! A pipeline's life as one table: which state may follow which.

use super::view::PipelineState;

/// Each state's word, and the words of those that may follow it.
const TABLE: [(&str, &[&str]); 9] = [
    // `running` and `waiting` are what the lanes say of themselves once they are started.
    ("starting", &["running", "waiting", "backing_off", "draining", "paused", "stopped", "failed", "ended"]),
    ("running", &["waiting", "backing_off", "draining", "stopped", "failed", "ended"]),
    ("waiting", &["running", "backing_off", "draining", "stopped", "failed", "ended"]),
    ("backing_off", &["starting", "paused", "ended"]),
    ("draining", &["starting", "paused", "stopped", "failed", "ended"]),
    ("paused", &["starting", "ended"]),
    ("stopped", &["starting", "paused", "ended"]),
    ("failed", &["starting", "paused", "ended"]),
    ("ended", &[]),
];

/// Whether `to` may follow `from`. A state may always be told again, with another reason.
pub(super) fn may_follow(from: &PipelineState, to: &PipelineState) -> bool {
    let (from, to) = (from.as_str(), to.as_str());
    from == to || TABLE.iter().any(|(state, next)| *state == from && next.contains(&to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_state_and_knows_no_other() {
        assert_eq!(TABLE.map(|(state, _)| state), PipelineState::WORDS);
        for (state, next) in TABLE {
            assert!(next.iter().all(|word| PipelineState::WORDS.contains(word)), "{state}");
        }
    }

    #[test]
    fn every_life_can_end_and_nothing_follows_the_end() {
        for (state, next) in TABLE {
            assert_eq!(next.contains(&"ended"), state != "ended", "{state}");
        }
    }

    #[test]
    fn what_rests_goes_on_only_by_starting() {
        for (state, next) in TABLE.iter().filter(|(state, _)| ["paused", "stopped", "failed"].contains(state))
        {
            assert!(next.contains(&"starting"), "{state}");
            assert!(!next.contains(&"running"), "{state}");
        }
    }
}
