//! Poison: a dead letter, a skip or a stop, and the breaker that ends the pipeline when too much of it comes.

use crate::config::spec::OnError;
use crate::delivery::Fate;
use crate::kafka::{Message, OutputHeaders, OutputRecord, SendError, SinkTopic};
use crate::pipeline::dead_letter::{DeadLetter, Keep, LetterContext};
use crate::record::{Poison, Record};

use super::handle::LaneEnd;
use super::intake::{Sent, Taken, cost};
use super::outputs::Session;
use super::partitions::OutputId;
use super::replay::Replay;
use super::{Fault, Lane};

impl Lane {
    /// What `on_error` says of a poison record; `sent` are outputs of it that are on their way already.
    pub(super) fn bury(
        &mut self,
        index: usize,
        message: &Message,
        record: &Record<'_>,
        poison: &Poison,
        keep: Keep,
        sent: Sent,
    ) -> Taken {
        match self.spec.on_error {
            OnError::Skip => {
                tracing::debug!(
                    pipeline = %self.spec.name, partition = %self.partitions.get(index).at,
                    offset = message.offset(), %poison, "record skipped"
                );
                self.enter(index, record, Fate::Skipped, sent.count, sent.bytes);
                Taken::Done
            }
            OnError::Stop => {
                let at = &self.partitions.get(index).at;
                let offset = message.offset();
                tracing::debug!(pipeline = %self.spec.name, partition = %at, offset, %poison, "poison stops the pipeline");
                self.cannot_go_on(
                    Fault::Spec,
                    LaneEnd::Stopped(format!("poison at {at} offset {offset}: {}", poison.for_log())),
                );
                Taken::Held
            }
            OnError::Dlq => self.send_dead_letter(index, message, record, poison, keep, sent),
        }
    }

    fn send_dead_letter(
        &mut self,
        index: usize,
        message: &Message,
        record: &Record<'_>,
        poison: &Poison,
        mut keep: Keep,
        mut sent: Sent,
    ) -> Taken {
        let dlq = self.spec.dlq.as_ref().expect("on_error: dlq is refused without a dlq");
        let Some(session) = &self.outputs.session else { return Taken::Held };
        let topic = session.dlq.as_ref().expect("a session opens the dlq that the spec has");
        let context = LetterContext {
            dialect: dlq.headers,
            pipeline: &self.spec.name,
            group: &self.spec.source.group,
            lane: self.index,
            attempt: if self.outputs.is_solo { 2 } else { 1 },
        };
        let opaque = self.partitions.output_id(index, OutputId::DEAD_LETTER).pack();
        let result = loop {
            let letter = DeadLetter::new(record, poison, &context, keep);
            let result = send_letter(session, topic, &letter, opaque);
            match (&result, keep.less()) {
                (Err(SendError::Refused(_)), Some(less)) => keep = less,
                _ => break result,
            }
        };
        match result {
            Ok(bytes) => {
                sent.count += 1;
                sent.bytes += bytes;
                self.enter(index, record, Fate::DeadLettered, sent.count, sent.bytes);
                Taken::Done
            }
            Err(SendError::Refused(error)) => {
                let at = &self.partitions.get(index).at;
                self.cannot_go_on(
                    Fault::Spec,
                    LaneEnd::Stopped(format!(
                        "the dead letter of {at} offset {} cannot be sent: {error}",
                        message.offset()
                    )),
                );
                Taken::Held
            }
            Err(SendError::Failed(error)) => {
                let mut replay = Replay::default();
                replay.failed(error);
                self.carry_out(replay);
                Taken::Held
            }
        }
    }

    pub(super) fn watch_breaker(&mut self, records: u64, poison: u64) {
        let now_ms = self.now_ms();
        let Some(breaker) = &mut self.breaker else { return };
        if records == 0 {
            return;
        }
        breaker.count(records, poison, now_ms);
        if breaker.is_open() {
            let (poison, records) = breaker.counts();
            let spec = self.spec.dlq.as_ref().expect("a breaker belongs to a dlq").breaker;
            self.cannot_go_on(Fault::Spec, LaneEnd::Stopped(format!(
                "the breaker is open: {poison} of the last {records} records were poison, more than {} % within {:?}",
                spec.share_percent, spec.window
            )));
        }
    }
}

/// Sends a dead letter; gives what it takes in the producer, in bytes.
fn send_letter(
    session: &Session,
    topic: &SinkTopic,
    letter: &DeadLetter<'_>,
    opaque: u64,
) -> Result<u64, SendError> {
    let out = OutputRecord {
        key: letter.key,
        value: letter.value,
        headers: OutputHeaders::List(&letter.headers),
        timestamp_ms: letter.timestamp_ms,
        opaque,
    };
    session.producer.send(topic, &out)?;
    Ok(cost(out.key, out.value))
}
