//! The stage of a load test: six partitions in and out, one record in a hundred poison.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use millstream_harness::daemon::{Files, Run};
use millstream_harness::oracle::{Feeder, Load, Topic, Verdict, judge};
use millstream_harness::scene::Scene;
use millstream_harness::wait;

use crate::BINARY;

/// Partitions of source, sink and dead-letter topic.
pub(crate) const PARTITIONS: i32 = 6;

/// How long half a million records may take on a machine that is busy.
const LOAD_PATIENCE: Duration = Duration::from_secs(300);

/// What every pipeline here does.
pub(crate) const TRANSFORM: &str = "transform: [{decode: json}, {map: .mapped = true}]";

/// The load of every test here; `per_partition` is set by who knows it.
pub(crate) const LOAD: Load =
    Load { partitions: PARTITIONS, per_partition: 0, poison_one_in: 100, pad_bytes: 150 };

/// One test at a time: hold what it gives until the end. A test that failed does not hold up the next.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::new(());
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often the kill tests kill.
pub(crate) fn rounds() -> u32 {
    let asked = std::env::var("CHAOS_ROUNDS").ok();
    asked.map_or(10, |rounds| rounds.parse().expect("CHAOS_ROUNDS is a number"))
}

/// Topics and one pipeline for a load.
pub(crate) struct Stage {
    /// Names, topics and client.
    pub(crate) scene: Scene,
    /// The daemon's files.
    pub(crate) files: Files,
}

impl Stage {
    /// On the shared broker.
    pub(crate) fn new(stem: &str) -> Self {
        Self::on(stem, millstream_harness::broker::shared(), "")
    }

    /// On any broker, with more lines in the pipeline's file.
    pub(crate) fn on(stem: &str, bootstrap: &str, lines: &str) -> Self {
        let scene = Scene::bare(BINARY, stem, bootstrap);
        for topic in [&scene.input, &scene.output, &scene.dlq] {
            scene.client.create_topic(topic, PARTITIONS, &[]);
        }
        Self::of(scene, lines)
    }

    /// On a broker of this process whose sink can be made to refuse.
    pub(crate) fn with_refusable_sink(stem: &str, lines: &str) -> Self {
        let scene = Scene::bare(BINARY, stem, millstream_harness::broker::refusing());
        for topic in [&scene.input, &scene.dlq] {
            scene.client.create_topic(topic, PARTITIONS, &[]);
        }
        scene.client.create_refusable_topic(&scene.output, PARTITIONS);
        Self::of(scene, lines)
    }

    fn of(scene: Scene, lines: &str) -> Self {
        let files = scene.files(&scene.pipeline_with_dlq(&format!("{TRANSFORM}\n{lines}")));
        Self { scene, files }
    }

    /// Starts a member and waits until it has partitions.
    pub(crate) fn start_running(&self) -> Run {
        let run = self.files.start();
        run.wait_running(&self.scene.name);
        run
    }

    /// A sender of the load, so many records a second.
    pub(crate) fn feed(&self, records_per_second: u64) -> Feeder {
        Feeder::start(self.scene.client.bootstrap(), &self.scene.input, LOAD, records_per_second)
    }

    /// Waits until everything that was sent is finished and committed.
    pub(crate) fn wait_committed(&self, load: &Load, runs: &mut [&mut Run]) {
        let end = i64::try_from(load.per_partition).expect("a load is smaller than any topic");
        let offsets: Vec<_> = (0..PARTITIONS).map(|partition| (partition, end)).collect();
        self.scene.wait_committed_within(LOAD_PATIENCE, runs, &self.scene.input, &offsets);
    }

    /// Waits until so many records stand in the sink.
    pub(crate) fn wait_output(&self, count: i64) {
        let what = format!("{count} records in the sink");
        wait::until_within(LOAD_PATIENCE, &what, || (self.output_count() >= count).then_some(()));
    }

    /// Records that stand in the sink now.
    pub(crate) fn output_count(&self) -> i64 {
        let of = |partition| self.scene.client.offsets(&self.scene.output, partition);
        (0..PARTITIONS).map(of).map(|range| range.end - range.start).sum()
    }

    /// The oracle's judgement over the sink and the dead letters.
    pub(crate) fn judge(&self, load: &Load) -> Verdict {
        let (output, dlq) =
            (self.scene.client.read(&self.scene.output), self.scene.client.read(&self.scene.dlq));
        let output = Topic { name: "the sink", records: &output, belongs: &|id| !load.is_poison(id) };
        let dlq = Topic { name: "the dlq", records: &dlq, belongs: &|id| load.is_poison(id) };
        judge(load, &[output, dlq])
    }
}

/// [`LOAD`] with so many records a partition.
pub(crate) fn load_of(per_partition: u64) -> Load {
    Load { per_partition, ..LOAD }
}
