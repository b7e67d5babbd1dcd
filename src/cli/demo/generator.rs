//! Makes clicks at a steady pace, on a thread of its own, and counts what the brokers acknowledged.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::spec::KafkaSpec;
use crate::kafka::{
    KafkaError, OutputHeaders, OutputRecord, Producer, ProducerEvent, ProducerSettings, SendError, SinkTopic,
    Waker,
};

use super::clicks::{Click, is_poison};

/// Clicks a second: enough to look alive, little enough for a laptop and for the mock cluster's 5 MiB a partition.
const CLICKS_PER_S: u64 = 3_000;

/// The most clicks that wait for their acknowledgement; where brokers are away, no more are made.
const UNACKNOWLEDGED_MAX: u64 = 10_000;

/// How often clicks are made.
const BEAT: Duration = Duration::from_millis(20);

/// What is counted, readable from any thread.
#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    poison: AtomicU64,
    stop: AtomicBool,
    failure: OnceLock<String>,
}

/// The running generator.
#[derive(Debug)]
pub(super) struct Generator {
    counts: Arc<Counts>,
    thread: Option<JoinHandle<()>>,
}

impl Generator {
    /// Starts to make clicks.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub(super) fn start(topic: String, kafka: KafkaSpec) -> std::io::Result<Self> {
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let thread = std::thread::Builder::new().name("clicks".into()).spawn(move || {
            if let Err(error) = run(&topic, &kafka, &shared) {
                // The first failure stands.
                let _ = shared.failure.set(error.to_string());
            }
        })?;
        Ok(Self { counts, thread: Some(thread) })
    }

    /// Clicks that the brokers have.
    pub(super) fn acknowledged(&self) -> u64 {
        self.counts.acknowledged.load(Ordering::Acquire)
    }

    /// How many of them are broken.
    pub(super) fn poison(&self) -> u64 {
        self.counts.poison.load(Ordering::Acquire)
    }

    /// Makes no more clicks; those on their way still arrive.
    pub(super) fn stop(&self) {
        self.counts.stop.store(true, Ordering::Release);
    }

    /// Whether the last click is acknowledged, or none can be made any more.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// What broke it.
    pub(super) fn failure(&self) -> Option<&str> {
        self.counts.failure.get().map(String::as_str)
    }
}

fn run(topic: &str, kafka: &KafkaSpec, counts: &Counts) -> Result<(), KafkaError> {
    let settings = ProducerSettings {
        properties: &kafka.producer,
        client_id: "millstream-demo-clicks".into(),
        batch_bytes_max: None,
        one_record_a_batch: false,
    };
    let producer = Producer::new(&settings, &Waker::of_this_thread())?;
    let topic = producer.topic(topic)?;
    let mut pace = Pace::start(Instant::now());
    let mut sent = 0;
    loop {
        let is_stopping = counts.stop.load(Ordering::Acquire);
        let waiting = sent - counts.acknowledged.load(Ordering::Acquire);
        if !is_stopping {
            let due = pace.due(Instant::now(), sent).min(UNACKNOWLEDGED_MAX.saturating_sub(waiting));
            for number in sent..sent + due {
                send(&producer, &topic, number)?;
            }
            sent += due;
            counts.sent.store(sent, Ordering::Release);
        } else if waiting == 0 {
            return Ok(());
        }
        take_reports(&producer, counts)?;
        Waker::park(BEAT);
    }
}

fn send(producer: &Producer, topic: &SinkTopic, number: u64) -> Result<(), KafkaError> {
    let click = Click::of(number);
    let record = OutputRecord {
        key: click.key.as_deref(),
        value: click.value.as_deref(),
        headers: OutputHeaders::List(&click.headers()),
        timestamp_ms: None,
        opaque: number,
    };
    producer.send(topic, &record).map_err(|error| match error {
        SendError::Refused(error) | SendError::Failed(error) => error,
    })
}

fn take_reports(producer: &Producer, counts: &Counts) -> Result<(), KafkaError> {
    let mut failed = None;
    let event = producer.serve(|report| match report.result {
        Ok(()) => {
            if is_poison(report.opaque) {
                counts.poison.fetch_add(1, Ordering::Release);
            }
            counts.acknowledged.fetch_add(1, Ordering::Release);
        }
        Err(error) => failed = Some(error),
    });
    match (failed, event) {
        (Some(error), _) | (None, Some(ProducerEvent::Error { error, is_fatal: true })) => Err(error),
        _ => Ok(()),
    }
}

/// How many clicks are due.
#[derive(Debug)]
struct Pace {
    origin: Instant,
    /// Clicks sent when `origin` was set.
    before: u64,
}

impl Pace {
    fn start(now: Instant) -> Self {
        Self { origin: now, before: 0 }
    }

    /// The clicks to send now. After a pause what was missed is not made up for.
    fn due(&mut self, now: Instant, sent: u64) -> u64 {
        let elapsed_ms = u64::try_from((now - self.origin).as_millis()).unwrap_or(u64::MAX);
        let due = (self.before + elapsed_ms * CLICKS_PER_S / 1_000).saturating_sub(sent);
        if due > CLICKS_PER_S / 2 {
            *self = Self { origin: now, before: sent };
            return 0;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_not_made_up_for() {
        let start = Instant::now();
        let mut pace = Pace::start(start);
        assert_eq!(pace.due(start + Duration::from_millis(100), 0), 300);
        let later = start + Duration::from_secs(60);
        assert_eq!(pace.due(later, 300), 0);
        assert_eq!(pace.due(later + Duration::from_millis(10), 300), 30);
    }
}
