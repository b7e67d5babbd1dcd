//! Asking how far a group is behind, without waiting: the answers come as events.
//!
//! What a consumer caches of its partitions' ends is as old as its last fetch, and under back-pressure it fetches nothing.

use std::ffi::CString;
use std::ptr;
use std::time::Duration;

use rdkafka::bindings as rd;

use super::consumer::{Consumer, ms};
use super::error::KafkaError;
use super::native::Native;
use super::partitions::{self, PartitionList, TopicPartition, TopicPartitionOffset};
use super::queue::Event;

impl Consumer {
    /// Asks for the end of each partition: the last stable offset where only what is committed is read. The answer is
    /// `ConsumerEvent::Ends`, exactly one.
    pub fn ask_ends(&self, partitions: &[TopicPartition], timeout: Duration) {
        let latest = rd::rd_kafka_OffsetSpec_t::RD_KAFKA_OFFSET_SPEC_LATEST as i64;
        let list = PartitionList::with_offsets(partitions.iter().map(|at| (at, latest)));
        let options =
            Options::new(self.client(), rd::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTOFFSETS, timeout);
        options.set_isolation(self.reads_committed());
        // SAFETY: client, list, options and queue are live; the call copies what it needs and does not wait.
        unsafe {
            rd::rd_kafka_ListOffsets(self.client().ptr(), list.as_ptr(), options.0, self.events().ptr());
        }
    }

    /// Asks what the group has committed of these partitions. The answer is `ConsumerEvent::GroupOffsets`, exactly one.
    pub fn ask_group_offsets(&self, group: &str, partitions: &[TopicPartition], timeout: Duration) {
        let group = CString::new(group).expect("a group's name holds no NUL");
        let list = PartitionList::of(partitions);
        let kind = rd::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS;
        let options = Options::new(self.client(), kind, timeout);
        // SAFETY: all are live; both calls copy what they need; the request is destroyed once.
        unsafe {
            let mut request = rd::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), list.as_ptr());
            rd::rd_kafka_ListConsumerGroupOffsets(
                self.client().ptr(),
                &mut request,
                1,
                options.0,
                self.events().ptr(),
            );
            rd::rd_kafka_ListConsumerGroupOffsets_destroy(request);
        }
    }
}

/// The answer to `ask_ends`; partitions that failed have their own error.
pub(super) fn ends(event: &Event) -> Result<Vec<TopicPartitionOffset>, KafkaError> {
    event.error()?;
    // SAFETY: the event is of this kind and live; the array holds `count` results that live as long.
    unsafe {
        let result = rd::rd_kafka_event_ListOffsets_result(event.ptr());
        let mut count = 0;
        let infos = rd::rd_kafka_ListOffsets_result_infos(result, &mut count);
        Ok((0..count)
            .map(|index| {
                partitions::read_one(&*rd::rd_kafka_ListOffsetsResultInfo_topic_partition(*infos.add(index)))
            })
            .collect())
    }
}

/// The answer to `ask_group_offsets`.
pub(super) fn group_offsets(event: &Event) -> Result<Vec<TopicPartitionOffset>, KafkaError> {
    event.error()?;
    // SAFETY: as above; a group's list and error live as long as the event.
    unsafe {
        let result = rd::rd_kafka_event_ListConsumerGroupOffsets_result(event.ptr());
        let mut count = 0;
        let groups = rd::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count);
        let mut all = Vec::new();
        for index in 0..count {
            let group = *groups.add(index);
            let error = rd::rd_kafka_group_result_error(group);
            if !error.is_null() {
                return Err(KafkaError::from_code(rd::rd_kafka_error_code(error)));
            }
            all.extend(partitions::read(rd::rd_kafka_group_result_partitions(group)));
        }
        Ok(all)
    }
}

/// The options of an admin request, owned.
struct Options(*mut rd::rd_kafka_AdminOptions_t);

impl Options {
    fn new(client: &Native, kind: rd::rd_kafka_admin_op_t, timeout: Duration) -> Self {
        // SAFETY: the client is live; the options are ours. A refusal leaves librdkafka's own time-out.
        unsafe {
            let options = rd::rd_kafka_AdminOptions_new(client.ptr(), kind);
            rd::rd_kafka_AdminOptions_set_request_timeout(options, ms(timeout), ptr::null_mut(), 0);
            Self(options)
        }
    }

    fn set_isolation(&self, reads_committed: bool) {
        use rd::rd_kafka_IsolationLevel_t as Level;
        let level = if reads_committed {
            Level::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
        } else {
            Level::RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED
        };
        // SAFETY: the options are live; the error object is ours.
        let result =
            unsafe { KafkaError::check_object(rd::rd_kafka_AdminOptions_set_isolation_level(self.0, level)) };
        if let Err(error) = result {
            tracing::debug!(%error, "isolation level of a question for ends");
        }
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { rd::rd_kafka_AdminOptions_destroy(self.0) }
    }
}
