//! What a reload changes: the difference of two sets of specs, as a plan. Pure.
//!
//! Carrying a plan out is `supervisor/`'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::fingerprint::parts;
use super::spec::{PipelineSpec, StartAt};

/// What becomes of every pipeline of the old and of the new set, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// One for each pipeline.
    pub changes: Vec<Change>,
}

/// What becomes of one pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its name: the new one where it is renamed.
    pub pipeline: String,
    /// What happens to it.
    pub action: Action,
    /// The parts of its file that changed, such as `transform`.
    pub parts: Vec<&'static str>,
    /// The name that it had, where it is renamed.
    pub renamed_from: Option<String>,
    /// What a person should know before it happens, such as that records are processed again.
    pub notes: Vec<String>,
}

/// What happens to a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing: it did not change, and is not touched.
    Keep,
    /// Transform, sinks or dlq are swapped between two batches, on the same consumer.
    Swap,
    /// It is drained and started anew.
    Restart,
    /// It is started.
    Add,
    /// It is drained and leaves its group.
    Remove,
    /// It has another name and the same group: the old one is drained, then the new one starts.
    Rename,
}

impl Action {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Keep => "keep",
            Action::Swap => "swap",
            Action::Restart => "restart",
            Action::Add => "add",
            Action::Remove => "remove",
            Action::Rename => "rename",
        }
    }
}

impl Action {
    /// The word for it once it is done.
    pub fn done(self) -> &'static str {
        match self {
            Action::Keep => "not touched",
            Action::Swap => "swapped",
            Action::Restart => "restarted",
            Action::Add => "added",
            Action::Remove => "removed",
            Action::Rename => "renamed",
        }
    }
}

/// Parts that are swapped on the same consumer; a change of any other needs a new start.
const SWAPPED: [&str; 6] = ["transform", "tombstones", "sinks", "on_error", "dlq", "schema_registry"];

impl Plan {
    /// What becomes of the pipelines that run as `old` when `new` is taken in.
    pub fn between(old: &[Arc<PipelineSpec>], new: &[PipelineSpec]) -> Plan {
        let old: BTreeMap<&str, &PipelineSpec> =
            old.iter().map(|spec| (spec.name.as_str(), &**spec)).collect();
        let is_left = |name: &str| new.iter().any(|spec| spec.name == name);
        let mut gone: BTreeMap<&str, &PipelineSpec> =
            old.iter().filter(|(name, _)| !is_left(name)).map(|(name, spec)| (*name, *spec)).collect();
        let mut changes: Vec<Change> = Vec::with_capacity(new.len());
        for spec in new {
            changes.push(match old.get(spec.name.as_str()) {
                Some(before) => changed(before, spec),
                None => match takes_over(&gone, spec) {
                    Some(from) => {
                        gone.remove(from.name.as_str());
                        renamed(from, spec)
                    }
                    None => added(&gone, spec),
                },
            });
        }
        changes.extend(gone.keys().map(|name| Change::new(name, Action::Remove)));
        changes.sort_by(|a, b| a.pipeline.cmp(&b.pipeline));
        Plan { changes }
    }

    /// Whether anything happens at all.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::Keep)
    }
}

impl Change {
    fn new(pipeline: &str, action: Action) -> Change {
        let pipeline = pipeline.to_owned();
        Change { pipeline, action, parts: Vec::new(), renamed_from: None, notes: Vec::new() }
    }
}

/// A pipeline that is in both sets.
fn changed(before: &PipelineSpec, after: &PipelineSpec) -> Change {
    let parts = differing(before, after);
    let action = match parts.iter().all(|part| SWAPPED.contains(part)) {
        true if parts.is_empty() => Action::Keep,
        true => Action::Swap,
        false => Action::Restart,
    };
    let mut notes = Vec::new();
    if parts.contains(&"group") {
        notes.push(format!("its group is another: it {}", begins_at(after)));
    } else if before.source.start != after.source.start {
        notes.push("`start` holds only where the group has committed nothing".to_owned());
    }
    Change { parts, notes, ..Change::new(&after.name, action) }
}

