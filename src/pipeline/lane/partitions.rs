//! The partitions that a lane owns, each with its ledger, and how reports find the way back to them.

use std::collections::{HashMap, VecDeque};

use crate::delivery::{Ledger, Samples, Tally, Uncommitted};
use crate::kafka::{Message, TopicPartition};
use crate::pipeline::dead_letter::Keep;
use crate::record::Poison;

/// What is known of a record that was refused, when it is read again.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// The record.
    pub(super) offset: i64,
    /// Why its outputs are refused; `None` where only its dead letter is.
    pub(super) refused: Option<Poison>,
    /// How much of it a dead letter may hold.
    pub(super) keep: Keep,
}

/// Why a partition stands still, and when to try again.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    pub(super) since_ms: u64,
    pub(super) retry_at_ms: u64,
    /// What librdkafka said of it, or what the last try met.
    pub(super) reason: String,
}

/// One partition that the lane owns.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) at: TopicPartition,
    /// Tells this ownership from earlier ones of the same partition: a late report finds nothing.
    tenure: u32,
    pub(super) ledger: Ledger,
    /// The last offset that the group is known to have committed.
    pub(super) committed: Option<i64>,
    /// What the group had committed when the lane asked; of no weight beside `committed`.
    pub(super) committed_before: Option<i64>,
    /// The offset after the newest record, as the brokers told last.
    pub(super) end: Option<i64>,
    pub(super) uncommitted: Uncommitted,
    pub(super) samples: Samples,
    /// Where to go back to; until librdkafka has gone there, what it hands over is not believed.
    pub(super) moving_to: Option<i64>,
    /// How often it went back: a message that was taken before that is not to be believed.
    pub(super) moves: u64,
    /// Records below this are sent alone.
    pub(super) solo_until: Option<i64>,
    pub(super) verdict: Option<Verdict>,
    /// The place to begin has to be looked up.
    pub(super) lookup: Option<Lookup>,
    /// Until then the forwarding of its queue is renewed.
    pub(super) forward_until_ms: u64,
}

impl Slot {
    pub(super) fn advance(&mut self) -> Tally {
        let first_ms = self.ledger.oldest_ms();
        let tally = self.ledger.advance();
        if tally.total() > 0 {
            self.uncommitted.passed(first_ms);
        }
        tally
    }

    /// Goes back to `offset` as soon as librdkafka can.
    pub(super) fn move_to(&mut self, offset: Option<i64>) {
        self.moving_to = offset;
        self.moves += 1;
    }

    /// What is there to commit.
    pub(super) fn to_commit(&self) -> Option<(TopicPartition, i64)> {
        let watermark = self.ledger.watermark()?;
        (self.committed != Some(watermark)).then(|| (self.at.clone(), watermark))
    }
}

/// A report's number: whose record, which of its outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutputId {
    pub(super) tenure: u32,
    /// The sink's index, or `OutputId::DEAD_LETTER`.
    pub(super) sink: u32,
    /// The record's number in its ledger, as far as 32 bits tell.
    pub(super) number: u32,
}

impl OutputId {
    const TENURE_BITS: u32 = 20;
    const SINK_BITS: u32 = 12;
    /// In place of a sink's index.
    pub(super) const DEAD_LETTER: u32 = (1 << Self::SINK_BITS) - 1;

    pub(super) fn pack(self) -> u64 {
        (u64::from(self.tenure) << (Self::SINK_BITS + 32))
            | (u64::from(self.sink) << 32)
            | u64::from(self.number)
    }

    pub(super) fn unpack(opaque: u64) -> Self {
        let low =
            |value: u64, bits: u32| u32::try_from(value & ((1 << bits) - 1)).expect("masked to 32 bits");
        Self {
            tenure: low(opaque >> (Self::SINK_BITS + 32), Self::TENURE_BITS),
            sink: low(opaque >> 32, Self::SINK_BITS),
            number: low(opaque, 32),
        }
    }

    /// The full number of a record whose next one is `next`: in flight is far less than 2^32.
    pub(super) fn full_number(self, next: u64) -> Option<u64> {
        let behind = (next as u32).wrapping_sub(self.number);
        next.checked_sub(u64::from(behind))
    }
}

/// All partitions of a lane.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    slots: Vec<Slot>,
    by_tenure: HashMap<u32, usize>,
    by_message: HashMap<(usize, i32), usize>,
    next_tenure: u32,
}

