//! librdkafka's queues: where events and fetched messages wait for the lane.

use std::ffi::{CStr, c_void};
use std::ptr;

use rdkafka::bindings as rd;

use super::error::KafkaError;
use super::message::Message;
use super::native::Native;
use super::statistics::ClientStatistics;
use super::wake::Waker;

/// An owned reference to a queue. It must be dropped before its client.
#[derive(Debug)]
pub(super) struct Queue(*mut rd::rd_kafka_queue_t);

// SAFETY: queues may be used from any thread, like their client.
unsafe impl Send for Queue {}

impl Queue {
    /// A fresh queue.
    pub(super) fn new(client: &Native) -> Self {
        // SAFETY: the client is live; the reference is ours.
        Self(unsafe { rd::rd_kafka_queue_new(client.ptr()) })
    }

    /// The client's main queue: a producer's reports and errors.
    pub(super) fn main(client: &Native) -> Self {
        // SAFETY: as above.
        Self(unsafe { rd::rd_kafka_queue_get_main(client.ptr()) })
    }

    /// A consumer's own queue: rebalances, commit results, errors.
    pub(super) fn consumer(client: &Native) -> Self {
        // SAFETY: as above; not null once the group is configured.
        Self(unsafe { rd::rd_kafka_queue_get_consumer(client.ptr()) })
    }

    /// The queue that a partition's fetched messages enter; `None` for a partition that the client does not know.
    pub(super) fn partition(client: &Native, topic: &CStr, partition: i32) -> Option<Self> {
        // SAFETY: the client and the name are live.
        let queue = unsafe { rd::rd_kafka_queue_get_partition(client.ptr(), topic.as_ptr(), partition) };
        (!queue.is_null()).then_some(Self(queue))
    }

    pub(super) fn ptr(&self) -> *mut rd::rd_kafka_queue_t {
        self.0
    }

    /// What enters this queue goes to `target` instead, and what is in it as well.
    pub(super) fn forward_to(&self, target: &Queue) {
        // SAFETY: both are live; librdkafka keeps its own reference to the target.
        unsafe { rd::rd_kafka_queue_forward(self.0, target.0) }
    }

    /// What enters this queue stays in it.
    pub(super) fn keep(&self) {
        // SAFETY: the queue is live; null ends the forwarding.
        unsafe { rd::rd_kafka_queue_forward(self.0, ptr::null_mut()) }
    }

    /// The next event, at once or never.
    pub(super) fn next_event(&self) -> Option<Event> {
        self.wait_event(0)
    }

    /// The next event, waiting for at most `timeout_ms`.
    pub(super) fn wait_event(&self, timeout_ms: i32) -> Option<Event> {
        // SAFETY: the queue is live; the event is ours.
        let event = unsafe { rd::rd_kafka_queue_poll(self.0, timeout_ms) };
        (!event.is_null()).then_some(Event(event))
    }

    /// Takes up to `max` fetched messages that are there now.
    pub(super) fn take_messages(&self, max: usize) -> impl Iterator<Item = Message> + use<> {
        let mut batch: Vec<*mut rd::rd_kafka_message_t> = vec![ptr::null_mut(); max];
        // SAFETY: the array has room for `max` pointers; with a timeout of 0 the call does not wait.
        let count = unsafe { rd::rd_kafka_consume_batch_queue(self.0, 0, batch.as_mut_ptr(), max) };
        batch.truncate(usize::try_from(count).unwrap_or(0));
        // SAFETY: each pointer is a message that the call gave us to destroy; it is wrapped once. The iterator is
        // always run to its end by `extend`.
        batch.into_iter().map(|message| unsafe { Message::own(message) })
    }

    pub(super) fn wake_with(&self, waker: &Waker) {
        // SAFETY: the queue is live; clients detach in their Drop before they let the waker go.
        unsafe { waker.attach(self.0) }
    }

    pub(super) fn detach_waker(&self) {
        // SAFETY: the queue is live.
        unsafe { Waker::detach(self.0) }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: our reference, given back once.
        unsafe { rd::rd_kafka_queue_destroy(self.0) }
    }
}

/// An owned event.
#[derive(Debug)]
pub(super) struct Event(*mut rd::rd_kafka_event_t);

impl Event {
    pub(super) fn kind(&self) -> i32 {
        // SAFETY: the event is live as long as `self`; so in all methods here.
        unsafe { rd::rd_kafka_event_type(self.0) }
    }

    pub(super) fn ptr(&self) -> *mut rd::rd_kafka_event_t {
        self.0
    }

    /// The error that the event tells.
    pub(super) fn error(&self) -> Result<(), KafkaError> {
        // SAFETY: as above; the text lives as long as the event.
        unsafe {
            let code = rd::rd_kafka_event_error(self.0);
            let text = rd::rd_kafka_event_error_string(self.0);
            if code == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Ok(());
            }
            let text = if text.is_null() {
                String::new()
            } else {
                CStr::from_ptr(text).to_string_lossy().into_owned()
            };
            Err(KafkaError::with_text(code, text))
        }
    }

    /// The error's code alone: what a rebalance event carries its kind in.
    pub(super) fn code(&self) -> rd::rd_kafka_resp_err_t {
        // SAFETY: as above.
        unsafe { rd::rd_kafka_event_error(self.0) }
    }

    /// What a statistics event tells; `None` where it cannot be read.
    pub(super) fn statistics(&self) -> Option<ClientStatistics> {
        // SAFETY: null where the event is of another kind, or a text that lives as long as the event.
        let json = unsafe {
            let text = rd::rd_kafka_event_stats(self.0);
            (!text.is_null()).then(|| CStr::from_ptr(text))?
        };
        let parsed = super::statistics::parse(json.to_bytes());
        if let Err(error) = &parsed {
            tracing::debug!(%error, "librdkafka's statistics");
        }
        parsed.ok()
    }

    pub(super) fn partitions(&self) -> Vec<super::partitions::TopicPartitionOffset> {
        // SAFETY: null or a list that lives as long as the event.
        unsafe { super::partitions::read(rd::rd_kafka_event_topic_partition_list(self.0)) }
    }

    /// Calls `report` with the opaque and the error code of each delivery report in the event.
    pub(super) fn each_report(&self, mut report: impl FnMut(*mut c_void, rd::rd_kafka_resp_err_t)) {
        loop {
            // SAFETY: gives a message that belongs to the event, or null at the end.
            let message = unsafe { rd::rd_kafka_event_message_next(self.0) };
            if message.is_null() {
                return;
            }
            // SAFETY: live until the event is destroyed.
            unsafe { report((*message)._private, (*message).err) }
        }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { rd::rd_kafka_event_destroy(self.0) }
    }
}
