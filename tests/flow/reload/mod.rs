//! Changed files taken in by a running daemon: what changes, what is not touched, what is refused.

mod refusals;
mod rollback;
mod set;
mod swap;

use millstream_harness::client::{GroupGeneration, Sent};
use millstream_harness::daemon::Run;
use millstream_harness::scene::Scene;

/// A pipeline that maps each record as `map` says.
fn mapping(scene: &Scene, map: &str) -> String {
    scene.pipeline(&format!("transform: [{{decode: json}}, {{map: '{map}'}}]"))
}

/// The numbers `from`…`to` as records.
fn range(numbers: std::ops::Range<u64>) -> impl Iterator<Item = Sent> {
    numbers.map(|n| Sent::value(format!(r#"{{"n":{n}}}"#)))
}

/// What the broker says of how often the pipeline's group was rebalanced.
fn generation(scene: &Scene) -> Option<GroupGeneration> {
    scene.client.generation(&scene.group())
}

/// Sends the numbers and waits until the pipeline has committed all.
fn flow(scene: &Scene, run: &mut Run, numbers: std::ops::Range<u64>) {
    scene.send(range(numbers));
    scene.wait_committed(run);
}

/// The member `n` of each record of the sink, and another member as text.
fn mapped(records: &[millstream_harness::client::Stored], member: &str) -> Vec<(u64, String)> {
    let read = |record: &millstream_harness::client::Stored| {
        let value: serde_json::Value = serde_json::from_str(record.text()).expect("a JSON record");
        (value["n"].as_u64().expect("a number"), value[member].to_string())
    };
    records.iter().map(read).collect()
}
