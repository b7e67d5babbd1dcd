//! Going back: when outputs failed, every unfinished record is read again from its partition's watermark.
//!
//! After a failure nothing that followed it may stand: the producer is given up whole, and the replay is exact.
//! Where a broker refused a batch for what is in it, its records are sent one at a time until the one at fault is
//! found; that one alone is poison.

use std::time::Duration;

use crate::kafka::{KafkaError, TopicPartition};
use crate::pipeline::dead_letter::Keep;
use crate::record::{Poison, Stage};

use super::handle::LaneEnd;
use super::partitions::{OutputId, Verdict};
use super::{Fault, Lane};

/// How long librdkafka may take to move its position; it asks no broker for that.
const SEEK_TIMEOUT: Duration = Duration::from_secs(10);

/// Why to go back, as the reports of one round tell.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// The first error that was not a refusal.
    failed: Option<KafkaError>,
    /// Records whose outputs were refused: partition, offset, sink, why.
    refused: Vec<(TopicPartition, i64, u32, KafkaError)>,
}

impl Replay {
    pub(super) fn failed(&mut self, error: KafkaError) {
        self.failed.get_or_insert(error);
    }

    pub(super) fn refused(&mut self, at: TopicPartition, offset: i64, sink: u32, error: KafkaError) {
        self.refused.push((at, offset, sink, error));
    }
}

impl Lane {
    /// Carries out what the reports ask for.
    pub(super) fn carry_out(&mut self, mut replay: Replay) {
        if replay.refused.is_empty() && replay.failed.is_none() {
            return;
        }
        if self.outputs.is_solo && replay.failed.is_none() {
            self.convict(replay.refused);
            return;
        }
        // The fatal error that ends the producer after a refusal can come before the refusal itself.
        self.give_up_outputs(&mut replay);
        if let Some((at, offset, _, error)) = replay.refused.first() {
            tracing::warn!(
                pipeline = %self.spec.name, lane = self.index, partition = %at, offset, %error,
                records = replay.refused.len(), "a batch was refused; its records are sent one at a time"
            );
            self.suspect(&replay.refused);
        } else if let Some(error) = replay.failed {
            tracing::warn!(pipeline = %self.spec.name, lane = self.index, %error, "outputs failed, going back");
            let now_ms = self.now_ms();
            self.outputs.close_for_outage(format!("outputs failed: {error}"), now_ms);
        }
        self.go_back();
    }

    /// A batch was refused: its records are to be sent alone, to find the one at fault.
    fn suspect(&mut self, refused: &[(TopicPartition, i64, u32, KafkaError)]) {
        for (at, offset, _, _) in refused {
            if let Some(slot) = self.partitions.find(at) {
                slot.solo_until = Some(slot.solo_until.map_or(offset + 1, |until| until.max(offset + 1)));
            }
        }
        let now_ms = self.now_ms();
        self.outputs.close_for_solo(now_ms);
    }

    /// A record that was sent alone was refused: it is poison, and that is known when it is read again.
    fn convict(&mut self, refused: Vec<(TopicPartition, i64, u32, KafkaError)>) {
        for (at, offset, sink, error) in refused {
            let Some(slot) = self.partitions.find(&at) else { continue };
            let before = slot.verdict.take().filter(|verdict| verdict.offset == offset);
            let (kept, known) = before.map_or((Keep::Whole, None), |before| (before.keep, before.refused));
            slot.verdict = Some(if sink != OutputId::DEAD_LETTER {
                Verdict { offset, refused: Some(refusal(sink, &error)), keep: Keep::Whole }
            } else if let Some(keep) = kept.less() {
                Verdict { offset, refused: known, keep }
            } else {
                let dlq = self.spec.dlq.as_ref().map_or("", |dlq| dlq.topic.as_str());
                self.cannot_go_on(Fault::Spec, LaneEnd::Stopped(format!(
                    "{dlq} refuses the dead letter of {at} offset {offset}, even without its value: {error}"
                )));
                return;
            });
        }
        self.go_back();
    }

