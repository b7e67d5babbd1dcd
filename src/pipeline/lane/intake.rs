//! Taking records in: as many as there is room for, each processed and handed to the producer.

use std::time::{Duration, Instant};

use crate::delivery::Fate;
use crate::kafka::{Message, OutputHeaders, OutputRecord, SendError};
use crate::pipeline::dead_letter::Keep;
use crate::pipeline::memory::LOAN_BYTES;
use crate::pipeline::processor::Verdict as Processed;
use crate::record::{Output, Poison, Record, Stage};

use super::handle::LaneEnd;
use super::replay::Replay;
use super::{Fault, IN_FLIGHT_RECORDS_MAX, Lane, panic, schemas};

/// The most records that are taken from the consumer's queue at once: a batch.
const BATCH_RECORDS_MAX: usize = 1_000;

/// The most records that are processed before the loop looks at its other duties.
const ROUND_RECORDS_MAX: usize = 1_000;

/// How long a round may last, however slow the programs are: the group, reports, commits and orders wait meanwhile.
const ROUND_MAX: Duration = Duration::from_millis(100);

/// What librdkafka keeps of a message beside its bytes (`rd_kafka_msg_t` and its op), in bytes.
const MESSAGE_OVERHEAD_BYTES: u64 = 256;

/// What became of one message.
pub(super) enum Taken {
    /// It is in the ledger, or was nobody's.
    Done,
    /// It stays where it is: the producer failed, or the pipeline stops before it.
    Held,
    /// Its partition stands still, and it waits with it.
    Kept,
}

impl Lane {
    /// Takes and processes records while there is room. Gives whether there was anything to do.
    pub(super) fn take_in(&mut self) -> bool {
        if !self.phase.is_running() || !self.may_take() {
            return false;
        }
        self.retry_moves();
        // Where nothing can be sent a batch is taken all the same: what waits in it tells how old the lag is.
        if self.pending.is_empty() {
            self.pending.extend(self.consumer.take(BATCH_RECORDS_MAX));
            self.partitions.hand_over(&self.pending);
        }
        if self.outputs.session.is_none() || !self.has_schemas() {
            self.take_errors();
            return false;
        }
        let mut poison = 0;
        let mut done = 0;
        let began = Instant::now();
        self.measures.wants_sample = true;
        // What it is made of changes between rounds, and it costs a look at every partition.
        let round_max = self.round_max();
        while done < round_max && began.elapsed() < ROUND_MAX && self.may_take() && self.make_room() {
            let Some(message) = self.pending.pop_front() else { break };
            let Some(message) = self.keep(message) else { continue };
            let moves = self.partitions.moves_of(&message);
            match self.take_up(&message, &mut poison) {
                Taken::Done => done += 1,
                Taken::Kept => drop(self.keep(message)),
                Taken::Held => {
                    // Where its partition went back meanwhile, it will be read again.
                    if self.partitions.moves_of(&message) == moves {
                        self.pending.push_front(message);
                    }
                    break;
                }
            }
        }
        if done > 0 {
            self.counters.count_batch(began.elapsed());
        }
        self.watch_breaker(done as u64, poison);
        done > 0
    }

    /// A partition that has no place to begin tells so in place of a record, and needs no output to find one.
    fn take_errors(&mut self) {
        while let Some(error) = self.pending.front().and_then(Message::error) {
            if let Some(message) = self.pending.pop_front()
                && let Some(index) = self.partitions.of_message(&message)
            {
                self.partition_error(index, &error);
            }
        }
    }

    fn retry_moves(&mut self) {
        if self.partitions.iter().any(|slot| slot.moving_to.is_some()) {
            self.move_partitions();
        }
    }

    /// How many records this round may take: what is finished and uncommitted stays within `commit.records`. Sent
    /// alone: one, and none once the records of the refused batch are through.
    fn round_max(&self) -> usize {
        if self.outputs.is_solo {
            return usize::from(self.sends_alone());
        }
        // What is acknowledged behind what is not counts as well: it would be replayed with it.
        let held_room = IN_FLIGHT_RECORDS_MAX.saturating_sub(self.partitions.held());
        usize::try_from(self.commits.room().min(held_room)).unwrap_or(usize::MAX).min(ROUND_RECORDS_MAX)
    }

    /// Whether one more record may be taken up; borrows memory for it where it must.
    fn make_room(&mut self) -> bool {
        if self.outputs.is_solo {
            return self.in_flight.is_empty();
        }
        if self.in_flight.has_room() {
            return true;
        }
        let more = self.in_flight.wants(LOAN_BYTES, self.pool.free_bytes());
        if more > 0 && self.pool.borrow(more) {
            self.in_flight.borrow(more);
            return self.in_flight.has_room();
        }
        false
    }

    /// Gives back memory that is not needed any more.
    pub(super) fn give_back_memory(&mut self) {
        let spare = self.in_flight.spare(LOAN_BYTES);
        if spare > 0 {
            self.in_flight.give_back(spare);
            self.pool.give_back(spare);
        }
    }

