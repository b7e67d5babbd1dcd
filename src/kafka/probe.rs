//! Looks at a cluster without changing it, for `check --online`; and tries whether clients can be made at all.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};

use std::time::{Duration, Instant};

use rdkafka::bindings as rd;

use super::admin::wait_for;
use super::conf;
use super::consumer::{Consumer, ConsumerEvent};
use super::error::KafkaError;
use super::native::Native;
use super::queue::Queue;
use super::wake::Waker;
use super::{ConsumerSettings, ProducerSettings};

/// Room for error texts of admin calls, in bytes.
const ERROR_TEXT_BYTES: usize = 512;

/// How long one try to reach a broker takes, before it is asked what was in the way.
const TRY: Duration = Duration::from_secs(1);

/// How long to wait for a coordinator that is being made, before it is asked again.
const COORDINATOR_PAUSE: Duration = Duration::from_millis(100);

/// A connection to one cluster that only asks.
#[derive(Debug)]
pub struct Probe {
    client: Consumer,
    timeout: Duration,
}

/// What the cluster tells of a topic or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether this client may read it; `None` where the broker does not tell.
    pub may_read: Option<bool>,
    /// Whether this client may write it; `None` where the broker does not tell.
    pub may_write: Option<bool>,
}

impl Probe {
    /// A connection with a lane's own settings; each question waits for at most `timeout`.
    ///
    /// # Errors
    ///
    /// A property that librdkafka refuses.
    pub fn new(
        properties: &BTreeMap<String, String>,
        group: &str,
        timeout: Duration,
    ) -> Result<Self, KafkaError> {
        let client_id = "millstream-check".to_owned();
        let settings = ConsumerSettings { properties, group, instance: None, client_id };
        Ok(Self { client: Consumer::new(&settings, &Waker::of_this_thread())?, timeout })
    }

