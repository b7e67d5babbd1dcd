//! Schemas that the registry has not told yet: the sinks' are awaited before the first record, and a partition whose
//! next record names an unknown one stands still until it is known, while the others go on.
//!
//! A partition that is held is not forwarded to the lane's queue any more: what librdkafka fetches of it stays where it
//! is, within `queued.max.messages.kbytes`. `pause()` would throw it away.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::config::spec::PipelineSpec;
use crate::kafka::{Message, TopicPartition, Waker};
use crate::pipeline::codecs::{Prepared, Schemas, Waits};
use crate::pipeline::processor::{Processor, Side};
use crate::registry::Registries;

use super::handle::LaneEnd;
use super::{Fault, Lane};

/// How long a schema may take before that is worth a word.
const PATIENCE_MS: u64 = 2_000;

/// How often the registry is asked whether it still says of the schemas in use what it said. It answers from what it knows,
/// and verifies that beside.
const LOOK_EVERY_MS: u64 = 1_000;

/// Schemas that are asked for ahead while a partition stands still: without that, each unknown id of many would have its
/// grace time alone. Bounded, since all lanes of a registry share the number of ids that it is asked for at a time.
const AHEAD_SCHEMAS_MAX: usize = 256;

/// A partition that stands still.
#[derive(Debug)]
pub(super) struct Hold {
    at: TopicPartition,
    side: Side,
    waits: Waits,
    since_ms: u64,
    /// Its messages that had been taken, in their order; the first is the one that waits.
    messages: VecDeque<Message>,
    /// The schemas that they name, as far as they were asked for.
    ahead: HashSet<(Side, u32)>,
}

/// What is waited for of the registry.
#[derive(Debug, Default)]
pub(super) struct Awaited {
    /// Partitions that stand still.
    holds: Vec<Hold>,
    /// Since when the sinks' schemas are awaited, and what holds them up.
    sinks: Option<(u64, Option<String>)>,
    next_look_ms: u64,
}

impl Awaited {
    /// What is waited for, once that takes a while.
    pub(super) fn reason(&self, now_ms: u64) -> Option<String> {
        let is_late = |since_ms: &u64| now_ms.saturating_sub(*since_ms) >= PATIENCE_MS;
        if let Some((_, reason)) = self.sinks.as_ref().filter(|(since_ms, _)| is_late(since_ms)) {
            return Some(format!(
                "the schemas of the sinks are awaited from the schema registry{}",
                because(reason.as_ref())
            ));
        }
        let hold = self.holds.iter().find(|hold| is_late(&hold.since_ms))?;
        let (at, id) = (&hold.at, hold.waits.id);
        Some(format!(
            "{at} waits for schema id {id} from the schema registry{}",
            because(hold.waits.reason.as_ref())
        ))
    }

    /// Gives up what is kept of partitions that go, or go back.
    pub(super) fn forget(&mut self, partitions: &[TopicPartition]) {
        self.holds.retain(|hold| !partitions.contains(&hold.at));
    }

    /// The first message of each partition that stands still: what it waits for.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Message> {
        self.holds.iter().filter_map(|hold| hold.messages.front())
    }

    /// How many partitions stand still.
    pub(super) fn holds_count(&self) -> usize {
        self.holds.len()
    }

    /// Whether a partition stands still.
    pub(super) fn holds(&self, at: &TopicPartition) -> bool {
        self.holds.iter().any(|hold| hold.at == *at)
    }

    /// The hold of a message's partition, where that stands still.
    fn hold_of(&mut self, message: &Message) -> Option<&mut Hold> {
        let (topic, partition) = (message.topic(), message.partition());
        self.holds.iter_mut().find(|hold| hold.at.partition == partition && &*hold.at.topic == topic)
    }

    /// Gives up all messages.
    pub(super) fn clear(&mut self) {
        self.holds.clear();
    }
}

fn because(reason: Option<&String>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

/// The processor of a lane that runs `spec`, with the registry that it has its schemas from.
///
/// # Errors
///
/// The registry cannot be opened.
pub(super) fn processor(
    spec: &Arc<PipelineSpec>,
    registries: &Registries,
    waker: &Waker,
) -> Result<Processor, String> {
    let waker = waker.clone();
    let registry = spec.registry.as_ref().map(|spec| registries.of(spec)).transpose()?;
    Ok(Processor::new(spec, Schemas { registry, wake: Arc::new(move || waker.wake()) }))
}

impl Lane {
    /// Asks for the sinks' schemas; gives whether they are all there.
    pub(super) fn has_schemas(&mut self) -> bool {
        match self.processor.prepare() {
            Prepared::Ready => {
                self.awaited.sinks = None;
                self.look_again()
            }
            Prepared::Waiting(reason) => {
                let since_ms = self.awaited.sinks.as_ref().map_or_else(|| self.now_ms(), |(since, _)| *since);
                self.awaited.sinks = Some((since_ms, reason));
                false
            }
            Prepared::Refused(reason) => {
                self.cannot_go_on(Fault::Spec, LaneEnd::Stopped(reason));
                false
            }
        }
    }

    /// Gives whether the sinks' schemas are still what they were found to be.
    fn look_again(&mut self) -> bool {
        let now_ms = self.now_ms();
        if now_ms < self.awaited.next_look_ms {
            return true;
        }
        self.awaited.next_look_ms = now_ms + LOOK_EVERY_MS;
        match self.processor.look_again() {
            Ok(()) => true,
            Err(reason) => {
                self.cannot_go_on(Fault::Spec, LaneEnd::Stopped(reason));
                false
            }
        }
    }

    /// Lets a partition stand still until the schema of its next record is known.
    pub(super) fn hold(&mut self, index: usize, side: Side, waits: Waits) {
        let at = self.partitions.get(index).at.clone();
        self.consumer.keep_apart(&at);
        let since_ms = self.now_ms();
        let (messages, ahead) = (VecDeque::new(), HashSet::new());
        self.awaited.holds.push(Hold { at, side, waits, since_ms, messages, ahead });
    }

    /// Keeps a message whose partition stands still; gives back any other.
    pub(super) fn keep(&mut self, message: Message) -> Option<Message> {
        let Some(hold) = self.awaited.hold_of(&message) else { return Some(message) };
        if message.error().is_none() && hold.ahead.len() < AHEAD_SCHEMAS_MAX {
            self.processor.ask_ahead(&message.record(), &mut hold.ahead);
        }
        hold.messages.push_back(message);
        None
    }

    /// Lets partitions go on whose schemas have come.
    pub(super) fn release_holds(&mut self) {
        if self.awaited.holds.is_empty() {
            return;
        }
        let mut index = 0;
        while index < self.awaited.holds.len() {
            let hold = &mut self.awaited.holds[index];
            match self.processor.still_waits(hold.side, hold.waits.id) {
                Some(waits) => {
                    hold.waits = waits;
                    index += 1;
                }
                None => {
                    let hold = self.awaited.holds.remove(index);
                    self.release(hold);
                }
            }
        }
    }

    /// Lets all of them go on: what they wait for may be no need of another spec.
    pub(super) fn release_all_holds(&mut self) {
        for hold in std::mem::take(&mut self.awaited.holds) {
            self.release(hold);
        }
    }

    fn release(&mut self, hold: Hold) {
        // None of its messages is in `pending`: what was there was kept as its turn came, and none has come since,
        // but for those that wait behind where the round ended.
        for message in hold.messages.into_iter().rev() {
            self.pending.push_front(message);
        }
        self.consumer.forward(&[hold.at]);
    }
}
