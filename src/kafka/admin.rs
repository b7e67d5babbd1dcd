//! What a lane asks the cluster about topics, and the one thing that it may change: create a topic that says so.

use std::ffi::{CStr, CString};
use std::ptr;
use std::time::{Duration, Instant};

use rdkafka::bindings as rd;

use super::consumer::{Range, ms};
use super::error::KafkaError;
use super::native::Native;
use super::partitions::{PartitionList, TopicPartition, TopicPartitionOffset};
use super::queue::{Event, Queue};

/// Room for error texts of admin calls, in bytes.
const ERROR_TEXT_BYTES: usize = 512;

/// Asks a cluster through a client that is there anyway.
///
/// Brokers answer a connection's requests in order, and a consumer's connection waits in fetches for
/// `fetch.wait.max.ms` each: where a producer is open, ask through it.
#[derive(Clone, Copy, Debug)]
pub struct Cluster<'a>(pub(super) &'a Native);

impl Cluster<'_> {
    /// The partitions of a topic.
    ///
    /// # Errors
    ///
    /// The topic is not there or not to be seen (`KafkaError::is_unknown_topic`, authorisation), or no broker
    /// answered in time.
    pub fn partitions_of(&self, topic: &str, timeout: Duration) -> Result<Vec<TopicPartition>, KafkaError> {
        let (_, partitions) = self.topic_metadata(topic, timeout)?.topics().remove(0);
        Ok(partitions?
            .into_iter()
            .map(|partition| TopicPartition { topic: topic.into(), partition })
            .collect())
    }

    fn topic_metadata(&self, topic: &str, timeout: Duration) -> Result<Metadata, KafkaError> {
        let name = CString::new(topic).expect("a topic name holds no NUL");
        // SAFETY: client and name are live; the handle is given back below.
        let handle = unsafe { rd::rd_kafka_topic_new(self.0.ptr(), name.as_ptr(), ptr::null_mut()) };
        if handle.is_null() {
            // SAFETY: reads the error of this thread's last call.
            return Err(KafkaError::from_code(unsafe { rd::rd_kafka_last_error() }));
        }
        let answer = self.metadata(handle, timeout);
        // SAFETY: our reference, given back once.
        unsafe { rd::rd_kafka_topic_destroy(handle) };
        answer
    }

    /// The names of all topics of the cluster that this client may see, internal ones included.
    ///
    /// # Errors
    ///
    /// No broker answered in time.
    pub fn all_topics(&self, timeout: Duration) -> Result<Vec<String>, KafkaError> {
        let answer = self.metadata(ptr::null_mut(), timeout)?;
        Ok(answer
            .topics()
            .into_iter()
            .filter(|(_, partitions)| partitions.is_ok())
            .map(|(name, _)| name)
            .collect())
    }

    /// Whether a broker answers at all.
    ///
    /// # Errors
    ///
    /// None did in time.
    pub fn ping(&self, timeout: Duration) -> Result<(), KafkaError> {
        let mut answer = ptr::null();
        // SAFETY: the client is live; the answer (about the topics that the client knows) is ours on success.
        let code =
            unsafe { rd::rd_kafka_metadata(self.0.ptr(), 0, ptr::null_mut(), &mut answer, ms(timeout)) };
        KafkaError::check(code).map(|()| drop(Metadata(answer)))
    }

    fn metadata(&self, only: *mut rd::rd_kafka_topic_t, timeout: Duration) -> Result<Metadata, KafkaError> {
        let mut answer = ptr::null();
        // SAFETY: the client is live, `only` is null or live; the answer is ours on success.
        let code = unsafe {
            rd::rd_kafka_metadata(self.0.ptr(), i32::from(only.is_null()), only, &mut answer, ms(timeout))
        };
        KafkaError::check(code)?;
        Ok(Metadata(answer))
    }

    /// The range of offsets that the broker has.
    ///
    /// # Errors
    ///
    /// As the broker says.
    pub fn range(&self, at: &TopicPartition, timeout: Duration) -> Result<Range, KafkaError> {
        let topic = CString::new(&*at.topic).expect("a topic name holds no NUL");
        let (mut low, mut high) = (0, 0);
        // SAFETY: client, name and both results are live.
        KafkaError::check(unsafe {
            rd::rd_kafka_query_watermark_offsets(
                self.0.ptr(),
                topic.as_ptr(),
                at.partition,
                &mut low,
                &mut high,
                ms(timeout),
            )
        })?;
        Ok(Range { low, high })
    }

    /// The first offset at or after a time; the logical end where there is none.
    ///
    /// # Errors
    ///
    /// As the brokers say.
    pub fn offsets_for_time(
        &self,
        partitions: &[TopicPartition],
        timestamp_ms: i64,
        timeout: Duration,
    ) -> Result<Vec<TopicPartitionOffset>, KafkaError> {
        let list = PartitionList::with_offsets(partitions.iter().map(|at| (at, timestamp_ms)));
        // SAFETY: client and list are live; the list is filled in.
        KafkaError::check(unsafe {
            rd::rd_kafka_offsets_for_times(self.0.ptr(), list.as_ptr(), ms(timeout))
        })?;
        Ok(list.items())
    }

    /// Creates a topic. One that exists already is no error.
    ///
    /// # Errors
    ///
    /// As the controller says, or that it did not answer in time.
    pub fn create_topic(
        &self,
        topic: &str,
        partitions: i32,
        replication: i32,
        timeout: Duration,
    ) -> Result<(), KafkaError> {
        let name = CString::new(topic).expect("a topic name holds no NUL");
        let mut text = [0; ERROR_TEXT_BYTES];
        // SAFETY: the name and the buffer are live; the new topic is ours.
        let mut new = unsafe {
            rd::rd_kafka_NewTopic_new(name.as_ptr(), partitions, replication, text.as_mut_ptr(), text.len())
        };
        if new.is_null() {
            // SAFETY: librdkafka ended the text with NUL.
            let text = unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy();
            return Err(KafkaError::with_text(rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__INVALID_ARG, text));
        }
        let answers = Queue::new(self.0);
        // SAFETY: client, topic and queue are live; the call copies what it needs.
        unsafe {
            rd::rd_kafka_CreateTopics(self.0.ptr(), &mut new, 1, ptr::null(), answers.ptr());
            rd::rd_kafka_NewTopic_destroy(new);
        }
        let event = wait_for(&answers, rd::RD_KAFKA_EVENT_CREATETOPICS_RESULT, timeout)?;
        match topic_result(&event) {
            Err(error) if !error.is_topic_exists() => Err(error),
            _ => Ok(()),
        }
    }

    /// A topic's `max.message.bytes`; `None` where the broker does not tell.
    ///
    /// # Errors
    ///
    /// Not authorised to ask, a broker that does not know the question, or no answer in time.
    pub fn max_message_bytes(&self, topic: &str, timeout: Duration) -> Result<Option<u64>, KafkaError> {
        let name = CString::new(topic).expect("a topic name holds no NUL");
        let kind = rd::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
        let answers = Queue::new(self.0);
        let options = DescribeOptions::ask(self.0, self.topic_metadata(topic, timeout)?.any_broker());
        // SAFETY: client, name, options and queue are live; the call copies what it needs.
        unsafe {
            let mut resource = rd::rd_kafka_ConfigResource_new(kind, name.as_ptr());
            rd::rd_kafka_DescribeConfigs(self.0.ptr(), &mut resource, 1, options.0, answers.ptr());
            rd::rd_kafka_ConfigResource_destroy(resource);
        }
        let event = wait_for(&answers, rd::RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, timeout)?;
        config_value(&event, c"max.message.bytes").map(|value| value.and_then(|v| v.parse().ok()))
    }
}