    /// Gives up what is in flight; what was acknowledged meanwhile still counts, and what was refused is told.
    pub(super) fn give_up_outputs(&mut self, replay: &mut Replay) {
        let Some(session) = self.outputs.session.take() else { return };
        session.producer.purge();
        session.producer.serve(|report| self.take_report(&report, replay));
        self.outputs.session = Some(session);
        self.settle();
    }

    /// Rewinds every partition that has unfinished records to its watermark.
    pub(super) fn go_back(&mut self) {
        for slot in self.partitions.iter_mut().filter(|slot| !slot.ledger.is_settled()) {
            let rewound = slot.ledger.rewind();
            self.in_flight.release_all(rewound.bytes, rewound.records);
            slot.move_to(rewound.back_to);
        }
        self.move_partitions();
    }

    /// Moves the consumer to where partitions go back to. Until that has worked, nothing of them is believed.
    pub(super) fn move_partitions(&mut self) {
        let moves: Vec<_> =
            self.partitions.iter().filter_map(|s| s.moving_to.map(|offset| (s.at.clone(), offset))).collect();
        if moves.is_empty() {
            return;
        }
        let partitions: Vec<_> = moves.iter().map(|(at, _)| at.clone()).collect();
        let held: Vec<_> = partitions.iter().filter(|at| self.awaited.holds(at)).cloned().collect();
        self.drop_pending(&partitions);
        self.consumer.forward(&held);
        match self.consumer.seek(&moves, SEEK_TIMEOUT) {
            Ok(()) => {
                for slot in self.partitions.iter_mut() {
                    slot.moving_to = None;
                }
            }
            Err(error) => {
                tracing::debug!(pipeline = %self.spec.name, lane = self.index, %error, "seek failed, starting anew");
                self.restart_partitions(&moves);
            }
        }
    }

    /// Starts partitions anew at these offsets: for those that librdkafka cannot move because it stopped fetching them.
    pub(super) fn restart_partitions(&mut self, moves: &[(TopicPartition, i64)]) {
        let everything: Vec<_> = self
            .partitions
            .iter()
            .map(|slot| {
                let own = moves.iter().find(|(at, _)| *at == slot.at).map(|(_, offset)| *offset);
                (slot.at.clone(), own.or_else(|| slot.ledger.watermark()))
            })
            .collect();
        let forward_until_ms = self.now_ms() + super::assignment::FORWARD_FOR_MS;
        match self.consumer.restart_at(moves, &everything) {
            Ok(()) => {
                for slot in self.partitions.iter_mut().filter(|s| moves.iter().any(|(at, _)| *at == s.at)) {
                    slot.moving_to = None;
                    slot.forward_until_ms = forward_until_ms;
                }
            }
            Err(error) => {
                let reason = format!("partitions cannot be read again: {error}");
                self.begin_ending(LaneEnd::Failed(reason), std::time::Instant::now());
            }
        }
    }

    /// Records of a refused batch are left, or refusals are frequent.
    pub(super) fn sends_alone(&self) -> bool {
        self.partitions.is_solo() || self.outputs.holds_solo(self.now_ms())
    }

    /// Back to whole batches, once the records of the refused batch are all finished.
    pub(super) fn leave_solo_when_done(&mut self) {
        if !self.outputs.is_solo {
            return;
        }
        for slot in self.partitions.iter_mut() {
            let is_done = |until| slot.ledger.watermark().is_some_and(|watermark| watermark >= until);
            if slot.solo_until.is_some_and(is_done) {
                slot.solo_until = None;
            }
        }
        if !self.sends_alone() && self.in_flight.is_empty() {
            self.outputs.is_solo = false;
            self.outputs.close();
        }
    }
}

fn refusal(sink: u32, error: &KafkaError) -> Poison {
    Poison {
        stage: Stage::Produce,
        step: Some(sink as usize + 1),
        class: "refused_by_broker",
        message: format!("the broker refuses this record: {error}"),
    }
}
