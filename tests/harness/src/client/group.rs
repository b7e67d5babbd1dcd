//! Consumer groups as the broker sees them.
//!
//! The generation and the members' assignments are in no describe call that librdkafka has, so they are read from where
//! the coordinator itself keeps them: the group-metadata records of `__consumer_offsets`. That works with every broker,
//! shared or not, for groups of the classic protocol.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::metadata::{self, GroupGeneration, GroupMetadata};
use super::{Client, REQUEST_TIMEOUT, config};
use crate::wait;

const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// What the coordinator says of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupState {
    /// `Stable`, `Empty`, `Dead`, `PreparingRebalance`, `CompletingRebalance`.
    pub state: String,
    /// The ids of its members, sorted.
    pub members: Vec<String>,
}

/// A view on the commits of a group.
pub struct Commits {
    member: BaseConsumer,
}

impl Commits {
    /// Whether each of the partitions is committed at its offset or beyond. No, while the broker does not answer.
    pub fn reached(&self, topic: &str, offsets: &[(i32, i64)]) -> bool {
        let mut asked = TopicPartitionList::new();
        for (partition, _) in offsets {
            asked.add_partition(topic, *partition);
        }
        let Ok(answer) = self.member.committed_offsets(asked, REQUEST_TIMEOUT) else { return false };
        offsets.iter().all(|(partition, wanted)| match answer.find_partition(topic, *partition) {
            Some(found) => matches!(found.offset(), Offset::Offset(offset) if offset >= *wanted),
            None => false,
        })
    }
}

impl Client {
    /// The committed offset of a partition; `None` where nothing is committed.
    pub fn committed(&self, group: &str, topic: &str, partition: i32) -> Option<i64> {
        let mut asked = TopicPartitionList::new();
        asked.add_partition(topic, partition);
        let answer = self.member(group).committed_offsets(asked, REQUEST_TIMEOUT);
        let answer = answer.unwrap_or_else(|error| panic!("committed offsets of {group}: {error}"));
        match answer.find_partition(topic, partition)?.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    /// Waits until each of the partitions is committed at its offset or beyond.
    pub fn wait_committed(&self, group: &str, topic: &str, offsets: &[(i32, i64)]) {
        let commits = self.commits(group);
        let what = format!("{group} to commit {offsets:?} of {topic}");
        wait::until(&what, || commits.reached(topic, offsets).then_some(()));
    }

    /// A view on the commits of a group, to be asked again and again.
    pub fn commits(&self, group: &str) -> Commits {
        Commits { member: self.member(group) }
    }

    /// Commits an offset for a group that has no member.
    pub fn commit(&self, group: &str, topic: &str, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("an offset is valid");
        let done = self.member(group).commit(&list, rdkafka::consumer::CommitMode::Sync);
        done.unwrap_or_else(|error| panic!("commit {topic}/{partition} for {group}: {error}"));
    }

    /// The group's state and members; `None` while the coordinator does not know it.
    pub fn group(&self, group: &str) -> Option<GroupState> {
        let list = self.admin.inner().fetch_group_list(Some(group), REQUEST_TIMEOUT).ok()?;
        let found = list.groups().iter().find(|found| found.name() == group)?;
        let mut members: Vec<String> = found.members().iter().map(|member| member.id().to_owned()).collect();
        members.sort();
        Some(GroupState { state: found.state().to_owned(), members })
    }

    /// The group's generation; `None` before its first rebalance.
    pub fn generation(&self, group: &str) -> Option<GroupGeneration> {
        self.group_metadata(group).map(|found| found.generation)
    }

    /// The group as its last rebalance, or the return of a static member, left it; `None` before the first one.
    pub fn group_metadata(&self, group: &str) -> Option<GroupMetadata> {
        let partitions = self.partition_count(OFFSETS_TOPIC)?;
        let records = self.read_partition(OFFSETS_TOPIC, coordinator_partition(group, partitions));
        let of_group = |key: &[u8]| metadata::group_of_key(key).as_deref() == Some(group);
        let newest = records.iter().rfind(|record| record.key.as_deref().is_some_and(of_group))?;
        metadata::group_of_value(newest.value.as_deref()?)
    }

    fn member(&self, group: &str) -> BaseConsumer {
        let mut config = config(&self.bootstrap);
        config.set("group.id", group).set("enable.auto.commit", "false");
        config.create().expect("the properties are librdkafka's own")
    }
}

/// `Utils.abs(group.hashCode()) % partitions`, as the coordinator places groups; the absolute value of the
/// smallest integer is 0 there.
fn coordinator_partition(group: &str, partitions: i32) -> i32 {
    let hash =
        group.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    hash.checked_abs().unwrap_or(0) % partitions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_placed_as_the_coordinator_places_them() {
        // Java: "orders".hashCode() == -1008770331, and Kafka takes its absolute value.
        assert_eq!(coordinator_partition("orders", 50), 31);
    }
}
