//! Reloads at random under load: files are added, removed, changed, broken, renamed and only touched, while five
//! pipelines read one flow.
//!
//! A model knows what must run after each reload. In the quiet at the end every sink is judged whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use millstream_harness::client::GroupGeneration;
use millstream_harness::daemon::{Files, Run};
use millstream_harness::oracle::{Feeder, Id, Load, Topic, judge};
use millstream_harness::scene::Scene;
use millstream_harness::{http, wait};
use serde_json::Value;

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

    /// Changes the files; gives what a reload must do to which pipeline.
    fn change(&mut self, event: Event) -> Option<(&'static str, String)> {
        match event {
            Event::Map => {
                self.version += 1;
                self.write(MAPPED);
                Some(("swap", self.name(MAPPED)))
            }
            Event::Anew => {
                self.lanes = 3 - self.lanes;
                self.write(ANEW);
                Some(("restart", self.name(ANEW)))
            }
            Event::ComeOrGo => {
                self.has_guest = !self.has_guest;
                let name = self.name(GUEST);
                if self.has_guest {
                    self.write(GUEST);
                    Some(("add", name))
                } else {
                    self.files.remove(&name);
                    Some(("remove", name))
                }
            }
            Event::Rename => {
                self.files.remove(&self.name(RENAMED));
                self.name_of_renamed += 1;
                self.write(RENAMED);
                Some(("rename", self.name(RENAMED)))
            }
            Event::Looks => {
                self.looks += 1;
                (0..5).filter(|which| *which != GUEST || self.has_guest).for_each(|which| self.write(which));
                None
            }
            Event::Break | Event::Twice => unreachable!("they are reloads of their own"),
        }
    }

    fn reload(&mut self, event: Event) {
        match event {
            Event::Break => self.broken(),
            Event::Twice => self.twice(),
            _ => {
                let expected = self.change(event);
                self.take_in(expected);
            }
        }
        self.assert_set();
    }

    /// Asks for a reload over the control socket, and waits for its account.
    fn ask(socket: &Path) -> Value {
        http::unix(socket, "POST /api/reload", "").json()
    }

    /// A reload that does just this one thing, or nothing.
    fn take_in(&mut self, expected: Option<(&str, String)>) {
        let account = Self::ask(&self.files.socket());
        self.generation += 1;
        assert_eq!(account["result"], "taken_in", "{account:#}");
        assert_eq!(account["generation"], self.generation, "{account:#}");
        let changes = account["changes"].as_array().expect("changes").iter();
        let done: Vec<(&str, String)> = changes
            .filter(|change| change["action"] != "keep")
            .map(|change| (text(change, "action"), text(change, "pipeline").to_owned()))
            .collect();
        assert_eq!(done, Vec::from_iter(expected), "{account:#}");
    }

    /// Good changes beside a file that is half written: nothing of it is taken in.
    fn broken(&mut self) {
        let whole = self.yaml(STEADY);
        let half = &whole[..whole.len() - 9];
        std::fs::write(self.files.path_of(&self.name(STEADY)), half).expect("it can be written");
        let expected = self.change(Event::Map);
        let account = Self::ask(&self.files.socket());
        assert_eq!(account["result"], "refused", "{account:#}");
        assert_eq!(account["generation"], self.generation, "{account:#}");
        self.write(STEADY);
        self.take_in(expected);
    }

    /// Two reloads at once, with changes between them: in the end the files run as they are.
    fn twice(&mut self) {
        self.change(Event::Map);
        let socket = self.files.socket();
        let first = thread::spawn(move || Self::ask(&socket));
        self.change(Event::Anew);
        let accounts = [Self::ask(&self.files.socket()), first.join().expect("it answers")];
        for account in &accounts {
            assert_eq!(account["result"], "taken_in", "{account:#}");
        }
        let newest = accounts.iter().filter_map(|account| account["generation"].as_u64()).max();
        self.generation = newest.expect("a generation");
        self.take_in(None);
    }

    /// The set that runs is the last valid one.
    fn assert_set(&self) {
        let answer = http::unix(&self.files.socket(), "GET /api/pipelines", "").json();
        let pipelines = answer["pipelines"].as_array().expect("pipelines");
        let names: BTreeSet<&str> = pipelines.iter().map(|pipeline| text(pipeline, "name")).collect();
        let all = (0..5).filter(|which| *which != GUEST || self.has_guest).map(|which| self.name(which));
        let expected: Vec<String> = all.collect();
        assert_eq!(names, expected.iter().map(String::as_str).collect(), "{answer:#}");
        for pipeline in pipelines {
            let is_well = ["starting", "running"].contains(&text(pipeline, "state"));
            assert!(is_well && pipeline["rolled_back"].is_null(), "{pipeline:#}");
        }
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

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value:#}"))
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
    let mut kinds = EVENTS.iter();
    for _ in 0..rounds() {
        // All kinds first, then at random.
        let event = kinds.next().copied().unwrap_or_else(|| EVENTS[model.next_random(EVENTS.len())]);
        let fed = feeder.per_partition();
        model.reload(event);
        wait::until("records to flow", || (feeder.per_partition() > fed).then_some(()));
    }
    if !model.has_guest {
        model.reload(Event::ComeOrGo);
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
        let value: Value = serde_json::from_slice(payload).expect("JSON");
        let (id, _) = Id::of_payload(payload).expect("a payload of the load");
        versions.insert(id, value["version"].as_u64().expect("a version"));
    }
    let mut last: BTreeMap<i32, u64> = BTreeMap::new();
    for (id, version) in versions {
        let before = last.insert(id.partition, version).unwrap_or(0);
        assert!(before <= version, "{id:?} went by version {version}, after {before}");
    }
}
