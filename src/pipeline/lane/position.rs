//! Where a partition begins when librdkafka cannot tell: nothing is committed, or what is committed is gone.
//!
//! `start` holds for a group that begins. The member that owns the group's first partition resolves it for all
//! partitions there are, in one commit; the others wait for that commit. So a partition without a committed offset
//! in a group that has any is one that appeared later, and begins at its oldest record.

use std::time::Instant;

use crate::config::spec::{OnOffsetLost, StartAt};
use crate::kafka::{KafkaError, TopicPartition};

use super::handle::LaneEnd;
use super::partitions::Lookup;
use super::{CALL_TIMEOUT, Fault, Lane};

/// The first and the longest wait before another try, in milliseconds.
pub(super) const RETRY_MS: (u64, u64) = (100, 5_000);

/// How long a member waits for the one that owns the first partition before it resolves by itself, in milliseconds.
const ANCHOR_WAIT_MS: u64 = 10_000;

/// What to do with a partition that stands still.
enum Decision {
    /// Begin here, committed already.
    Begin(i64),
    /// The committed offset is gone and the user wants to know.
    Stop(String),
    /// Another member decides.
    Wait,
}

impl Lane {
    /// librdkafka has stopped fetching a partition for want of a position.
    pub(super) fn position_is_missing(&mut self, index: usize, error: &KafkaError) {
        let now_ms = self.now_ms();
        let slot = self.partitions.get_mut(index);
        let reason = format!("the place to begin in {} is being looked up: {error}", slot.at);
        slot.lookup.get_or_insert(Lookup { since_ms: now_ms, retry_at_ms: now_ms, reason });
    }

    /// Looks up where partitions begin that stand still, when a try is due.
    pub(super) fn resolve_positions(&mut self) {
        let now_ms = self.now_ms();
        let due = |lookup: &Lookup| now_ms >= lookup.retry_at_ms;
        let stuck: Vec<_> = self
            .partitions
            .iter()
            .filter(|slot| slot.lookup.as_ref().is_some_and(due))
            .map(|slot| (slot.at.clone(), slot.lookup.as_ref().expect("just seen").since_ms))
            .collect();
        if stuck.is_empty() || !self.phase.is_running() {
            return;
        }
        match self.decide(&stuck, now_ms) {
            Ok(decisions) => self.begin_where_decided(&stuck, decisions),
            Err(error) => {
                let retry_at_ms = self.now_ms() + self.position_backoff.next_ms(fastrand::u64(..));
                for (at, _) in &stuck {
                    if let Some(lookup) = self.partitions.find(at).and_then(|slot| slot.lookup.as_mut()) {
                        lookup.retry_at_ms = retry_at_ms;
                        lookup.reason = format!("the place to begin in {at} cannot be looked up: {error}");
                    }
                }
            }
        }
    }

    fn decide(&mut self, stuck: &[(TopicPartition, u64)], now_ms: u64) -> Result<Vec<Decision>, String> {
        let everything = self.all_partitions()?;
        let committed = self.consumer.committed(&everything, CALL_TIMEOUT).map_err(text)?;
        let offset_of = |at: &TopicPartition| committed.iter().find(|c| c.at == *at).and_then(|c| c.offset);
        let group_has_begun = committed.iter().any(|c| c.offset.is_some());
        if !group_has_begun {
            let anchor = everything.first().cloned();
            let is_mine = anchor.is_some_and(|anchor| self.partitions.find(&anchor).is_some());
            let waited_ms = stuck.iter().map(|(_, since)| now_ms.saturating_sub(*since)).max().unwrap_or(0);
            if !is_mine && waited_ms < ANCHOR_WAIT_MS {
                return Ok(stuck.iter().map(|_| Decision::Wait).collect());
            }
            let begins = self.begin_group(&everything)?;
            let begin =
                |at: &TopicPartition| begins.iter().find(|(b, _)| b == at).map_or(0, |(_, offset)| *offset);
            return Ok(stuck.iter().map(|(at, _)| Decision::Begin(begin(at))).collect());
        }
        stuck
            .iter()
            .map(|(at, _)| match offset_of(at) {
                None => self.begin_late(at),
                Some(offset) => self.begin_after_loss(at, offset),
            })
            .collect()
    }

    /// All partitions of the subscribed topics that exist, the group's first one first.
    fn all_partitions(&self) -> Result<Vec<TopicPartition>, String> {
        let mut all = Vec::new();
        for topic in self.subscription.topics() {
            match self.cluster().partitions_of(topic, CALL_TIMEOUT) {
                Ok(partitions) => all.extend(partitions),
                Err(error) if error.is_unknown_topic() => {}
                Err(error) => return Err(text(error)),
            }
        }
        all.sort();
        Ok(all)
    }

