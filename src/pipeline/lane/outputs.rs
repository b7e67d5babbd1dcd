//! The lane's producer: opened when all its topics are there, closed and opened anew when it cannot go on.

use crate::config::spec::{CreateSpec, PipelineSpec};
use crate::delivery::Backoff;
use crate::kafka::{
    Consumer, ErrorClass, KafkaError, Producer, ProducerEvent, ProducerSettings, Report, SinkTopic, Waker,
};

use super::partitions::OutputId;
use super::replay::Replay;
use super::{CALL_TIMEOUT, Lane};

/// The first and the longest wait before another try to open the outputs, in milliseconds.
const RETRY_MS: (u64, u64) = (200, 5_000);

/// An open producer with its topics. Topics are dropped before the producer that they belong to.
pub(super) struct Session {
    pub(super) sinks: Vec<SinkTopic>,
    pub(super) dlq: Option<SinkTopic>,
    pub(super) producer: Producer,
}

/// The producer, open or waiting to be.
pub(super) struct Outputs {
    pub(super) session: Option<Session>,
    /// One record a batch: after a refusal, until the record at fault is found.
    pub(super) is_solo: bool,
    /// Acknowledged outputs, by sink.
    pub(super) acknowledged: Vec<u64>,
    retry_at_ms: u64,
    backoff: Backoff,
    reason: Option<String>,
}

impl Outputs {
    pub(super) fn new(sinks: usize) -> Self {
        Self {
            session: None,
            is_solo: false,
            acknowledged: vec![0; sinks],
            retry_at_ms: 0,
            backoff: Backoff::new(RETRY_MS.0, RETRY_MS.1),
            reason: None,
        }
    }

    /// What keeps the outputs closed.
    pub(super) fn waiting(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Closes the producer. Ending librdkafka's threads takes its time, and the lane has none.
    pub(super) fn close(&mut self) {
        if let Some(session) = self.session.take() {
            std::thread::spawn(move || drop(session));
        }
    }

    /// Closes it because the world is broken; the next try waits.
    pub(super) fn close_for_outage(&mut self, reason: String, now_ms: u64) {
        self.close();
        self.retry_at_ms = now_ms + self.backoff.next_ms(fastrand::u64(..));
        self.reason = Some(reason);
    }
}

impl Lane {
    /// Opens the outputs where they are closed and a try is due.
    pub(super) fn maintain_outputs(&mut self) {
        let now_ms = self.now_ms();
        if self.outputs.session.is_some() || now_ms < self.outputs.retry_at_ms || !self.phase.is_running() {
            return;
        }
        match open(&self.spec, self.index, &self.consumer, &self.waker, self.outputs.is_solo) {
            Ok(session) => {
                self.outputs.session = Some(session);
                self.outputs.reason = None;
            }
            Err(reason) => {
                let now_ms = self.now_ms();
                self.outputs.close_for_outage(reason, now_ms);
            }
        }
    }

    /// Takes the delivery reports that are there.
    pub(super) fn serve_reports(&mut self) -> bool {
        let Some(session) = self.outputs.session.take() else { return false };
        let mut replay = Replay::default();
        let mut any = false;
        let event = session.producer.serve(|report| {
            any = true;
            self.take_report(&report, &mut replay);
        });
        self.outputs.session = Some(session);
        if let Some(ProducerEvent::Error { error, is_fatal }) = event {
            if is_fatal {
                replay.failed(error);
            } else {
                if !error.is_connection_noise() {
                    tracing::warn!(pipeline = %self.spec.name, lane = self.index, %error, "producer error");
                }
                self.last_error = Some(error);
            }
        }
        self.carry_out(replay);
        any
    }

    pub(super) fn take_report(&mut self, report: &Report, replay: &mut Replay) {
        let id = OutputId::unpack(report.opaque);
        let Some((slot, number)) = self.partitions.of_report(id) else { return };
        match &report.result {
            Ok(()) => {
                if let Some(count) = self.outputs.acknowledged.get_mut(id.sink as usize) {
                    *count += 1;
                }
                let bytes = slot.ledger.acknowledge(number);
                if bytes > 0 {
                    self.in_flight.release(bytes);
                }
                self.outputs.backoff.reset();
                self.last_error = None;
            }
            Err(error) => match error.class() {
                ErrorClass::Purged => {}
                ErrorClass::Refused => {
                    if let Some(offset) = slot.ledger.offset_of(number) {
                        replay.refused(slot.at.clone(), offset, id.sink, error.clone());
                    }
                }
                _ => replay.failed(error.clone()),
            },
        }
    }
}

/// Checks that all topics are there, creates those that say so, and makes the producer.
fn open(
    spec: &PipelineSpec,
    index: usize,
    consumer: &Consumer,
    waker: &Waker,
    is_solo: bool,
) -> Result<Session, String> {
    let mut batch_bytes_max: Option<u64> = None;
    let sinks = spec.sinks.iter().map(|sink| ("sink", sink.topic.as_str(), sink.create));
    let dlq = spec.dlq.iter().map(|dlq| ("dlq", dlq.topic.as_str(), dlq.create));
    for (role, topic, create) in sinks.chain(dlq) {
        ensure_topic(consumer, role, topic, create)?;
        // Who may not ask gets librdkafka's default; a batch that is too large is replayed record by record.
        if let Ok(Some(limit)) = consumer.max_message_bytes(topic, CALL_TIMEOUT) {
            batch_bytes_max = Some(batch_bytes_max.map_or(limit, |least| least.min(limit)));
        }
    }
    let settings = ProducerSettings {
        properties: &spec.kafka.producer,
        client_id: super::handle::client_id(&spec.name, index),
        batch_bytes_max,
        one_record_a_batch: is_solo,
    };
    let failed = |error: KafkaError| format!("the producer cannot be made: {error}");
    let producer = Producer::new(&settings, waker).map_err(failed)?;
    let sinks = spec.sinks.iter().map(|sink| producer.topic(&sink.topic)).collect::<Result<_, _>>();
    let dlq = spec.dlq.as_ref().map(|dlq| producer.topic(&dlq.topic)).transpose();
    Ok(Session { sinks: sinks.map_err(failed)?, dlq: dlq.map_err(failed)?, producer })
}

fn ensure_topic(
    consumer: &Consumer,
    role: &str,
    topic: &str,
    create: Option<CreateSpec>,
) -> Result<(), String> {
    let error = match consumer.partitions_of(topic, CALL_TIMEOUT) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    if !error.is_unknown_topic() {
        return Err(format!("{role} topic {topic}: {error}"));
    }
    let Some(create) = create else {
        return Err(format!(
            "{role} topic {topic} does not exist: create it, or let the {role} say `create: {{partitions: …, replication: …}}`"
        ));
    };
    consumer
        .create_topic(topic, create.partitions, create.replication, CALL_TIMEOUT)
        .map_err(|error| format!("{role} topic {topic} cannot be created: {error}"))?;
    tracing::info!(topic, partitions = create.partitions, replication = create.replication, "topic created");
    // Metadata follows the creation a little later: the next try finds it.
    Err(format!("{role} topic {topic} was just created"))
}
