//! A consumer-group member, driven by events.
//!
//! All assigned partitions are forwarded to one queue of our own, so that taking records and serving the
//! group are two things: back-pressure is not taking, while the group is served on. It also makes librdkafka's
//! prefetch limit count once for the member, since it measures the queue that it forwards to.

use std::ffi::{CStr, CString};
use std::time::Duration;

use rdkafka::bindings as rd;
use rdkafka::bindings::rd_kafka_resp_err_t as Code;

use super::admin::Cluster;
use super::conf::{self, ConsumerSettings};
use super::error::KafkaError;
use super::lag;
use super::message::Message;
use super::native::Native;
use super::partitions::{OFFSET_INVALID, PartitionList, TopicPartition, TopicPartitionOffset};
use super::queue::{Event, Queue};
use super::statistics::ClientStatistics;
use super::wake::Waker;

/// What happened to a consumer.
#[derive(Debug)]
pub enum ConsumerEvent {
    /// These partitions come (all of them with the eager protocol, the new ones with the cooperative one).
    Assign(Vec<TopicPartition>),
    /// These partitions go. `lost`: they are gone already, and nothing may be committed for them.
    Revoke {
        /// The partitions that go.
        partitions: Vec<TopicPartition>,
        /// They belong to another member already.
        lost: bool,
    },
    /// A commit's answer.
    Committed {
        /// The error of the whole commit.
        result: Result<(), KafkaError>,
        /// What was committed, and each partition's own error.
        offsets: Vec<TopicPartitionOffset>,
    },
    /// The answer to `Consumer::ask_ends`.
    Ends(Result<Vec<TopicPartitionOffset>, KafkaError>),
    /// The answer to `Consumer::ask_group_offsets`.
    GroupOffsets(Result<Vec<TopicPartitionOffset>, KafkaError>),
    /// The client's own figures, every `statistics.interval.ms`.
    Statistics(ClientStatistics),
    /// Something is wrong; only a fatal error ends the client.
    Error {
        /// What.
        error: KafkaError,
        /// The client cannot go on.
        is_fatal: bool,
    },
}

/// The range of offsets that a broker has of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The oldest offset that is still there.
    pub low: i64,
    /// The offset after the newest record.
    pub high: i64,
}

/// A consumer. Its calls block for at most the timeout that they take.
#[derive(Debug)]
pub struct Consumer {
    // Dropped in this order: queues before the client that they belong to.
    records: Queue,
    events: Queue,
    client: Native,
    reads_committed: bool,
    // Kept alive for librdkafka's threads until Drop has detached it.
    _waker: Waker,
}

impl Consumer {
    /// Makes a consumer that wakes `waker` when there is something to take.
    ///
    /// # Errors
    ///
    /// A property that librdkafka refuses.
    pub fn new(settings: &ConsumerSettings<'_>, waker: &Waker) -> Result<Self, KafkaError> {
        let kinds = rd::RD_KAFKA_EVENT_REBALANCE
            | rd::RD_KAFKA_EVENT_OFFSET_COMMIT
            | rd::RD_KAFKA_EVENT_ERROR
            | rd::RD_KAFKA_EVENT_STATS;
        let properties = conf::consumer(settings);
        let client = Native::new(rd::rd_kafka_type_t::RD_KAFKA_CONSUMER, &properties, kinds)?;
        // SAFETY: the client is live. Main-queue events go to the consumer's queue, so that one poll serves all.
        KafkaError::check(unsafe { rd::rd_kafka_poll_set_consumer(client.ptr()) })?;
        let events = Queue::consumer(&client);
        let records = Queue::new(&client);
        events.wake_with(waker);
        records.wake_with(waker);
        let reads_committed =
            properties.get("isolation.level").is_some_and(|level| level == "read_committed");
        Ok(Self { records, events, client, reads_committed, _waker: waker.clone() })
    }