fn differing(before: &PipelineSpec, after: &PipelineSpec) -> Vec<&'static str> {
    let pairs = parts(before).into_iter().zip(parts(after));
    pairs.filter(|((_, before), (_, after))| before != after).map(|((name, _), _)| name).collect()
}

/// The pipeline that goes and leaves its group to `spec`.
fn takes_over<'a>(gone: &BTreeMap<&str, &'a PipelineSpec>, spec: &PipelineSpec) -> Option<&'a PipelineSpec> {
    gone.values().find(|from| from.source.group == spec.source.group).copied()
}

fn renamed(from: &PipelineSpec, spec: &PipelineSpec) -> Change {
    let mut change = Change::new(&spec.name, Action::Rename);
    change.parts = differing(from, spec);
    change.renamed_from = Some(from.name.clone());
    change.notes.push(format!("it goes on where `{}` stands: the group is the same", from.name));
    change
}

fn added(gone: &BTreeMap<&str, &PipelineSpec>, spec: &PipelineSpec) -> Change {
    let mut change = Change::new(&spec.name, Action::Add);
    let but_for_group = |spec: &PipelineSpec| -> Vec<(&str, Value)> {
        parts(spec).into_iter().filter(|(part, _)| *part != "group").collect()
    };
    let mine = but_for_group(spec);
    if let Some(from) = gone.values().find(|from| but_for_group(from) == mine) {
        change.notes.push(format!(
            "`{}` under another name has another group: it {}; to go on where that stands, say `source: {{group: {}}}`",
            from.name,
            begins_at(spec),
            from.source.group
        ));
    }
    change
}