    /// The names of all topics that this client may see.
    ///
    /// # Errors
    ///
    /// No broker answers: why not, as far as the client has heard.
    pub fn topics(&self) -> Result<Vec<String>, KafkaError> {
        let deadline = Instant::now() + self.timeout;
        let mut heard = None;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let error = match self.client.cluster().all_topics(left.min(TRY)) {
                Ok(topics) => return Ok(topics),
                Err(error) => error,
            };
            let (trouble, all_down) = self.heard();
            heard = trouble.or(heard);
            if all_down || left.is_zero() {
                return Err(heard.unwrap_or(error));
            }
        }
    }

    fn native(&self) -> &Native {
        self.client.cluster().0
    }

    /// The last trouble with a connection, which says more than that time ran out; and whether no broker is left.
    fn heard(&self) -> (Option<KafkaError>, bool) {
        let events = std::iter::from_fn(|| self.client.poll());
        let errors = events.filter_map(|event| match event {
            ConsumerEvent::Error { error, .. } => Some(error),
            _ => None,
        });
        let (down, trouble): (Vec<_>, Vec<_>) = errors.partition(|error| error.name() == "_ALL_BROKERS_DOWN");
        (trouble.into_iter().last(), !down.is_empty())
    }

    /// What this client may do with a topic.
    ///
    /// # Errors
    ///
    /// The topic does not exist (`KafkaError::is_unknown_topic`), is not to be seen, or no answer came in time.
    pub fn topic(&self, name: &str) -> Result<Access, KafkaError> {
        let c_name = CString::new(name).expect("a topic name holds no NUL");
        let client = self.native().ptr();
        let answers = Queue::new(self.native());
        let kind = rd::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
        // SAFETY: client, queue and name are live; the call copies options and names, which are ours and
        // destroyed once.
        unsafe {
            let options = with_operations(client, kind);
            let topics = rd::rd_kafka_TopicCollection_of_topic_names(&mut c_name.as_ptr(), 1);
            rd::rd_kafka_DescribeTopics(client, topics, options, answers.ptr());
            rd::rd_kafka_TopicCollection_destroy(topics);
            rd::rd_kafka_AdminOptions_destroy(options);
        }
        let event = wait_for(&answers, rd::RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT, self.timeout)?;
        // SAFETY: the event is of this kind and live; the array has the length told and lives as long.
        unsafe {
            let result = rd::rd_kafka_event_DescribeTopics_result(event.ptr());
            let mut count = 0;
            let topics = rd::rd_kafka_DescribeTopics_result_topics(result, &mut count);
            if count == 0 {
                return Ok(Access { may_read: None, may_write: None });
            }
            let topic = *topics;
            check_borrowed(rd::rd_kafka_TopicDescription_error(topic))?;
            let operations = rd::rd_kafka_TopicDescription_authorized_operations(topic, &mut count);
            Ok(access(operations, count))
        }
    }

    /// What this client may do with a consumer group.
    ///
    /// # Errors
    ///
    /// The group is not to be seen, or no answer came in time.
    pub fn group(&self, name: &str) -> Result<Access, KafkaError> {
        let deadline = Instant::now() + self.timeout;
        loop {
            match self.group_now(name) {
                // The first group of a cluster makes it create the topic that groups live in.
                Err(error) if is_coordinator_moving(&error) && Instant::now() < deadline => {
                    std::thread::sleep(COORDINATOR_PAUSE);
                }
                answer => return answer,
            }
        }
    }

    fn group_now(&self, name: &str) -> Result<Access, KafkaError> {
        let c_name = CString::new(name).expect("`check` refuses control characters");
        let client = self.native().ptr();
        let answers = Queue::new(self.native());
        let kind = rd::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS;
        // SAFETY: as in `topic`.
        unsafe {
            let options = with_operations(client, kind);
            rd::rd_kafka_DescribeConsumerGroups(client, &mut c_name.as_ptr(), 1, options, answers.ptr());
            rd::rd_kafka_AdminOptions_destroy(options);
        }
        let event = wait_for(&answers, rd::RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT, self.timeout)?;
        // SAFETY: as in `topic`.
        unsafe {
            let result = rd::rd_kafka_event_DescribeConsumerGroups_result(event.ptr());
            let mut count = 0;
            let groups = rd::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut count);
            if count == 0 {
                return Ok(Access { may_read: None, may_write: None });
            }
            let group = *groups;
            check_borrowed(rd::rd_kafka_ConsumerGroupDescription_error(group))?;
            let operations = rd::rd_kafka_ConsumerGroupDescription_authorized_operations(group, &mut count);
            Ok(access(operations, count))
        }
    }

    /// A topic's `max.message.bytes`; `None` where the broker does not tell, or not to this client.
    pub fn max_message_bytes(&self, topic: &str) -> Option<u64> {
        self.client.cluster().max_message_bytes(topic, self.timeout).ok().flatten()
    }

    /// Asks the controller whether it would create a topic, without creating it.
    ///
    /// # Errors
    ///
    /// Why it would not, or that no answer came in time.
    pub fn would_create(&self, topic: &str, partitions: i32, replication: i32) -> Result<(), KafkaError> {
        let name = CString::new(topic).expect("a topic name holds no NUL");
        let client = self.native().ptr();
        let answers = Queue::new(self.native());
        let mut text = [0; ERROR_TEXT_BYTES];
        // SAFETY: client, queue, name and buffer are live; the topic and the options are ours, copied by the call
        // and destroyed once.
        unsafe {
            let mut new = rd::rd_kafka_NewTopic_new(
                name.as_ptr(),
                partitions,
                replication,
                text.as_mut_ptr(),
                text.len(),
            );
            if new.is_null() {
                let text = CStr::from_ptr(text.as_ptr()).to_string_lossy();
                return Err(KafkaError::with_text(
                    rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__INVALID_ARG,
                    text,
                ));
            }
            let kind = rd::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATETOPICS;
            let options = rd::rd_kafka_AdminOptions_new(client, kind);
            rd::rd_kafka_AdminOptions_set_validate_only(options, 1, text.as_mut_ptr(), text.len());
            rd::rd_kafka_CreateTopics(client, &mut new, 1, options, answers.ptr());
            rd::rd_kafka_NewTopic_destroy(new);
            rd::rd_kafka_AdminOptions_destroy(options);
        }
        let event = wait_for(&answers, rd::RD_KAFKA_EVENT_CREATETOPICS_RESULT, self.timeout)?;
        // SAFETY: the event is of this kind and live; the array has the length told and lives as long.
        unsafe {
            let result = rd::rd_kafka_event_CreateTopics_result(event.ptr());
            let mut count = 0;
            let topics = rd::rd_kafka_CreateTopics_result_topics(result, &mut count);
            if count == 0 {
                return Ok(());
            }
            let code = rd::rd_kafka_topic_result_error(*topics);
            let text = rd::rd_kafka_topic_result_error_string(*topics);
            let text = if text.is_null() { "".into() } else { CStr::from_ptr(text).to_string_lossy() };
            KafkaError::check(code).map_err(|_| KafkaError::with_text(code, text))
        }
    }
}