/// Waits for the answer to an admin request.
pub(super) fn wait_for(answers: &Queue, kind: i32, timeout: Duration) -> Result<Event, KafkaError> {
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match answers.wait_event(ms(left)) {
            Some(event) if event.kind() == kind => {
                event.error()?;
                return Ok(event);
            }
            None if left.is_zero() => {
                return Err(KafkaError::from_code(rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__TIMED_OUT));
            }
            _ => {}
        }
    }
}

fn topic_result(event: &Event) -> Result<(), KafkaError> {
    // SAFETY: the event is of this kind and live; the array holds `count` results that live as long.
    unsafe {
        let result = rd::rd_kafka_event_CreateTopics_result(event.ptr());
        let mut count = 0;
        let topics = rd::rd_kafka_CreateTopics_result_topics(result, &mut count);
        for index in 0..count {
            let topic = *topics.add(index);
            let code = rd::rd_kafka_topic_result_error(topic);
            if code != rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                let text = rd::rd_kafka_topic_result_error_string(topic);
                let text = if text.is_null() { "".into() } else { CStr::from_ptr(text).to_string_lossy() };
                return Err(KafkaError::with_text(code, text));
            }
        }
    }
    Ok(())
}

fn config_value(event: &Event, wanted: &CStr) -> Result<Option<String>, KafkaError> {
    // SAFETY: the event is of this kind and live; arrays have the lengths told and live as long.
    unsafe {
        let result = rd::rd_kafka_event_DescribeConfigs_result(event.ptr());
        let mut count = 0;
        let resources = rd::rd_kafka_DescribeConfigs_result_resources(result, &mut count);
        for index in 0..count {
            let resource = *resources.add(index);
            KafkaError::check(rd::rd_kafka_ConfigResource_error(resource))?;
            let mut entry_count = 0;
            let entries = rd::rd_kafka_ConfigResource_configs(resource, &mut entry_count);
            for entry in 0..entry_count {
                let entry = *entries.add(entry);
                if CStr::from_ptr(rd::rd_kafka_ConfigEntry_name(entry)) == wanted {
                    let value = rd::rd_kafka_ConfigEntry_value(entry);
                    return Ok(
                        (!value.is_null()).then(|| CStr::from_ptr(value).to_string_lossy().into_owned())
                    );
                }
            }
        }
    }
    Ok(None)
}