/// What a group that has committed nothing does.
fn begins_at(spec: &PipelineSpec) -> &'static str {
    match spec.source.start {
        StartAt::Earliest => {
            "processes all records again from the oldest on (`start: earliest`), if it has committed nothing"
        }
        StartAt::Latest => "passes over what is there (`start: latest`), if it has committed nothing",
        StartAt::TimestampMs(_) => "begins at the time that `start` gives, if it has committed nothing",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::interpolate::Surroundings;
    use super::super::load::{LoadRequest, load_in};
    use super::*;

    /// A pipeline, described by what a reload can change.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Made {
        name: u8,
        /// `None`: by its name.
        group: Option<u8>,
        map: u8,
        sink: u8,
        lanes: u8,
        /// Comments, order and spelling.
        style: u8,
    }

    impl Made {
        fn text(&self) -> String {
            let Made { name, group, map, sink, lanes, style } = self;
            let group = group.map(|group| format!(", group: g{group}")).unwrap_or_default();
            let head = format!("name: p{name}\nsource: {{topics: [in]{group}}}\n");
            let body =
                format!("transform: [{{decode: json}}, {{map: .x = {map}}}]\nsinks: [{{topic: s{sink}}}]\n");
            let lanes = format!("lanes: {}\n", lanes + 1);
            match style % 3 {
                0 => format!("{head}{body}{lanes}"),
                1 => format!("# A comment.\n{lanes}{body}\n\n{head}"),
                _ => {
                    let map = format!("{{map: .x = {map}}}");
                    let spelled = format!("{{map: \".x   =  {}  # Why\"}}", self.map);
                    format!("{head}tombstones: pass\n{}{lanes}", body.replace(&map, &spelled))
                }
            }
        }

        fn group(&self) -> String {
            self.group.map_or_else(|| format!("millstream.p{}", self.name), |group| format!("g{group}"))
        }
    }

    fn specs(made: &[Made]) -> Vec<PipelineSpec> {
        let texts = made.iter().map(|made| (format!("p{}.yaml", made.name).into(), made.text())).collect();
        let request =
            LoadRequest { bootstrap: Some("localhost:9092".to_owned()), texts, ..LoadRequest::default() };
        let loaded = load_in(&request, &Surroundings::made(&[], None));
        loaded.unwrap_or_else(|report| panic!("{report}")).config.pipelines
    }

    fn running(made: &[Made]) -> Vec<Arc<PipelineSpec>> {
        specs(made).into_iter().map(Arc::new).collect()
    }

    fn made() -> impl Strategy<Value = Made> {
        let group = prop::option::of(0..3u8);
        (0..4u8, group, 0..2u8, 0..2u8, 0..2u8, 0..3u8)
            .prop_map(|(name, group, map, sink, lanes, style)| Made { name, group, map, sink, lanes, style })
    }

    /// A set that `check` takes: names and groups are unique.
    fn set() -> impl Strategy<Value = Vec<Made>> {
        prop::collection::vec(made(), 1..5).prop_map(|all| {
            let mut set: Vec<Made> = Vec::new();
            for made in all {
                if !set.iter().any(|other| other.name == made.name || other.group() == made.group()) {
                    set.push(made);
                }
            }
            set
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Carried out by its words, a plan turns the old set into the new one, touches no more than it must, and no
        /// group is ever left to two.
        #[test]
        fn a_plan_leads_from_the_old_set_to_the_new_one(old in set(), new in set()) {
            let plan = Plan::between(&running(&old), &specs(&new));
            let mut set: BTreeMap<String, Made> =
                old.iter().map(|made| (format!("p{}", made.name), made.clone())).collect();
            for change in &plan.changes {
                let after = new.iter().find(|made| format!("p{}", made.name) == change.pipeline);
                let before = old.iter().find(|made| format!("p{}", made.name) == change.pipeline);
                let same = |change: fn(&Made) -> (u8, u8, u8, String)| before.map(change) == after.map(change);
                let all_same = same(|m| (m.map, m.sink, m.lanes, m.group()));
                let rest_same = same(|m| (0, 0, m.lanes, m.group()));
                match change.action {
                    Action::Keep => prop_assert!(all_same),
                    Action::Swap => prop_assert!(rest_same && !all_same),
                    Action::Restart => prop_assert!(before.is_some() && after.is_some() && !rest_same),
                    Action::Add => prop_assert!(before.is_none()),
                    Action::Remove => prop_assert!(after.is_none()),
                    Action::Rename => {
                        let from = change.renamed_from.clone().expect("a rename has an old name");
                        let from = set.remove(&from).expect("and that was there");
                        prop_assert_eq!(from.group(), after.expect("it is there").group());
                    }
                }
                if change.action == Action::Remove {
                    set.remove(&change.pipeline);
                } else {
                    set.insert(change.pipeline.clone(), after.expect("what stays is in the new set").clone());
                }
            }
            let names = |set: &[Made]| -> Vec<String> {
                let mut names: Vec<_> = set.iter().map(|made| format!("p{}", made.name)).collect();
                names.sort();
                names
            };
            prop_assert_eq!(set.keys().cloned().collect::<Vec<_>>(), names(&new));
            let touched = Plan::between(&running(&new), &specs(&new));
            prop_assert!(touched.is_empty(), "what is there is not touched: {:?}", touched);
        }
    }

    fn one(name: u8, group: Option<u8>) -> Made {
        Made { name, group, map: 0, sink: 0, lanes: 0, style: 0 }
    }

    #[test]
    fn a_renamed_pipeline_with_the_same_group_is_handed_over() {
        let plan = Plan::between(&running(&[one(1, Some(0))]), &specs(&[one(2, Some(0))]));
        let [change] = plan.changes.as_slice() else { panic!("{plan:?}") };
        assert_eq!((change.action, change.renamed_from.as_deref()), (Action::Rename, Some("p1")));
    }

    #[test]
    fn a_renamed_pipeline_with_the_default_group_is_told_to_begin_anew() {
        let plan = Plan::between(&running(&[one(1, None)]), &specs(&[one(2, None)]));
        let actions: Vec<_> = plan.changes.iter().map(|change| change.action).collect();
        assert_eq!(actions, [Action::Remove, Action::Add]);
        let note = &plan.changes[1].notes[0];
        assert!(note.contains("`start: earliest`") && note.contains("group: millstream.p1"), "{note}");
    }

    #[test]
    fn a_changed_group_is_told_to_begin_anew() {
        let plan = Plan::between(&running(&[one(1, None)]), &specs(&[one(1, Some(2))]));
        assert_eq!(plan.changes[0].action, Action::Restart);
        assert_eq!(plan.changes[0].parts, ["group"]);
        assert!(plan.changes[0].notes[0].contains("processes all records again"), "{plan:?}");
    }
}
