//! What a lane may have in flight: a floor of its own, and a share of what the process has left.

/// A lane's account of bytes and records in flight.
///
/// A lane borrows from the process only as long as it holds no more than is left for the others ("dynamic
/// thresholds", Choudhury and Hahne 1998): a lane whose sink refuses for hours holds half of the pool at
/// the most, the next such lane half of the rest, and what flows keeps room.
#[derive(Debug)]
pub struct InFlight {
    floor_bytes: u64,
    records_max: u64,
    bytes: u64,
    records: u64,
    borrowed: u64,
}

impl InFlight {
    /// An empty account with a floor that is always there.
    pub fn new(floor_bytes: u64, records_max: u64) -> Self {
        Self { floor_bytes, records_max, bytes: 0, records: 0, borrowed: 0 }
    }

    /// A record with these outputs was taken up.
    pub fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.records += u64::from(bytes > 0);
    }

    /// A record's outputs are acknowledged, or given up.
    pub fn release(&mut self, bytes: u64) {
        self.bytes -= bytes;
        self.records -= u64::from(bytes > 0);
    }

    /// So many records that were given up took so many bytes.
    pub fn release_all(&mut self, bytes: u64, records: u64) {
        self.bytes -= bytes;
        self.records -= records;
    }

    /// Nothing is in flight.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Whether another record may be taken up with what is lent already.
    pub fn has_room(&self) -> bool {
        self.records < self.records_max && self.bytes < self.floor_bytes + self.borrowed
    }

    /// How much more to borrow, in bytes, in steps of `step`, where `free` is left in the pool: 0 for nothing.
    pub fn wants(&self, step: u64, free: u64) -> u64 {
        let short = self.records < self.records_max && self.bytes >= self.floor_bytes + self.borrowed;
        if short && self.borrowed + step <= free.saturating_sub(step) { step } else { 0 }
    }

    /// The pool lent so much.
    pub fn borrow(&mut self, bytes: u64) {
        self.borrowed += bytes;
    }

    /// How much to give back, in bytes, in whole steps: what is lent and has not been needed.
    pub fn spare(&self, step: u64) -> u64 {
        let needed = self.bytes.saturating_sub(self.floor_bytes).div_ceil(step) * step;
        // One step is kept, so that lending and giving back do not alternate.
        self.borrowed.saturating_sub(needed + step)
    }

    /// So much was given back.
    pub fn give_back(&mut self, bytes: u64) {
        self.borrowed -= bytes;
    }

    /// All that is lent.
    pub fn borrowed(&self) -> u64 {
        self.borrowed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEP: u64 = 1 << 20;

    /// Fills a lane until the pool lends no more; gives what it holds.
    fn fill(lane: &mut InFlight, free: &mut u64) -> u64 {
        loop {
            while lane.has_room() {
                lane.add(STEP / 4);
            }
            let more = lane.wants(STEP, *free);
            if more == 0 {
                return lane.borrowed();
            }
            lane.borrow(more);
            *free -= more;
        }
    }

    #[test]
    fn lanes_that_are_stuck_leave_room_for_the_next() {
        let mut free = 480 * STEP;
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(fill(&mut InFlight::new(STEP, u64::MAX), &mut free) / STEP);
        }
        assert_eq!(held, [240, 120, 60, 30]);
    }

    #[test]
    fn what_is_not_needed_goes_back() {
        let mut free = 64 * STEP;
        let mut lane = InFlight::new(STEP, u64::MAX);
        fill(&mut lane, &mut free);
        let (bytes, records) = (lane.bytes, lane.records);
        lane.release_all(bytes, records);
        assert_eq!(lane.spare(STEP), lane.borrowed() - STEP);
    }

    proptest! {
        #[test]
        fn what_is_in_flight_stays_within_what_is_lent(sizes in prop::collection::vec(1..3_000_000u64, 1..200)) {
            let mut free = 16 * STEP;
            let mut lane = InFlight::new(STEP, 1000);
            for size in sizes {
                if lane.has_room() {
                    lane.add(size);
                    // One record may stand above the bound: a record is never split.
                    prop_assert!(lane.bytes <= STEP + lane.borrowed() + size);
                } else {
                    let more = lane.wants(STEP, free);
                    lane.borrow(more);
                    free -= more;
                }
                prop_assert!(lane.borrowed() <= 8 * STEP);
            }
        }
    }
}
