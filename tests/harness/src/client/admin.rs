//! Topics and their settings.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use rdkafka::admin::{
    AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};

use super::{Client, REQUEST_TIMEOUT};
use crate::wait;

/// Tests choose timestamps of any age.
const KEEP: (&str, &str) = ("retention.ms", "-1");

/// How long a broker that is up may take to say so.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

impl Client {
    /// Creates a topic with settings, and waits until the broker leads all its partitions. Records are kept
    /// however old their timestamps say they are, unless the settings say otherwise.
    pub fn create_topic(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        self.create(name, partitions, TopicReplication::Fixed(1), settings);
    }

    /// Creates a topic that [`Client::refuse`] makes refuse, on a broker with an absent peer
    /// (`Broker::start_with_absent_peer`).
    pub fn create_refusable_topic(&self, name: &str, partitions: i32) {
        let replicas: Vec<&[i32]> = (0..partitions).map(|_| &[1, 2][..]).collect();
        self.create(name, partitions, TopicReplication::Variable(&replicas), &[]);
    }

    /// Makes a refusable topic refuse all that is written: not enough replicas are in sync.
    pub fn refuse(&self, topic: &str) {
        self.alter_topic(topic, &[("min.insync.replicas", "2")]);
    }

    /// Makes a refusable topic accept again.
    pub fn accept(&self, topic: &str) {
        self.alter_topic(topic, &[("min.insync.replicas", "1")]);
    }

    fn create(&self, name: &str, partitions: i32, replicas: TopicReplication<'_>, settings: &[(&str, &str)]) {
        let topic = NewTopic::new(name, partitions, replicas).set(KEEP.0, KEEP.1);
        let topic = settings.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
        let results = block_on(self.admin.create_topics([&topic], &options()));
        for result in results.unwrap_or_else(|error| panic!("create topic {name}: {error}")) {
            result.unwrap_or_else(|(topic, code)| panic!("create topic {topic}: {code}"));
        }
        wait::until(&format!("topic {name} to be led"), || {
            self.partition_count(name).filter(|count| *count == partitions)
        });
    }

    /// Deletes a topic, and waits until the broker does not know it any more.
    pub fn delete_topic(&self, name: &str) {
        let results = block_on(self.admin.delete_topics(&[name], &options()));
        for result in results.unwrap_or_else(|error| panic!("delete topic {name}: {error}")) {
            result.unwrap_or_else(|(topic, code)| panic!("delete topic {topic}: {code}"));
        }
        wait::until(&format!("topic {name} to be gone"), || {
            self.partition_count(name).is_none().then_some(())
        });
    }

    /// Adds partitions to a topic, and waits until the broker leads all `count` of them.
    pub fn grow_topic(&self, name: &str, count: i32) {
        let wanted = usize::try_from(count).expect("a number of partitions is positive");
        let results = block_on(self.admin.create_partitions(&[NewPartitions::new(name, wanted)], &options()));
        for result in results.unwrap_or_else(|error| panic!("grow topic {name}: {error}")) {
            result.unwrap_or_else(|(topic, code)| panic!("grow topic {topic}: {code}"));
        }
        wait::until(&format!("topic {name} to have {count} partitions"), || {
            self.partition_count(name).filter(|found| *found == count)
        });
    }

    /// Gives a topic these settings; all others go back to what [`Client::create_topic`] gives.
    pub fn alter_topic(&self, name: &str, settings: &[(&str, &str)]) {
        let resource = AlterConfig::new(ResourceSpecifier::Topic(name)).set(KEEP.0, KEEP.1);
        let resource = settings.iter().fold(resource, |resource, (key, value)| resource.set(key, value));
        let results = block_on(self.admin.alter_configs([&resource], &options()));
        for result in results.unwrap_or_else(|error| panic!("alter topic {name}: {error}")) {
            result.unwrap_or_else(|(_, code)| panic!("alter topic {name}: {code}"));
        }
    }

    /// Deletes the records of a partition below `offset`, as retention does.
    pub fn delete_records(&self, topic: &str, partition: i32, offset: i64) {
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("an offset is valid");
        let deleted = block_on(self.admin.delete_records(&before, &options()));
        for element in deleted.unwrap_or_else(|error| panic!("delete records of {topic}: {error}")).elements()
        {
            element.error().unwrap_or_else(|error| panic!("delete records of {topic}: {error}"));
        }
    }

    /// Number of partitions that have a leader; `None` where the topic does not exist.
    pub fn partition_count(&self, topic: &str) -> Option<i32> {
        let metadata = self.admin.inner().fetch_metadata(Some(topic), REQUEST_TIMEOUT).ok()?;
        let topic =
            metadata.topics().iter().find(|found| found.name() == topic && found.error().is_none())?;
        let led = topic.partitions().iter().filter(|partition| partition.leader() >= 0).count();
        i32::try_from(led).ok().filter(|count| *count > 0)
    }

    /// Number of brokers that are known by one that answers; 0 while none does.
    pub fn broker_count(&self) -> usize {
        self.admin.inner().fetch_metadata(None, PROBE_TIMEOUT).map_or(0, |metadata| metadata.brokers().len())
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(REQUEST_TIMEOUT)).operation_timeout(Some(REQUEST_TIMEOUT))
}

/// Runs one of the admin client's futures on this thread: they only wait for a channel.
fn block_on<T>(future: impl Future<Output = KafkaResult<T>>) -> KafkaResult<T> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}
