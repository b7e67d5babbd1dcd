//! Where the demo plays: a cluster in the process, or brokers of the user's with topics that nobody else has.

use std::time::{Duration, Instant};

use crate::config::spec::Config;
use crate::kafka::{Cluster, KafkaError, MockCluster, Producer, ProducerSettings, Waker};

use super::DemoError;
use super::shipped::{self, CLICKS};

/// Partitions of the click stream.
const CLICKS_PARTITIONS: i32 = 4;

/// Partitions of what is written.
const OUTPUT_PARTITIONS: i32 = 2;

/// Brokers of the cluster in the process.
const MOCK_BROKERS: i32 = 3;

/// How long brokers may take to answer one call.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long it may take to reach the user's brokers.
const REACH_TIMEOUT: Duration = Duration::from_secs(5);

/// How long topics that were created may take to be seen.
const TOPICS_TIMEOUT: Duration = Duration::from_secs(10);

/// The brokers, with all topics there.
#[derive(Debug)]
pub(super) enum Brokers {
    /// In this process; gone with it.
    Own(MockCluster),
    /// The user's.
    Given {
        /// `host:port`.
        bootstrap: String,
        /// What all names of the demo on these brokers begin with.
        prefix: String,
    },
}

impl Brokers {
    /// A cluster in this process, or the brokers that were given.
    ///
    /// # Errors
    ///
    /// The cluster cannot be started.
    pub(super) fn choose(given: Option<&str>) -> Result<Self, DemoError> {
        Ok(match given {
            None => Self::Own(MockCluster::start(MOCK_BROKERS).map_err(DemoError::Cluster)?),
            Some(bootstrap) => {
                let prefix = format!("millstream-demo-{:06x}.", fastrand::u32(..1 << 24));
                Self::Given { bootstrap: bootstrap.to_owned(), prefix }
            }
        })
    }

    pub(super) fn bootstrap(&self) -> String {
        match self {
            Self::Own(cluster) => cluster.bootstrap_servers(),
            Self::Given { bootstrap, .. } => bootstrap.clone(),
        }
    }

    /// What all names of the demo on these brokers begin with.
    pub(super) fn prefix(&self) -> &str {
        match self {
            Self::Own(_) => "",
            Self::Given { prefix, .. } => prefix,
        }
    }

    /// Where it plays, in a few words.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Own(_) => "a Kafka cluster in this process (librdkafka's mock)".to_owned(),
            Self::Given { bootstrap, .. } => bootstrap.clone(),
        }
    }

    /// What is said of them at the start.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Own(_) => self.place(),
            Self::Given { bootstrap, prefix } => {
                format!("{bootstrap}, topics and groups named {prefix}*, deleted at the end")
            }
        }
    }

    /// Sees whether the user's brokers answer.
    ///
    /// # Errors
    ///
    /// They do not.
    pub(super) fn reach(&self, config: &Config) -> Result<(), DemoError> {
        let Self::Given { bootstrap, .. } = self else { return Ok(()) };
        let answer = client(config).and_then(|client| client.cluster().all_topics(REACH_TIMEOUT));
        answer.map(drop).map_err(|error| DemoError::Unreachable { bootstrap: bootstrap.clone(), error })
    }

    /// Fits the pipelines to where they run.
    pub(super) fn tune(&self, config: &mut Config) {
        if let Self::Own(_) = self {
            for pipeline in &mut config.pipelines {
                // Where nothing is there, the mock lets a fetch wait to its end, whatever comes meanwhile.
                pipeline.kafka.consumer.insert("fetch.wait.max.ms".into(), "50".into());
            }
        }
    }

    /// Creates the topics that the demo reads and writes.
    ///
    /// # Errors
    ///
    /// As the brokers say.
    pub(super) fn create_topics(&self, config: &Config) -> Result<(), DemoError> {
        let clicks = format!("{}{CLICKS}", self.prefix());
        let outputs = shipped::written(config).map(|topic| (topic, OUTPUT_PARTITIONS));
        let topics = std::iter::once((clicks.as_str(), CLICKS_PARTITIONS)).chain(outputs);
        match self {
            Self::Own(cluster) => {
                topics.into_iter().try_for_each(|(topic, partitions)| cluster.create_topic(topic, partitions))
            }
            Self::Given { .. } => {
                let client = client(config).map_err(DemoError::Topics)?;
                topics
                    .into_iter()
                    .try_for_each(|(topic, partitions)| create(client.cluster(), topic, partitions))
            }
        }
        .map_err(DemoError::Topics)
    }

    /// Deletes what the demo made on the user's brokers.
    ///
    /// # Errors
    ///
    /// What they refused; the rest is deleted all the same.
    pub(super) fn clean(&self, config: &Config) -> Result<(), KafkaError> {
        let Self::Given { prefix, .. } = self else { return Ok(()) };
        let client = client(config)?;
        let clicks = format!("{prefix}{CLICKS}");
        let topics: Vec<&str> = std::iter::once(clicks.as_str()).chain(shipped::written(config)).collect();
        let groups: Vec<&str> =
            config.pipelines.iter().map(|pipeline| pipeline.source.group.as_str()).collect();
        let groups_deleted = client.cluster().delete_groups(&groups, CALL_TIMEOUT);
        client.cluster().delete_topics(&topics, CALL_TIMEOUT).and(groups_deleted)
    }
}

/// Creates a topic and waits until it can be seen.
fn create(cluster: Cluster<'_>, topic: &str, partitions: i32) -> Result<(), KafkaError> {
    // -1: as many replicas as the brokers' default (KIP-464).
    cluster.create_topic(topic, partitions, -1, CALL_TIMEOUT)?;
    let until = Instant::now() + TOPICS_TIMEOUT;
    loop {
        match cluster.partitions_of(topic, CALL_TIMEOUT) {
            Err(error) if error.is_unknown_topic() && Instant::now() < until => {
                Waker::park(Duration::from_millis(50));
            }
            answer => return answer.map(drop),
        }
    }
}

/// A client to ask and tell the brokers by.
fn client(config: &Config) -> Result<Producer, KafkaError> {
    let first = config.pipelines.first().expect("the demo has pipelines");
    let settings = ProducerSettings {
        properties: &first.kafka.producer,
        client_id: "millstream-demo".into(),
        batch_bytes_max: None,
        one_record_a_batch: false,
    };
    Producer::new(&settings, &Waker::of_this_thread())
}