    /// Asks the cluster through this client.
    pub fn cluster(&self) -> Cluster<'_> {
        Cluster(&self.client)
    }

    pub(super) fn client(&self) -> &Native {
        &self.client
    }

    pub(super) fn events(&self) -> &Queue {
        &self.events
    }

    /// Whether it sees only what transactions have committed.
    pub(super) fn reads_committed(&self) -> bool {
        self.reads_committed
    }

    /// Subscribes to topics by name; to call it again changes the subscription.
    ///
    /// # Errors
    ///
    /// As librdkafka says.
    pub fn subscribe(&self, topics: &[String]) -> Result<(), KafkaError> {
        let names: Vec<TopicPartition> =
            topics.iter().map(|t| TopicPartition { topic: t.as_str().into(), partition: -1 }).collect();
        let list = PartitionList::of(&names);
        // SAFETY: client and list are live; the list is copied.
        KafkaError::check(unsafe { rd::rd_kafka_subscribe(self.client.ptr(), list.as_ptr()) })
    }

    /// Ends the subscription, and with it the membership, of a static member, too. Revocations follow as events.
    ///
    /// # Errors
    ///
    /// As librdkafka says.
    pub fn unsubscribe(&self) -> Result<(), KafkaError> {
        // SAFETY: the client is live.
        KafkaError::check(unsafe { rd::rd_kafka_unsubscribe(self.client.ptr()) })
    }

    /// Whether the group knows this consumer: it has an id there.
    pub fn is_member(&self) -> bool {
        // SAFETY: the client is live; the id is ours to free, with librdkafka's own allocator.
        unsafe {
            let id = rd::rd_kafka_memberid(self.client.ptr());
            if id.is_null() {
                return false;
            }
            let is_member = *id != 0;
            rd::rd_kafka_mem_free(self.client.ptr(), id.cast());
            is_member
        }
    }

    /// The next event, at once or never. This is the call that keeps the member in its group
    /// (`max.poll.interval.ms`).
    pub fn poll(&self) -> Option<ConsumerEvent> {
        loop {
            let event = self.events.next_event()?;
            if let Some(event) = self.understand(&event) {
                return Some(event);
            }
        }
    }

    fn understand(&self, event: &Event) -> Option<ConsumerEvent> {
        match event.kind() {
            rd::RD_KAFKA_EVENT_REBALANCE => {
                let partitions = event.partitions().into_iter().map(|p| p.at).collect();
                Some(if event.code() == Code::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
                    ConsumerEvent::Assign(partitions)
                } else {
                    // SAFETY: the client is live.
                    let lost = unsafe { rd::rd_kafka_assignment_lost(self.client.ptr()) } != 0;
                    ConsumerEvent::Revoke { partitions, lost }
                })
            }
            rd::RD_KAFKA_EVENT_OFFSET_COMMIT => {
                Some(ConsumerEvent::Committed { result: event.error(), offsets: event.partitions() })
            }
            rd::RD_KAFKA_EVENT_ERROR => {
                let error = event.error().err()?;
                let fatal = self.client.fatal_error();
                Some(ConsumerEvent::Error { is_fatal: fatal.is_some(), error: fatal.unwrap_or(error) })
            }
            rd::RD_KAFKA_EVENT_LISTOFFSETS_RESULT => Some(ConsumerEvent::Ends(lag::ends(event))),
            rd::RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT => {
                Some(ConsumerEvent::GroupOffsets(lag::group_offsets(event)))
            }
            rd::RD_KAFKA_EVENT_STATS => event.statistics().map(ConsumerEvent::Statistics),
            _ => None,
        }
    }

    /// Takes up to `max` messages that are there now, without waiting.
    pub fn take(&self, max: usize) -> impl Iterator<Item = Message> + use<> {
        self.records.take_messages(max)
    }

    /// Takes partitions in, each at its committed offset, or at the offset given.
    ///
    /// # Errors
    ///
    /// As librdkafka says; the assignment is then as it was.
    pub fn assign(&self, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        let list = PartitionList::of(partitions);
        self.forward(partitions);
        self.change_assignment(&list, Change::Add)
    }

    /// Lets partitions go.
    ///
    /// # Errors
    ///
    /// As librdkafka says.
    pub fn unassign(&self, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        self.change_assignment(&PartitionList::of(partitions), Change::Remove)
    }

    /// Starts partitions anew at these offsets, also where fetching had ended with an error. `all` are all
    /// partitions of the member with the offset that each goes on at (`None`: what is committed): the eager protocol
    /// knows no other way.
    ///
    /// # Errors
    ///
    /// As librdkafka says.
    pub fn restart_at(
        &self,
        offsets: &[(TopicPartition, i64)],
        all: &[(TopicPartition, Option<i64>)],
    ) -> Result<(), KafkaError> {
        if self.is_cooperative() {
            let list = PartitionList::with_offsets(offsets.iter().map(|(at, offset)| (at, *offset)));
            self.change_assignment(&list, Change::Remove)?;
            self.change_assignment(&list, Change::Add)
        } else {
            // No offset: from what is committed.
            let all = all.iter().map(|(at, offset)| (at, offset.unwrap_or(OFFSET_INVALID)));
            let list = PartitionList::with_offsets(all);
            self.change_assignment(&list, Change::Add)
        }
    }

    fn is_cooperative(&self) -> bool {
        // SAFETY: the client is live; the string is static.
        let protocol = unsafe { rd::rd_kafka_rebalance_protocol(self.client.ptr()) };
        // SAFETY: not null by its documentation.
        !protocol.is_null() && unsafe { CStr::from_ptr(protocol) } == c"COOPERATIVE"
    }

    fn change_assignment(&self, list: &PartitionList, change: Change) -> Result<(), KafkaError> {
        let (client, cooperative) = (self.client.ptr(), self.is_cooperative());
        // SAFETY: client and list are live; lists are copied; null takes the whole assignment back.
        unsafe {
            match (change, cooperative) {
                (Change::Add, true) => {
                    KafkaError::check_object(rd::rd_kafka_incremental_assign(client, list.as_ptr()))
                }
                (Change::Remove, true) => {
                    KafkaError::check_object(rd::rd_kafka_incremental_unassign(client, list.as_ptr()))
                }
                (Change::Add, false) => KafkaError::check(rd::rd_kafka_assign(client, list.as_ptr())),
                (Change::Remove, false) => KafkaError::check(rd::rd_kafka_assign(client, std::ptr::null())),
            }
        }
    }

    /// Lets what is fetched for these partitions enter the member's one queue. Fetching that stops clears the
    /// forwarding, on librdkafka's own time (`rd_kafka_toppar_fetch_stop`): to call it again soon after an
    /// assignment heals what a late stop cleared, and keeps the order.
    pub fn forward(&self, partitions: &[TopicPartition]) {
        for at in partitions {
            let topic = CString::new(&*at.topic).expect("a topic name holds no NUL");
            if let Some(queue) = Queue::partition(&self.client, &topic, at.partition) {
                queue.forward_to(&self.records);
            }
        }
    }

    /// Keeps what is fetched for a partition out of the member's one queue, until it is forwarded again.
    pub fn keep_apart(&self, at: &TopicPartition) {
        let topic = CString::new(&*at.topic).expect("a topic name holds no NUL");
        if let Some(queue) = Queue::partition(&self.client, &topic, at.partition) {
            queue.keep();
        }
    }

    /// Moves partitions to these offsets; what was fetched from elsewhere is dropped by librdkafka.
    ///
    /// # Errors
    ///
    /// As librdkafka says, for the first partition that failed.
    pub fn seek(&self, offsets: &[(TopicPartition, i64)], timeout: Duration) -> Result<(), KafkaError> {
        let list = PartitionList::with_offsets(offsets.iter().map(|(at, offset)| (at, *offset)));
        // SAFETY: client and list are live; the list is filled in with each partition's error.
        unsafe {
            KafkaError::check_object(rd::rd_kafka_seek_partitions(
                self.client.ptr(),
                list.as_ptr(),
                ms(timeout),
            ))?;
        }
        match list.items().into_iter().find_map(|p| p.error) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Sends a commit; its answer comes as an event.
    ///
    /// # Errors
    ///
    /// As librdkafka says; no event follows then.
    pub fn commit(&self, offsets: &[(TopicPartition, i64)]) -> Result<(), KafkaError> {
        let list = PartitionList::with_offsets(offsets.iter().map(|(at, offset)| (at, *offset)));
        let (client, answers) = (self.client.ptr(), self.events.ptr());
        // SAFETY: client, list and queue are live; the list is copied. With a queue the call does not wait, and
        // without a callback the answer is an event (rdkafka.h, rd_kafka_commit_queue).
        KafkaError::check(unsafe {
            rd::rd_kafka_commit_queue(client, list.as_ptr(), answers, None, std::ptr::null_mut())
        })
    }

    /// The member's partitions belong to others already: nothing may be committed.
    pub fn assignment_lost(&self) -> bool {
        // SAFETY: the client is live.
        unsafe { rd::rd_kafka_assignment_lost(self.client.ptr()) != 0 }
    }

    /// What the group has committed.
    ///
    /// # Errors
    ///
    /// As the coordinator says.
    pub fn committed(
        &self,
        partitions: &[TopicPartition],
        timeout: Duration,
    ) -> Result<Vec<TopicPartitionOffset>, KafkaError> {
        let list = PartitionList::of(partitions);
        // SAFETY: client and list are live; the list is filled in.
        KafkaError::check(unsafe { rd::rd_kafka_committed(self.client.ptr(), list.as_ptr(), ms(timeout)) })?;
        Ok(list.items())
    }

    /// The offset after the last message that was handed over, markers and gaps included; not for a partition
    /// that nothing was taken from since it was assigned or moved.
    ///
    /// # Errors
    ///
    /// As librdkafka says.
    pub fn positions(&self, partitions: &[TopicPartition]) -> Result<Vec<TopicPartitionOffset>, KafkaError> {
        let list = PartitionList::of(partitions);
        // SAFETY: client and list are live; the list is filled in.
        KafkaError::check(unsafe { rd::rd_kafka_position(self.client.ptr(), list.as_ptr()) })?;
        Ok(list.items())
    }

    /// Begins to leave the group: revocations follow as events, until `is_closed`.
    pub fn begin_close(&self) {
        // SAFETY: client and queue are live. An error means that it is closed already.
        let result = unsafe {
            KafkaError::check_object(rd::rd_kafka_consumer_close_queue(self.client.ptr(), self.events.ptr()))
        };
        if let Err(error) = result {
            tracing::debug!(%error, "consumer close");
        }
    }

    /// Whether the member has left its group.
    pub fn is_closed(&self) -> bool {
        // SAFETY: the client is live.
        unsafe { rd::rd_kafka_consumer_closed(self.client.ptr()) != 0 }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.events.detach_waker();
        self.records.detach_waker();
    }
}

#[derive(Clone, Copy)]
enum Change {
    Add,
    Remove,
}

/// A timeout in librdkafka's unit.
pub(super) fn ms(timeout: Duration) -> i32 {
    i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
}
