use super::*;
use crate::delivery::Tally;
use crate::kafka::TopicPartition;
use crate::pipeline::PartitionLag;

/// What docs/api.md shows is what is sent: programs are written against it.
#[test]
fn a_pipeline_is_what_the_documentation_shows() {
    let orders = TopicPartition { topic: "orders".into(), partition: 0 };
    let view = PipelineView {
        name: "orders-eu".to_owned(),
        file: "/etc/millstream/pipelines.d/orders-eu.yaml".into(),
        group: "millstream.orders-eu".to_owned(),
        source: vec!["orders".to_owned()],
        hash: "5f0c1a2b3d4e".to_owned(),
        generation: 2,
        state: PipelineState::Running,
        state_since_ms: 1_750_000_000_000,
        account: Account {
            ended: Tally { produced: 1_200, filtered: 30, dead_lettered: 4, skipped: 0 },
            in_flight: 6,
        },
        outputs: vec![("orders-eu".to_owned(), 1_200), ("orders-eu-large".to_owned(), 17)],
        partitions: 1,
        lanes: vec![LaneView {
            is_running: true,
            partitions: 1,
            assigned: vec![orders.clone()],
            lags: vec![PartitionLag { at: orders, records: 17 }],
            lag_ms: 250,
            account: Account {
                ended: Tally { produced: 1_200, filtered: 30, dead_lettered: 4, skipped: 0 },
                in_flight: 6,
            },
            ..LaneView::default()
        }],
        ..PipelineView::default()
    };
    let sent = serde_json::to_value(Pipeline::from(&view)).unwrap();
    let documented = documented("### GET /api/pipelines/NAME");
    assert_eq!(sent, documented);
    let read: Pipeline = serde_json::from_value(sent).unwrap();
    assert_eq!(read, Pipeline::from(&view), "the command line reads what the daemon writes");
}

#[test]
fn a_daemon_is_documented_member_by_member() {
    let documented = documented("### GET /api/daemon");
    let read: Daemon = serde_json::from_value(documented.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), documented);
}

/// The first JSON example under a title of docs/api.md.
fn documented(title: &str) -> serde_json::Value {
    let text = include_str!("../../docs/api.md");
    let section = text.split(title).nth(1).expect("the title is there");
    let example = section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
    serde_json::from_str(example.expect("it has an example")).expect("the example is JSON")
}