impl Partitions {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.slots.iter_mut()
    }

    pub(super) fn get(&self, index: usize) -> &Slot {
        &self.slots[index]
    }

    pub(super) fn get_mut(&mut self, index: usize) -> &mut Slot {
        &mut self.slots[index]
    }

    pub(super) fn find(&mut self, at: &TopicPartition) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.at == *at)
    }

    /// Takes a partition in, with an empty ledger.
    pub(super) fn add(&mut self, at: &TopicPartition, forward_until_ms: u64) {
        let tenure = self.next_tenure;
        self.next_tenure = (self.next_tenure + 1) % (1 << OutputId::TENURE_BITS);
        self.slots.push(Slot {
            at: at.clone(),
            tenure,
            ledger: Ledger::new(),
            committed: None,
            committed_before: None,
            end: None,
            uncommitted: Uncommitted::default(),
            samples: Samples::default(),
            moving_to: None,
            moves: 0,
            solo_until: None,
            verdict: None,
            lookup: None,
            forward_until_ms,
        });
        self.reindex();
    }

    /// Lets partitions go, with what was known of them.
    pub(super) fn remove(&mut self, gone: &[TopicPartition]) -> Vec<Slot> {
        let (out, stay) =
            std::mem::take(&mut self.slots).into_iter().partition(|slot| gone.contains(&slot.at));
        self.slots = stay;
        self.reindex();
        out
    }

    fn reindex(&mut self) {
        self.by_message.clear();
        self.by_tenure = self.slots.iter().enumerate().map(|(index, slot)| (slot.tenure, index)).collect();
    }

    /// The slot of a message; `None` where the partition is not owned any more.
    pub(super) fn of_message(&mut self, message: &Message) -> Option<usize> {
        let key = (message.topic_id(), message.partition());
        if let Some(index) = self.by_message.get(&key) {
            return Some(*index);
        }
        let (topic, partition) = (message.topic(), message.partition());
        let index =
            self.slots.iter().position(|slot| slot.at.partition == partition && &*slot.at.topic == topic)?;
        self.by_message.insert(key, index);
        Some(index)
    }

    /// Tells the ledgers what the consumer handed over. Batches come in runs of one partition.
    pub(super) fn hand_over(&mut self, batch: &VecDeque<Message>) {
        let mut last = None;
        for message in batch.iter().filter(|message| message.error().is_none()) {
            let key = (message.topic_id(), message.partition());
            let index = match last {
                Some((known, index)) if known == key => index,
                _ => self.of_message(message),
            };
            last = Some((key, index));
            if let Some(index) = index {
                self.slots[index].ledger.hand_over(message.offset());
            }
        }
    }

    /// How often the partition of a message went back; `None` where it is not owned any more.
    pub(super) fn moves_of(&mut self, message: &Message) -> Option<u64> {
        self.of_message(message).map(|index| self.slots[index].moves)
    }

    /// The slot and the record's number that a report speaks of; `None` where it comes too late.
    pub(super) fn of_report(&mut self, id: OutputId) -> Option<(&mut Slot, u64)> {
        let slot = &mut self.slots[*self.by_tenure.get(&id.tenure)?];
        let number = id.full_number(slot.ledger.next_number())?;
        Some((slot, number))
    }

    pub(super) fn output_id(&self, index: usize, sink: u32) -> OutputId {
        let slot = &self.slots[index];
        OutputId { tenure: slot.tenure, sink, number: slot.ledger.next_number() as u32 }
    }

    /// Records taken up that have not ended.
    pub(super) fn in_flight(&self) -> u64 {
        self.slots.iter().map(|slot| slot.ledger.in_flight()).sum()
    }

    /// Records that a kill would have the next owner replay, beside what is finished and not committed.
    pub(super) fn held(&self) -> u64 {
        self.slots.iter().map(|slot| slot.ledger.held()).sum()
    }

    pub(super) fn are_settled(&self) -> bool {
        self.slots.iter().all(|slot| slot.ledger.is_settled())
    }

    pub(super) fn is_solo(&self) -> bool {
        self.slots.iter().any(|slot| slot.solo_until.is_some())
    }

    /// What a partition waits for that has stood still for a while.
    pub(super) fn waiting(&self, now_ms: u64) -> Option<&str> {
        const PATIENCE_MS: u64 = 2_000;
        let lookups = self.slots.iter().filter_map(|slot| slot.lookup.as_ref());
        let mut late = lookups.filter(|lookup| now_ms.saturating_sub(lookup.since_ms) >= PATIENCE_MS);
        late.next().map(|lookup| lookup.reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_report_finds_its_way_back(tenure in 0..1u32 << 20, sink in 0..1u32 << 12, number: u32) {
            let id = OutputId { tenure, sink, number };
            prop_assert_eq!(OutputId::unpack(id.pack()), id);
        }

        #[test]
        fn numbers_go_on_beyond_32_bits(next in 1u64 << 20..1 << 40, behind in 1u64..1 << 20) {
            let id = OutputId { tenure: 0, sink: 0, number: (next - behind) as u32 };
            prop_assert_eq!(id.full_number(next), Some(next - behind));
        }
    }
}
