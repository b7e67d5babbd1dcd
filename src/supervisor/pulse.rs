//! Whether the lanes of a pipeline live. Pure: counts looks, not time, so that a process that was stopped for a while (a
//! debugger, a migrating machine) does not take its own sleep for a lane's.

/// So many looks without a sign of life between them, and the lane hangs.
pub(super) const LOOKS_MAX: u32 = 30;

/// What was seen of each lane.
#[derive(Debug)]
pub(super) struct Pulse {
    lanes: Vec<Seen>,
}

/// What was seen of one lane.
#[derive(Clone, Copy, Debug)]
struct Seen {
    beat: u64,
    /// Looks since the beat was another.
    looks: u32,
    has_ended: bool,
}

impl Pulse {
    /// Of so many lanes, none of which was looked at yet.
    pub(super) fn new(lanes: usize) -> Self {
        Self { lanes: vec![Seen { beat: 0, looks: 0, has_ended: false }; lanes] }
    }

    /// A lane has ended: it shows no signs of life, and needs not.
    pub(super) fn ended(&mut self, lane: usize) {
        self.lanes[lane].has_ended = true;
    }

    /// Looks at each lane's last beat; gives the first lane that hangs.
    pub(super) fn look(&mut self, beat: impl Fn(usize) -> u64) -> Option<usize> {
        for (index, seen) in self.lanes.iter_mut().enumerate() {
            let beat = beat(index);
            seen.looks = if seen.beat == beat { seen.looks + 1 } else { 0 };
            seen.beat = beat;
        }
        self.lanes.iter().position(|seen| !seen.has_ended && seen.looks >= LOOKS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_that_shows_no_sign_of_life_hangs_and_the_others_do_not() {
        let mut pulse = Pulse::new(2);
        for look in 1..LOOKS_MAX {
            assert_eq!(pulse.look(|lane| if lane == 0 { u64::from(look) } else { 0 }), None);
        }
        assert_eq!(pulse.look(|lane| if lane == 0 { 99 } else { 0 }), Some(1));
    }

    #[test]
    fn a_sign_of_life_is_enough() {
        let mut pulse = Pulse::new(1);
        for look in 0..10 * LOOKS_MAX {
            assert_eq!(pulse.look(|_| u64::from(look / (LOOKS_MAX - 1))), None);
        }
    }

    #[test]
    fn a_lane_that_has_ended_does_not_hang() {
        let mut pulse = Pulse::new(1);
        pulse.ended(0);
        assert!((0..10 * LOOKS_MAX).all(|_| pulse.look(|_| 7).is_none()));
    }
}
