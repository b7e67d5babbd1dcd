//! How long to wait before the next try.

/// Exponential backoff with full jitter: each wait is drawn between half and all of a bound that doubles.
#[derive(Clone, Debug)]
pub struct Backoff {
    first_ms: u64,
    max_ms: u64,
    attempt: u32,
}

impl Backoff {
    /// Waits that begin at about `first_ms` and end at `max_ms`.
    pub fn new(first_ms: u64, max_ms: u64) -> Self {
        Self { first_ms: first_ms.max(1), max_ms: max_ms.max(1), attempt: 0 }
    }

    /// The next wait in milliseconds; `random` is any number, evenly spread.
    pub fn next_ms(&mut self, random: u64) -> u64 {
        let bound = self.first_ms.saturating_mul(1 << self.attempt.min(20)).min(self.max_ms);
        self.attempt = self.attempt.saturating_add(1);
        let half = bound / 2;
        half + random % (bound - half + 1)
    }

    /// How many waits were drawn since the last reset.
    pub fn attempts(&self) -> u32 {
        self.attempt
    }

    /// All is well again: the next wait is a short one.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_grow_within_their_bounds(randoms in prop::collection::vec(any::<u64>(), 1..40)) {
            let mut backoff = Backoff::new(100, 10_000);
            for (attempt, random) in randoms.into_iter().enumerate() {
                let bound = (100u64 << attempt.min(20)).min(10_000);
                let wait = backoff.next_ms(random);
                prop_assert!(wait >= bound / 2 && wait <= bound, "{wait} of {bound}");
            }
            backoff.reset();
            prop_assert!(backoff.next_ms(7) <= 100);
        }
    }
}
