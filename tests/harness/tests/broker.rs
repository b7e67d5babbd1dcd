//! The harness against a real broker: a layer that lost or mended something would blind every other test.

use std::time::Duration;

use millstream_harness::broker::Broker;
use millstream_harness::client::{Client, Ending, GroupGeneration, OffsetRange, Sent, Until};
use millstream_harness::{unique, wait};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

fn topic(client: &Client, partitions: i32, settings: &[(&str, &str)]) -> String {
    let name = unique::name("harness");
    client.create_topic(&name, partitions, settings);
    name
}

#[test]
fn records_come_back_byte_for_byte() {
    let client = Client::shared();
    let topic = topic(&client, 1, &[]);
    let sent = [
        Sent::value("a value alone"),
        Sent::keyed("", ""),
        Sent::tombstone("gone").at(1_700_000_000_123),
        Sent::keyed([0xff, 0], [0, 0xfe]).header("twice", Some(b"1")).header("twice", None),
        Sent::value(vec![b'x'; 900_000]).header([0xc3, 0x28], Some(b"")).header("twice", Some(&[0, 0xff])),
    ];
    client.produce(&topic, sent.iter().cloned().map(|record| record.to(0)));
    let stored = client.read(&topic);
    assert_eq!(stored.len(), sent.len());
    for (sent, stored) in sent.iter().zip(&stored) {
        assert_eq!((&sent.key, &sent.value, &sent.headers), (&stored.key, &stored.value, &stored.headers));
    }
    assert_eq!(stored[2].timestamp_ms, Some(1_700_000_000_123));
}

#[test]
fn an_aborted_transaction_leaves_only_a_gap() {
    let client = Client::shared();
    let topic = topic(&client, 1, &[]);
    client.produce_transaction(&topic, Ending::Commit, [Sent::value("one").to(0)]);
    client.produce_transaction(&topic, Ending::Abort, [Sent::value("two").to(0)]);
    client.produce_transaction(&topic, Ending::Commit, [Sent::value("three").to(0)]);
    let stored = client.read_until(&topic, Until::Records(2));
    let seen: Vec<_> = stored.iter().map(|record| (record.offset, record.text())).collect();
    assert_eq!(seen, [(0, "one"), (4, "three")]);
    assert_eq!(client.offsets(&topic, 0), OffsetRange { start: 0, end: 6 });
}

#[test]
fn deleted_records_move_the_start() {
    let client = Client::shared();
    let topic = topic(&client, 1, &[]);
    client.produce(&topic, (0..10).map(|n| Sent::value(format!("{n}")).to(0)));
    client.delete_records(&topic, 0, 7);
    assert_eq!(client.offsets(&topic, 0), OffsetRange { start: 7, end: 10 });
    assert_eq!(client.read(&topic).len(), 3);
}

#[test]
fn the_generation_counts_rebalances_and_commits_are_seen() {
    let client = Client::shared();
    let (topic, group) = (topic(&client, 2, &[]), unique::name("group"));
    assert_eq!(client.generation(&group), None);
    assert_eq!(client.committed(&group, &topic, 1), None);
    client.commit(&group, &topic, 1, 5);
    assert_eq!(client.committed(&group, &topic, 1), Some(5));
    let one = member(&client, &group, &topic);
    let first = client.generation(&group).expect("a group with a member has a generation");
    assert_eq!(client.group(&group).expect("the group is known").members.len(), 1);
    assert_eq!(client.generation(&group), Some(first), "nothing happened");
    drop(one);
    let _two = member(&client, &group, &topic);
    assert!(client.generation(&group) > Some(GroupGeneration(first.0)), "a member went and another came");
}

/// A consumer that has joined and holds an assignment.
fn member(client: &Client, group: &str, topic: &str) -> BaseConsumer {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", client.bootstrap()).set("group.id", group);
    let consumer: BaseConsumer = config.create().expect("plain properties");
    consumer.subscribe(&[topic]).expect("a plain subscription");
    wait::until("an assignment", || {
        // The topic is empty: polling only serves the group.
        assert!(consumer.poll(std::time::Duration::from_millis(50)).is_none_or(|message| message.is_err()));
        consumer.assignment().ok().filter(|assigned| assigned.count() > 0)
    });
    consumer
}

#[test]
fn altered_settings_take_effect_and_go_back() {
    let client = Client::shared();
    let topic = topic(&client, 1, &[]);
    client.alter_topic(&topic, &[("max.message.bytes", "200")]);
    let refused = std::panic::catch_unwind(|| {
        Client::shared().produce(&topic, [Sent::value(vec![b'x'; 1_000]).to(0)]);
    });
    assert!(refused.is_err(), "a producer must not swallow a refusal");
    client.alter_topic(&topic, &[]);
    client.produce(&topic, [Sent::value(vec![b'x'; 1_000]).to(0)]);
    assert_eq!(client.read(&topic).len(), 1);
}

#[test]
fn a_refusable_topic_refuses_and_accepts() {
    let client = Client::new(millstream_harness::broker::refusing());
    let topic = unique::name("refusable");
    client.create_refusable_topic(&topic, 2);
    client.produce(&topic, [Sent::value("taken").to(0), Sent::value("taken").to(1)]);
    client.refuse(&topic);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", client.bootstrap()).set("message.timeout.ms", "1500");
    let producer: ThreadedProducer<DefaultProducerContext> = config.create().expect("plain properties");
    let record = BaseRecord::<(), _>::to(&topic).payload("refused").partition(0);
    assert!(producer.send(record).is_ok(), "it is queued");
    producer.flush(Duration::from_secs(10)).expect("the message times out");
    assert_eq!(client.offsets(&topic, 0).end, 1);
    client.accept(&topic);
    client.produce(&topic, [Sent::value("taken again").to(0)]);
    assert_eq!(client.offsets(&topic, 0).end, 2);
}

#[test]
fn an_own_broker_keeps_its_data_through_a_kill() {
    let mut broker = Broker::start_own();
    let client = Client::new(broker.bootstrap());
    let topic = topic(&client, 1, &[]);
    client.produce(&topic, [Sent::value("kept").to(0)]);
    broker.kill();
    assert_eq!(client.broker_count(), 0);
    broker.restart();
    assert_eq!(client.read_count(&topic, 1)[0].text(), "kept");
    broker.freeze();
    broker.thaw();
    client.produce(&topic, [Sent::value("after").to(0)]);
    assert_eq!(client.read(&topic).len(), 2);
}