    /// Resolves `start` for every partition and commits them all at once.
    fn begin_group(&mut self, all: &[TopicPartition]) -> Result<Vec<(TopicPartition, i64)>, String> {
        let start = self.spec.source.start;
        let mut begins = Vec::with_capacity(all.len());
        match start {
            StartAt::Earliest | StartAt::Latest => {
                for at in all {
                    let range = self.cluster().range(at, CALL_TIMEOUT).map_err(text)?;
                    let offset = if start == StartAt::Latest { range.high } else { range.low };
                    begins.push((at.clone(), offset));
                }
            }
            StartAt::TimestampMs(timestamp_ms) => {
                let found = self.cluster().offsets_for_time(all, timestamp_ms, CALL_TIMEOUT);
                for found in found.map_err(text)? {
                    if let Some(error) = found.error {
                        return Err(text(error));
                    }
                    // A time after the last record means the end.
                    let offset = match found.offset.filter(|offset| *offset >= 0) {
                        Some(offset) => offset,
                        None => self.cluster().range(&found.at, CALL_TIMEOUT).map_err(text)?.high,
                    };
                    begins.push((found.at, offset));
                }
            }
        }
        self.commit_now(&begins)?;
        Ok(begins)
    }

    /// A partition that appeared after the group had begun: from its oldest record.
    fn begin_late(&mut self, at: &TopicPartition) -> Result<Decision, String> {
        let range = self.cluster().range(at, CALL_TIMEOUT).map_err(text)?;
        self.commit_now(&[(at.clone(), range.low)])?;
        Ok(Decision::Begin(range.low))
    }

    /// The committed offset is out of the range that the broker has, or has become right again.
    fn begin_after_loss(&mut self, at: &TopicPartition, committed: i64) -> Result<Decision, String> {
        let range = self.cluster().range(at, CALL_TIMEOUT).map_err(text)?;
        if (range.low..=range.high).contains(&committed) {
            return Ok(Decision::Begin(committed));
        }
        let loss = format!(
            "the committed offset {committed} of {at} is out of range: the broker has {} to {}",
            range.low, range.high
        );
        let offset = match self.spec.source.on_offset_lost {
            OnOffsetLost::Stop => {
                return Ok(Decision::Stop(format!(
                    "{loss}; set `on_offset_lost: earliest` or `latest` to go on, or move the group's offset"
                )));
            }
            OnOffsetLost::Earliest => range.low,
            OnOffsetLost::Latest => range.high,
        };
        tracing::warn!(pipeline = %self.spec.name, lane = self.index, "{loss}; going on at {offset}");
        self.commit_now(&[(at.clone(), offset)])?;
        Ok(Decision::Begin(offset))
    }

    fn commit_now(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        if self.commit_and_wait(offsets, Instant::now() + CALL_TIMEOUT) {
            Ok(())
        } else {
            Err("the place to begin cannot be committed".to_owned())
        }
    }

    fn begin_where_decided(&mut self, stuck: &[(TopicPartition, u64)], decisions: Vec<Decision>) {
        let retry_at_ms = self.now_ms() + RETRY_MS.0;
        let mut begins = Vec::new();
        for ((at, _), decision) in stuck.iter().zip(decisions) {
            let Some(slot) = self.partitions.find(at) else { continue };
            match decision {
                Decision::Begin(offset) => {
                    slot.lookup = None;
                    let rewound = slot.ledger.rewind();
                    self.in_flight.release_all(rewound.bytes, rewound.records);
                    self.counters.given_up += slot.ledger.in_flight();
                    slot.samples.forget();
                    slot.ledger.begin_at(offset);
                    slot.committed = Some(offset);
                    slot.move_to(Some(offset));
                    begins.push((at.clone(), offset));
                }
                Decision::Wait => {
                    if let Some(lookup) = slot.lookup.as_mut() {
                        lookup.retry_at_ms = retry_at_ms;
                    }
                }
                Decision::Stop(reason) => {
                    self.cannot_go_on(Fault::Source, LaneEnd::Stopped(reason));
                    return;
                }
            }
        }
        self.position_backoff.reset();
        if !begins.is_empty() {
            let begin =
                begins.iter().map(|(at, offset)| format!("{at} at {offset}")).collect::<Vec<_>>().join(", ");
            tracing::info!(pipeline = %self.spec.name, lane = self.index, begin, "nothing was committed, beginning");
            self.drop_pending(&begins.iter().map(|(at, _)| at.clone()).collect::<Vec<_>>());
            self.restart_partitions(&begins);
        }
    }
}

fn text(error: KafkaError) -> String {
    error.to_string()
}
