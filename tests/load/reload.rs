//! Reloads at random under load: files are added, removed, changed, broken, renamed and only touched, while five
//! pipelines read one flow.
//!
//! A model knows what must run after each reload. In the quiet at the end every sink is judged whole.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use millstream_harness::client::GroupGeneration;
use millstream_harness::daemon::{Files, Run};
use millstream_harness::oracle::{Feeder, Id, Load, Topic, judge};
use millstream_harness::process::SIGHUP;
use millstream_harness::scene::Scene;
use millstream_harness::wait;

use crate::BINARY;
use crate::stage::{alone, rounds};

/// Partitions of the source and of each sink.
const PARTITIONS: i32 = 3;

/// Records a second, over all partitions, that each of the five pipelines processes.
const FEED_RATE: u64 = 3_000;

const LOAD: Load = Load { partitions: PARTITIONS, per_partition: 0, poison_one_in: 0, pad_bytes: 80 };

/// Not touched by any reload.
const STEADY: usize = 0;
/// Its transform changes.
const MAPPED: usize = 1;
/// Its lanes and its commits change: drained and started anew.
const ANEW: usize = 2;
/// It comes and goes.
const GUEST: usize = 3;
/// Its name changes, its group does not.
const RENAMED: usize = 4;

/// What can happen to the files before a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Map,
    Anew,
    ComeOrGo,
    Rename,
    Looks,
    Break,
    Twice,
}

const EVENTS: [Event; 7] =
    [Event::Map, Event::Anew, Event::ComeOrGo, Event::Rename, Event::Looks, Event::Break, Event::Twice];

/// The files as they are to be, and what must run.
struct Model {
    scene: Scene,
    files: Files,
    /// The version that the mapping pipeline writes into each record.
    version: u32,
    lanes: u32,
    has_guest: bool,
    name_of_renamed: u32,
    looks: u32,
    generation: u64,
    random: u64,
}

impl Model {
    fn new() -> Self {
        let scene = Scene::bare(BINARY, "reloads", millstream_harness::broker::shared());
        scene.client.create_topic(&scene.input, PARTITIONS, &[]);
        for which in 0..5 {
            scene.client.create_topic(&sink(&scene, which), PARTITIONS, &[]);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
        let random = u64::from(now.subsec_nanos()) | 1;
        eprintln!("random: {random}");
        let files = Files::new(BINARY, scene.client.bootstrap());
        let model = Self {
            scene,
            files,
            version: 0,
            lanes: 1,
            has_guest: true,
            name_of_renamed: 0,
            looks: 0,
            generation: 1,
            random,
        };
        std::fs::create_dir_all(model.files.path_of("x").parent().expect("a folder"))
            .expect("it can be made");
        for which in 0..5 {
            model.write(which);
        }
        model
    }

    /// Xorshift: any run can be done again with its number.
    fn next_random(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % below as u64) as usize
    }

    fn name(&self, which: usize) -> String {
        match which {
            RENAMED => format!("{}-{which}-{}", self.scene.name, self.name_of_renamed),
            _ => format!("{}-{which}", self.scene.name),
        }
    }

    fn group(&self, which: usize) -> String {
        format!("{}.g{which}", self.scene.name)
    }

    fn yaml(&self, which: usize) -> String {
        let (name, group, input) = (self.name(which), self.group(which), &self.scene.input);
        let lanes = if which == ANEW { self.lanes } else { 1 };
        let version = if which == MAPPED { self.version } else { 0 };
        let looks = "# Looks.\n".repeat(self.looks as usize % 3);
        format!(
            "{looks}name: {name}\nsource: {{topics: [{input}], group: {group}}}\nlanes: {lanes}\n\
             transform: [{{decode: json}}, {{map: .version = {version}}}]\nsinks: [{{topic: {}}}]\n",
            sink(&self.scene, which)
        )
    }

    fn write(&self, which: usize) {
        self.files.replace(&self.yaml(which));
    }

    /// Changes the files; gives the words that the reload's summary must have.
    fn change(&mut self, event: Event) -> Vec<String> {
        match event {
            Event::Map => {
                self.version += 1;
                self.write(MAPPED);
                vec![format!("swapped: {}", self.name(MAPPED))]
            }
            Event::Anew => {
                self.lanes = 3 - self.lanes;
                self.write(ANEW);
                vec![format!("restarted: {}", self.name(ANEW))]
            }
            Event::ComeOrGo => {
                self.has_guest = !self.has_guest;
                let name = self.name(GUEST);
                if self.has_guest {
                    self.write(GUEST);
                    vec![format!("added: {name}")]
                } else {
                    self.files.remove(&name);
                    vec![format!("removed: {name}")]
                }
            }
            Event::Rename => {
                self.files.remove(&self.name(RENAMED));
                self.name_of_renamed += 1;
                self.write(RENAMED);
                vec![format!("renamed: {}", self.name(RENAMED))]
            }
            Event::Looks => {
                self.looks += 1;
                (0..5).filter(|which| *which != GUEST || self.has_guest).for_each(|which| self.write(which));
                vec!["nothing changed".to_owned()]
            }
            Event::Break | Event::Twice => unreachable!("they are reloads of their own"),
        }
    }

