//! What a lane measures of itself: how far it is behind, how old what it holds is, what its clients say.
//!
//! Nothing here waits, and nothing here decides: a question that is not answered leaves the last answer standing.

use std::time::Duration;

use crate::kafka::{ClientCounts, ClientStatistics, KafkaError, TopicPartition, TopicPartitionOffset};
use crate::pipeline::counters::{Clients, PartitionLag};
use crate::pipeline::unix_ms;

use super::Lane;

/// How often a lane asks for the ends of its partitions, in milliseconds.
const ASK_EVERY_MS: u64 = 5_000;

/// How long a broker may take to answer that.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// How often ages and lags are worked out, in milliseconds.
const LOOK_EVERY_MS: u64 = 500;

/// What a lane remembers to measure by.
#[derive(Debug, Default)]
pub(super) struct Measures {
    next_ask_ms: u64,
    next_look_ms: u64,
    /// Answers that are awaited: librdkafka gives one to each question.
    ends_asked: bool,
    offsets_asked: bool,
    clients: Clients,
    /// What the client that told last has counted so far.
    consumer_counts: ClientCounts,
    producer_counts: ClientCounts,
    /// Something was not committed at the last look.
    is_uncommitted: bool,
    /// A record of this round is to be followed.
    pub(super) wants_sample: bool,
}

impl Lane {
    /// Asks and looks, where it is time to.
    pub(super) fn measure(&mut self) {
        let now_ms = self.now_ms();
        if now_ms >= self.measures.next_ask_ms {
            self.ask(now_ms);
        }
        if now_ms >= self.measures.next_look_ms {
            self.measures.next_look_ms = now_ms + LOOK_EVERY_MS;
            let oldest_ms = self.oldest_ms();
            self.status.set_oldest(oldest_ms);
            self.tell_lags();
        }
        let is_uncommitted =
            !self.commits.is_settled() || !self.partitions.are_settled() || !self.pending.is_empty();
        if is_uncommitted != self.measures.is_uncommitted {
            self.measures.is_uncommitted = is_uncommitted;
            self.status.set_uncommitted(is_uncommitted);
        }
    }

    /// What was sent is committed: the age of what is left counts from now.
    pub(super) fn measure_commit_age_anew(&mut self) {
        self.measures.is_uncommitted = false;
        self.status.set_uncommitted(false);
    }

    /// The lane ends: others measure what it leaves.
    pub(super) fn measure_no_more(&mut self) {
        self.status.set_oldest(None);
        self.measure_commit_age_anew();
        let mut view = self.status.lock();
        view.lags.clear();
        view.clients = Clients::default();
    }

    fn ask(&mut self, now_ms: u64) {
        let can_ask = self.phase.is_running() && self.partitions.len() > 0 && self.brokers_away.is_none();
        if !can_ask {
            return;
        }
        self.measures.next_ask_ms = now_ms + ASK_EVERY_MS;
        if !self.measures.ends_asked {
            let all: Vec<_> = self.partitions.iter().map(|slot| slot.at.clone()).collect();
            self.consumer.ask_ends(&all, ASK_TIMEOUT);
            self.measures.ends_asked = true;
        }
        let unknown: Vec<_> = self
            .partitions
            .iter()
            .filter(|slot| slot.committed.or(slot.committed_before).is_none())
            .map(|slot| slot.at.clone())
            .collect();
        if !unknown.is_empty() && !self.measures.offsets_asked {
            self.consumer.ask_group_offsets(&self.spec.source.group, &unknown, ASK_TIMEOUT);
            self.measures.offsets_asked = true;
        }
    }

    /// Partitions have come: their lag is not known yet.
    pub(super) fn measure_soon(&mut self) {
        self.measures.next_ask_ms = 0;
        self.measures.next_look_ms = 0;
    }

    pub(super) fn ends_told(&mut self, answer: Result<Vec<TopicPartitionOffset>, KafkaError>) {
        self.measures.ends_asked = false;
        for (at, offset) in self.told("the ends of partitions", answer) {
            if let Some(slot) = self.partitions.find(&at) {
                slot.end = Some(offset);
            }
        }
        self.measures.next_look_ms = 0;
    }

    pub(super) fn group_offsets_told(&mut self, answer: Result<Vec<TopicPartitionOffset>, KafkaError>) {
        self.measures.offsets_asked = false;
        for (at, offset) in self.told("what the group has committed", answer) {
            if let Some(slot) = self.partitions.find(&at) {
                slot.committed_before = Some(offset);
            }
        }
        self.measures.next_look_ms = 0;
    }

    fn told(
        &self,
        what: &str,
        answer: Result<Vec<TopicPartitionOffset>, KafkaError>,
    ) -> Vec<(TopicPartition, i64)> {
        match answer {
            Ok(items) => {
                let good = items.into_iter().filter(|item| item.error.is_none());
                good.filter_map(|item| Some((item.at, item.offset.filter(|offset| *offset >= 0)?))).collect()
            }
            Err(error) => {
                tracing::debug!(pipeline = %self.spec.name, lane = self.index, what, %error, "not told");
                Vec::new()
            }
        }
    }

    fn tell_lags(&self) {
        let lags = self.partitions.iter().filter_map(|slot| {
            // An end is as old as its answer: what was committed meanwhile can be past it.
            let records = slot.end?.saturating_sub(slot.committed.or(slot.committed_before)?);
            Some(PartitionLag { at: slot.at.clone(), records: u64::try_from(records).unwrap_or(0) })
        });
        let lags = lags.collect();
        self.status.lock().lags = lags;
    }

    /// The timestamp of the oldest record that is here and not committed.
    fn oldest_ms(&mut self) -> Option<i64> {
        let held = self
            .partitions
            .iter()
            .filter_map(|slot| slot.uncommitted.oldest_ms().into_iter().chain(slot.ledger.oldest_ms()).min());
        let held = held.min();
        let waiting = self.awaited.kept().chain(&self.pending).filter(|message| message.error().is_none());
        held.into_iter().chain(waiting.filter_map(|message| message.timestamp_ms())).min()
    }

    pub(super) fn consumer_told(&mut self, told: ClientStatistics) {
        let since = told.counts.since(self.measures.consumer_counts);
        self.measures.consumer_counts = told.counts;
        self.counters.consumer.add(since);
        self.measures.clients.consumer = Some(told);
        self.status.lock().clients = self.measures.clients;
    }

    pub(super) fn producer_told(&mut self, told: ClientStatistics) {
        let since = told.counts.since(self.measures.producer_counts);
        self.measures.producer_counts = told.counts;
        self.counters.producer.add(since);
        self.measures.clients.producer = Some(told);
        self.status.lock().clients = self.measures.clients;
    }

    /// Another producer is open: it counts from 0, and has said nothing yet.
    pub(super) fn producer_is_new(&mut self) {
        self.measures.producer_counts = ClientCounts::default();
        self.measures.clients.producer = None;
        self.status.lock().clients = self.measures.clients;
    }

    /// Counts how long records took that are below the watermarks now.
    pub(super) fn count_latencies(&mut self) {
        let mut now_unix_ms = None;
        for slot in self.partitions.iter_mut() {
            let Some(watermark) = slot.ledger.watermark() else { continue };
            while let Some(timestamp_ms) = slot.samples.next_below(watermark) {
                let now = *now_unix_ms.get_or_insert_with(|| i64::try_from(unix_ms()).unwrap_or(i64::MAX));
                self.counters.count_latency(timestamp_ms, now);
            }
        }
    }
}