/// The options of a DescribeConfigs request, owned.
struct DescribeOptions(*mut rd::rd_kafka_AdminOptions_t);

impl DescribeOptions {
    /// Asks this broker. Any broker knows the configuration of topics; librdkafka would wait for the controller,
    /// which can be out of reach or, in its mock cluster, nobody.
    fn ask(client: &Native, broker: Option<i32>) -> Self {
        // SAFETY: the client is live; the options are ours. A refusal leaves librdkafka's own choice.
        unsafe {
            let kind = rd::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS;
            let options = rd::rd_kafka_AdminOptions_new(client.ptr(), kind);
            if let Some(id) = broker {
                rd::rd_kafka_AdminOptions_set_broker(options, id, ptr::null_mut(), 0);
            }
            Self(options)
        }
    }
}

impl Drop for DescribeOptions {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { rd::rd_kafka_AdminOptions_destroy(self.0) }
    }
}

/// A metadata answer, owned.
struct Metadata(*const rd::rd_kafka_metadata);

impl Metadata {
    /// The broker that answered, or else any.
    fn any_broker(&self) -> Option<i32> {
        // SAFETY: the answer is live; the array has the length that it tells.
        unsafe {
            let answer = &*self.0;
            let first = (answer.broker_cnt > 0).then(|| (*answer.brokers).id);
            // A bootstrap connection does not know yet which broker it leads to.
            Some(answer.orig_broker_id).filter(|id| *id >= 0).or(first)
        }
    }

    /// Each topic with its partitions, or why they are not known.
    fn topics(&self) -> Vec<(String, Result<Vec<i32>, KafkaError>)> {
        // SAFETY: the answer is live; arrays have the lengths that it tells.
        unsafe {
            let answer = &*self.0;
            let count = usize::try_from(answer.topic_cnt).unwrap_or(0);
            (0..count)
                .map(|index| {
                    let topic = &*answer.topics.add(index);
                    let name = CStr::from_ptr(topic.topic).to_string_lossy().into_owned();
                    let partition_count = usize::try_from(topic.partition_cnt).unwrap_or(0);
                    let partitions = (0..partition_count).map(|p| (*topic.partitions.add(p)).id).collect();
                    (name, KafkaError::check(topic.err).map(|()| partitions))
                })
                .collect()
        }
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { rd::rd_kafka_metadata_destroy(self.0) }
    }
}