    fn take_up(&mut self, message: &Message, poison_count: &mut u64) -> Taken {
        let Some(index) = self.partitions.of_message(message) else { return Taken::Done };
        if let Some(error) = message.error() {
            self.partition_error(index, &error);
            return Taken::Done;
        }
        let slot = self.partitions.get(index);
        let is_current =
            slot.moving_to.is_none() && slot.lookup.is_none() && slot.ledger.is_ahead(message.offset());
        if !is_current {
            return Taken::Done;
        }
        let verdict = slot.verdict.clone().filter(|verdict| verdict.offset == message.offset());
        let keep = verdict.as_ref().map_or(Keep::Whole, |verdict| verdict.keep);
        let record = message.record();
        let mut outputs = Vec::with_capacity(self.spec.sinks.len());
        self.status.at(index, message.offset());
        let result = match verdict.and_then(|verdict| verdict.refused) {
            Some(poison) => Err(poison),
            // A panic of a program ends this spec's run, or its trial; the lane itself is whole.
            None => match panic::catch(|| self.processor.process(&record, &mut outputs)) {
                Ok(result) => result,
                Err(panic) => {
                    self.panicked(index, message, &panic);
                    return Taken::Held;
                }
            },
        };
        match result {
            Ok(Processed::Waits(side, waits)) => {
                self.hold(index, side, waits);
                return Taken::Kept;
            }
            Ok(Processed::Filtered) => self.enter(index, &record, Fate::Filtered, 0, 0),
            Ok(Processed::Produce) => match self.send_outputs(index, message, &record, &outputs) {
                Ok(sent) => self.enter(index, &record, Fate::Produced, sent.count, sent.bytes),
                Err(Unsent::Poison(poison, sent)) => {
                    *poison_count += 1;
                    return self.bury(index, message, &record, &poison, keep, sent);
                }
                Err(Unsent::Failed) => return Taken::Held,
            },
            Err(poison) => {
                *poison_count += 1;
                return self.bury(index, message, &record, &poison, keep, Sent::default());
            }
        }
        Taken::Done
    }

    fn panicked(&mut self, index: usize, message: &Message, panic: &str) {
        let at = &self.partitions.get(index).at;
        let reason = format!("{panic}, while it processed {at} offset {}", message.offset());
        tracing::error!(pipeline = %self.spec.name, lane = self.index, reason = %reason, "a program panicked");
        // The processor was left in the middle of something.
        match schemas::processor(&self.spec, &self.registries, &self.waker) {
            Ok(processor) => self.processor = processor,
            Err(error) => {
                tracing::warn!(pipeline = %self.spec.name, lane = self.index, %error, "processor kept")
            }
        }
        self.cannot_go_on(Fault::Spec, LaneEnd::Failed(reason));
    }

    fn partition_error(&mut self, index: usize, error: &crate::kafka::KafkaError) {
        if error.is_no_position() {
            self.position_is_missing(index, error);
        } else {
            let at = self.partitions.get(index).at.to_string();
            self.note_error(&format!("partition {at}"), error.clone());
        }
    }

    pub(super) fn enter(&mut self, index: usize, record: &Record<'_>, fate: Fate, outputs: u32, bytes: u64) {
        let slot = self.partitions.get_mut(index);
        // What is known of this very record stays: its dead letter can be refused too.
        slot.verdict = slot.verdict.take().filter(|verdict| verdict.offset >= record.offset);
        let timestamp_ms = record.timestamp.map(|timestamp| timestamp.ms);
        slot.ledger.take_up(record.offset, timestamp_ms, fate, outputs, bytes);
        if let Some(timestamp_ms) = timestamp_ms.filter(|_| self.measures.wants_sample) {
            self.measures.wants_sample = false;
            slot.samples.follow(record.offset, timestamp_ms);
        }
        if bytes > 0 {
            if self.in_flight.is_empty() {
                self.last_progress_ms = self.now_ms();
            }
            self.in_flight.add(bytes);
        }
    }

    /// Hands all outputs of one record to the producer.
    fn send_outputs(
        &mut self,
        index: usize,
        message: &Message,
        record: &Record<'_>,
        outputs: &[Output<'_>],
    ) -> Result<Sent, Unsent> {
        let Some(session) = &self.outputs.session else { return Err(Unsent::Failed) };
        let mut sent = Sent::default();
        for output in outputs {
            let sink = u32::try_from(output.sink).expect("a pipeline has few sinks");
            let opaque = self.partitions.output_id(index, sink).pack();
            let headers = match &output.headers {
                std::borrow::Cow::Borrowed(list) if std::ptr::eq(*list, record.headers.as_slice()) => {
                    OutputHeaders::Of(message)
                }
                list => OutputHeaders::List(list),
            };
            let out = OutputRecord {
                key: output.key.as_deref(),
                value: output.value.as_deref(),
                headers,
                timestamp_ms: output.timestamp_ms,
                opaque,
            };
            match session.producer.send(&session.sinks[output.sink], &out) {
                Ok(()) => sent.add(&out),
                Err(SendError::Refused(error)) => {
                    let poison = Poison {
                        stage: Stage::Produce,
                        step: Some(output.sink + 1),
                        class: "refused_by_producer",
                        message: format!("the producer refuses this record: {error}"),
                    };
                    return Err(Unsent::Poison(poison, sent));
                }
                Err(SendError::Failed(error)) => {
                    let mut replay = Replay::default();
                    replay.failed(error);
                    self.carry_out(replay);
                    return Err(Unsent::Failed);
                }
            }
        }
        Ok(sent)
    }
}

/// Outputs of one record that the producer has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    pub(super) count: u32,
    pub(super) bytes: u64,
}

impl Sent {
    fn add(&mut self, out: &OutputRecord<'_>) {
        self.count += 1;
        self.bytes += cost(out.key, out.value);
    }
}

/// Why a record's outputs were not all sent.
enum Unsent {
    Poison(Poison, Sent),
    Failed,
}

pub(super) fn cost(key: Option<&[u8]>, value: Option<&[u8]>) -> u64 {
    let bytes = key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
    bytes as u64 + MESSAGE_OVERHEAD_BYTES
}