fn is_coordinator_moving(error: &KafkaError) -> bool {
    let names = ["NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE", "COORDINATOR_LOAD_IN_PROGRESS"];
    names.contains(&error.name().as_str())
}

/// Options that ask for what the client may do.
///
/// # Safety
///
/// `client` is live; who calls destroys the options.
unsafe fn with_operations(
    client: *mut rd::rd_kafka_t,
    kind: rd::rd_kafka_admin_op_t,
) -> *mut rd::rd_kafka_AdminOptions_t {
    // SAFETY: the client is live; an error object, which an option of this kind does not give, is destroyed.
    unsafe {
        let options = rd::rd_kafka_AdminOptions_new(client, kind);
        let error = rd::rd_kafka_AdminOptions_set_include_authorized_operations(options, 1);
        if !error.is_null() {
            rd::rd_kafka_error_destroy(error);
        }
        options
    }
}

/// An error object that belongs to a result; null is no error.
///
/// # Safety
///
/// `error` is null or lives through the call.
unsafe fn check_borrowed(error: *const rd::rd_kafka_error_t) -> Result<(), KafkaError> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: a live error; its text lives as long.
    unsafe {
        let code = rd::rd_kafka_error_code(error);
        let text = CStr::from_ptr(rd::rd_kafka_error_string(error)).to_string_lossy().into_owned();
        KafkaError::check(code).map_err(|_| KafkaError::with_text(code, text))
    }
}

/// # Safety
///
/// `operations` is null or holds `count` operations.
unsafe fn access(operations: *const rd::rd_kafka_AclOperation_t, count: usize) -> Access {
    use rd::rd_kafka_AclOperation_t as Operation;
    if operations.is_null() {
        return Access { may_read: None, may_write: None };
    }
    // SAFETY: as the caller says.
    let operations = unsafe { std::slice::from_raw_parts(operations, count) };
    let may = |operation| Some(operations.contains(&operation));
    Access {
        may_read: may(Operation::RD_KAFKA_ACL_OPERATION_READ),
        may_write: may(Operation::RD_KAFKA_ACL_OPERATION_WRITE),
    }
}

/// Makes a lane's two clients, without any broker to connect to, and lets them go: librdkafka judges there what
/// it cannot judge one property at a time, and opens the files that properties name.
///
/// # Errors
///
/// Why one of them cannot be made, in librdkafka's words, which can hold values.
pub fn try_clients(
    consumer: &BTreeMap<String, String>,
    producer: &BTreeMap<String, String>,
) -> Result<(), KafkaError> {
    let client_id = "millstream-check".to_owned();
    let consumer = conf::consumer(&ConsumerSettings {
        properties: consumer,
        group: "millstream-check",
        instance: None,
        client_id: client_id.clone(),
    });
    let producer = conf::producer(&ProducerSettings {
        properties: producer,
        client_id,
        batch_bytes_max: None,
        one_record_a_batch: false,
    });
    let try_one = |kind, mut properties: BTreeMap<String, String>| {
        properties.remove("bootstrap.servers");
        Native::new(kind, &properties, 0).map(drop)
    };
    try_one(rd::rd_kafka_type_t::RD_KAFKA_CONSUMER, consumer)?;
    try_one(rd::rd_kafka_type_t::RD_KAFKA_PRODUCER, producer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn clients_that_can_be_made_are_made() {
        let none = properties(&[("bootstrap.servers", "localhost:1")]);
        assert_eq!(try_clients(&none, &none), Ok(()));
    }

    #[test]
    fn what_only_a_client_notices_is_told() {
        let none = properties(&[]);
        let ca = properties(&[("security.protocol", "ssl"), ("ssl.ca.location", "/nowhere/ca.pem")]);
        let error = try_clients(&ca, &none).unwrap_err().to_string();
        assert!(error.contains("ssl.ca.location"), "{error}");
        let poll = properties(&[("session.timeout.ms", "60000"), ("max.poll.interval.ms", "10000")]);
        let error = try_clients(&poll, &none).unwrap_err().to_string();
        assert!(error.contains("max.poll.interval.ms"), "{error}");
        let gssapi = properties(&[("security.protocol", "sasl_ssl")]);
        let error = try_clients(&none, &gssapi).unwrap_err().to_string();
        assert!(error.contains("GSSAPI"), "{error}");
    }
}