    fn reload(&mut self, run: &Run, event: Event) {
        match event {
            Event::Break => self.broken(run),
            Event::Twice => self.twice(run),
            _ => {
                let words = self.change(event);
                self.generation += 1;
                let summary = run.reload_well();
                assert!(summary.contains(&format!("generation {}", self.generation)), "{summary}");
                for word in words {
                    assert!(summary.contains(&word), "{summary} does not say {word}");
                }
            }
        }
    }

    /// Good changes beside a file that is half written: nothing of it is taken in.
    fn broken(&mut self, run: &Run) {
        let whole = self.yaml(STEADY);
        let half = &whole[..whole.len() - 9];
        std::fs::write(self.files.path_of(&self.name(STEADY)), half).expect("it can be written");
        let words = self.change(Event::Map);
        let line = run.reload();
        assert_eq!(line.field("result"), "refused", "{}", line.text());
        self.write(STEADY);
        self.generation += 1;
        let summary = run.reload_well();
        assert!(summary.contains(&words[0]), "{summary} does not say {}", words[0]);
    }

    /// Two reloads at once, with changes between them: in the end the files run as they are.
    fn twice(&mut self, run: &Run) {
        let mark = run.log().mark();
        self.change(Event::Map);
        run.signal(SIGHUP);
        self.change(Event::Anew);
        run.signal(SIGHUP);
        run.wait_for_log_from(mark, "a reload", |line| line.message() == "reload over");
        // Whatever the two made of it, after a third nothing is left to change.
        run.reload_well();
        let last = run.reload();
        assert!(last.field("summary").contains("nothing changed"), "{}", last.text());
        self.generation = last.integer("generation");
    }

    fn generations(&self) -> Vec<Option<GroupGeneration>> {
        [STEADY, MAPPED].map(|which| self.scene.client.generation(&self.group(which))).to_vec()
    }

    /// Waits until each pipeline has committed all of the load.
    fn wait_committed(&self, run: &mut Run, load: &Load) {
        let end = i64::try_from(load.per_partition).expect("a load is smaller than any topic");
        let offsets: Vec<_> = (0..PARTITIONS).map(|partition| (partition, end)).collect();
        for which in 0..5 {
            let commits = self.scene.client.commits(&self.group(which));
            wait::until_within(
                std::time::Duration::from_secs(120),
                &format!("pipeline {which} to finish"),
                || {
                    assert!(run.is_running(), "the daemon ended");
                    commits.reached(&self.scene.input, &offsets).then_some(())
                },
            );
        }
    }
}

fn sink(scene: &Scene, which: usize) -> String {
    format!("{}.{which}", scene.output)
}

#[test]
fn random_reloads_under_load_lose_nothing_double_nothing_and_touch_only_what_changed() {
    let _alone = alone();
    let mut model = Model::new();
    let feeder = Feeder::start(model.scene.client.bootstrap(), &model.scene.input, LOAD, FEED_RATE);
    let mut run = model.files.start();
    for which in 0..5 {
        run.wait_running(&model.name(which));
    }
    let before = model.generations();
    for round in 0..rounds() as usize {
        // All kinds first, then at random.
        let event =
            if round < EVENTS.len() { EVENTS[round] } else { EVENTS[model.next_random(EVENTS.len())] };
        let fed = feeder.per_partition();
        model.reload(&run, event);
        wait::until("records to flow", || (feeder.per_partition() > fed).then_some(()));
    }
    if !model.has_guest {
        model.reload(&run, Event::ComeOrGo);
    }
    let load = Load { per_partition: feeder.finish_at(5_000), ..LOAD };
    model.wait_committed(&mut run, &load);
    assert_eq!(model.generations(), before, "what did not change, or only its transform, saw no rebalance");
    run.stop();
    let ended: Vec<_> = (0..5).map(|which| run.ended(&model.name(which)).state).collect();
    assert_eq!(ended, ["drained"; 5], "the last valid set runs");
    for which in 0..5 {
        let records = model.scene.client.read(&sink(&model.scene, which));
        let topic = Topic { name: "a sink", records: &records, belongs: &|_| true };
        judge(&load, &[topic]).assert_exact();
        if which == MAPPED {
            assert_old_before_new(&records);
        }
    }
    eprintln!("{} reloads, {} records through each of 5 pipelines", rounds(), load.count());
}

/// Per input partition, the version that a record was mapped by never goes back.
fn assert_old_before_new(records: &[millstream_harness::client::Stored]) {
    let mut versions: BTreeMap<Id, u64> = BTreeMap::new();
    for record in records {
        let payload = record.value.as_deref().expect("a load has no tombstones");
        let value: serde_json::Value = serde_json::from_slice(payload).expect("JSON");
        let (id, _) = Id::of_payload(payload).expect("a payload of the load");
        versions.insert(id, value["version"].as_u64().expect("a version"));
    }
    let mut last: BTreeMap<i32, u64> = BTreeMap::new();
    for (id, version) in versions {
        let before = last.insert(id.partition, version).unwrap_or(0);
        assert!(before <= version, "{id:?} went by version {version}, after {before}");
    }
}
