//! Deletes topics and groups that the demo made on brokers of the user's; nothing else deletes anything.

use std::ffi::CString;
use std::ptr;
use std::time::Duration;

use rdkafka::bindings as rd;

use super::admin::{Cluster, wait_for};
use super::error::KafkaError;
use super::queue::Queue;

impl Cluster<'_> {
    /// Deletes topics.
    ///
    /// # Errors
    ///
    /// The first that a broker refused, or no answer in time.
    pub fn delete_topics(&self, topics: &[&str], timeout: Duration) -> Result<(), KafkaError> {
        let answers = Queue::new(self.0);
        let names = c_names(topics);
        // SAFETY: client, names and queue are live; the call copies what it needs; each request is destroyed once.
        unsafe {
            let mut requests: Vec<_> =
                names.iter().map(|name| rd::rd_kafka_DeleteTopic_new(name.as_ptr())).collect();
            rd::rd_kafka_DeleteTopics(
                self.0.ptr(),
                requests.as_mut_ptr(),
                requests.len(),
                ptr::null(),
                answers.ptr(),
            );
            rd::rd_kafka_DeleteTopic_destroy_array(requests.as_mut_ptr(), requests.len());
        }
        let event = wait_for(&answers, rd::RD_KAFKA_EVENT_DELETETOPICS_RESULT, timeout)?;
        // SAFETY: the event is of this kind and live; the array holds `count` results that live as long.
        unsafe {
            let mut count = 0;
            let result = rd::rd_kafka_event_DeleteTopics_result(event.ptr());
            let topics = rd::rd_kafka_DeleteTopics_result_topics(result, &mut count);
            (0..count)
                .try_for_each(|index| KafkaError::check(rd::rd_kafka_topic_result_error(*topics.add(index))))
        }
    }

    /// Deletes groups that have no member.
    ///
    /// # Errors
    ///
    /// The first that a broker refused, or no answer in time.
    pub fn delete_groups(&self, groups: &[&str], timeout: Duration) -> Result<(), KafkaError> {
        let answers = Queue::new(self.0);
        let names = c_names(groups);
        // SAFETY: client, names and queue are live; the call copies what it needs; each request is destroyed once.
        unsafe {
            let mut requests: Vec<_> =
                names.iter().map(|name| rd::rd_kafka_DeleteGroup_new(name.as_ptr())).collect();
            rd::rd_kafka_DeleteGroups(
                self.0.ptr(),
                requests.as_mut_ptr(),
                requests.len(),
                ptr::null(),
                answers.ptr(),
            );
            rd::rd_kafka_DeleteGroup_destroy_array(requests.as_mut_ptr(), requests.len());
        }
        let event = wait_for(&answers, rd::RD_KAFKA_EVENT_DELETEGROUPS_RESULT, timeout)?;
        // SAFETY: the event is of this kind and live; the array holds `count` results that live as long.
        unsafe {
            let mut count = 0;
            let result = rd::rd_kafka_event_DeleteGroups_result(event.ptr());
            let groups = rd::rd_kafka_DeleteGroups_result_groups(result, &mut count);
            (0..count).try_for_each(|index| {
                let error = rd::rd_kafka_group_result_error(*groups.add(index));
                let code = if error.is_null() {
                    rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
                } else {
                    rd::rd_kafka_error_code(error)
                };
                KafkaError::check(code)
            })
        }
    }
}

fn c_names(names: &[&str]) -> Vec<CString> {
    names.iter().map(|name| CString::new(*name).expect("a name holds no NUL")).collect()
}
