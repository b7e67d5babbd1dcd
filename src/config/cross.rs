//! Checks over several elements and several files.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::Diagnostic;
use super::pipeline::Pipeline;
use super::source_map::Place;
use super::units::show_size;
use super::walk::Located;

/// A pipeline and the brokers that it runs on, as far as they are known.
pub(super) struct Placed<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// Its `bootstrap.servers`.
    pub cluster: Option<&'a str>,
}

/// All checks but that of memory.
pub(super) fn check(pipelines: &[Placed<'_>]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for placed in pipelines {
        own_source(placed.pipeline, &mut findings);
        dlq_is_sink(placed.pipeline, &mut findings);
    }
    let names = pipelines.iter().map(|placed| placed.pipeline.name.as_ref());
    let told = twice(names, "duplicate-name", "two pipelines are called", &mut findings);
    // Where two have the same name, their default groups say nothing new.
    let groups = pipelines.iter().map(|placed| placed.pipeline.group.as_ref());
    let groups = groups.filter(|group| group.is_none_or(|group| !told.contains(&group.place)));
    twice(groups, "duplicate-group", "two pipelines read in the consumer group", &mut findings);
    loops(pipelines, &mut findings);
    findings
}

/// A pipeline that reads what it writes never ends.
fn own_source(pipeline: &Pipeline, findings: &mut Vec<Diagnostic>) {
    for write in &pipeline.writes {
        let Some(read) = pipeline.reads.place_of(&write.topic.value) else {
            continue;
        };
        let what = if write.is_dlq { "dlq" } else { "sink" };
        let message = format!("the {what} `{}` is the pipeline's own source", write.topic.shown);
        findings.push(
            Diagnostic::error("own-source", message)
                .at(write.topic.place, "written here")
                .also(read, "and read here")
                .note("every record would come back for ever"),
        );
    }
}

fn dlq_is_sink(pipeline: &Pipeline, findings: &mut Vec<Diagnostic>) {
    let Some(dlq) = pipeline.writes.iter().find(|write| write.is_dlq) else {
        return;
    };
    let same = |write: &&super::pipeline::Write| !write.is_dlq && write.topic.value == dlq.topic.value;
    let Some(sink) = pipeline.writes.iter().find(same) else {
        return;
    };
    let message = format!("the dlq `{}` is a sink too", dlq.topic.shown);
    findings.push(
        Diagnostic::error("dlq-is-sink", message)
            .at(dlq.topic.place, "the dlq")
            .also(sink.topic.place, "the sink")
            .note("dead letters would stand among the records: give them a topic of their own"),
    );
}

/// Reports every value that stands again, and gives the places of these.
fn twice<'a>(
    values: impl Iterator<Item = Option<&'a Located>>,
    code: &str,
    what: &str,
    findings: &mut Vec<Diagnostic>,
) -> BTreeSet<Place> {
    let mut told = BTreeSet::new();
    let mut first: BTreeMap<&str, Place> = BTreeMap::new();
    for value in values.flatten() {
        match first.get(value.value.as_str()) {
            Some(earlier) => {
                told.insert(value.place);
                let message = format!("{what} `{}`", value.shown);
                let again = Diagnostic::error(code, message).at(value.place, "here again");
                findings.push(again.also(*earlier, "first here"));
            }
            None => {
                first.insert(&value.value, value.place);
            }
        }
    }
    told
}

/// From one pipeline to another: the topic that the one writes and the other reads.
struct Edge<'a> {
    to: usize,
    topic: &'a Located,
    read: Place,
}

/// A loop through several pipelines can be meant (repairing a dlq is one): a warning.
fn loops(pipelines: &[Placed<'_>], findings: &mut Vec<Diagnostic>) {
    let edges: Vec<Vec<Edge<'_>>> =
        pipelines.iter().enumerate().map(|(i, _)| edges_of(pipelines, i)).collect();
    let mut told: BTreeSet<Vec<usize>> = BTreeSet::new();
    for start in 0..pipelines.len() {
        let Some(path) = shortest_loop(&edges, start) else {
            continue;
        };
        let mut members: Vec<usize> = path.iter().map(|(from, _)| *from).collect();
        members.sort_unstable();
        if told.insert(members) {
            findings.push(loop_warning(pipelines, &path));
        }
    }
}

fn edges_of<'a>(pipelines: &[Placed<'a>], from: usize) -> Vec<Edge<'a>> {
    let mut edges = Vec::new();
    for (to, reader) in pipelines.iter().enumerate() {
        if to == from || reader.cluster != pipelines[from].cluster {
            continue;
        }
        for write in &pipelines[from].pipeline.writes {
            if let Some(read) = reader.pipeline.reads.place_of(&write.topic.value) {
                edges.push(Edge { to, topic: &write.topic, read });
            }
        }
    }
    edges
}

/// Breadth first from `start` back to it, as (pipeline, edge out of it).
fn shortest_loop<'e, 'a>(edges: &'e [Vec<Edge<'a>>], start: usize) -> Option<Vec<(usize, &'e Edge<'a>)>> {
    let mut came_by: BTreeMap<usize, (usize, &Edge<'a>)> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for edge in &edges[at] {
            if edge.to == start {
                let mut path = vec![(at, edge)];
                let mut at = at;
                while at != start {
                    let (from, edge) = came_by[&at];
                    path.push((from, edge));
                    at = from;
                }
                path.reverse();
                return Some(path);
            }
            if let std::collections::btree_map::Entry::Vacant(vacant) = came_by.entry(edge.to) {
                vacant.insert((at, edge));
                queue.push_back(edge.to);
            }
        }
    }
    None
}

fn loop_warning(pipelines: &[Placed<'_>], path: &[(usize, &Edge<'_>)]) -> Diagnostic {
    let name = |at: usize| pipelines[at].pipeline.name.as_ref().map_or("?", |name| name.shown.as_str());
    let mut drawn = String::new();
    for (from, edge) in path {
        drawn += &format!("{} --[{}]--> ", name(*from), edge.topic.shown);
    }
    drawn += name(path[0].0);
    let mut warning = Diagnostic::warning("loop", "records can go round in a loop through several pipelines");
    for (index, (from, edge)) in path.iter().enumerate() {
        let written = format!("`{}` writes it", name(*from));
        warning = match index {
            0 => warning.at(edge.topic.place, written),
            _ => warning.also(edge.topic.place, written),
        };
        warning = warning.also(edge.read, format!("`{}` reads it", name(edge.to)));
    }
    warning.note(drawn).note("make sure that each record leaves the loop")
}

/// Lanes need `floor_bytes` each, whatever they carry; all of them must fit into `max_bytes`.
pub(super) fn memory(
    lanes: u64,
    floor_bytes: u64,
    max_bytes: u64,
    place: Option<Place>,
) -> Option<Diagnostic> {
    let needed = lanes.saturating_mul(floor_bytes);
    if needed <= max_bytes {
        return None;
    }
    let (needed, floor, max) = (show_size(needed), show_size(floor_bytes), show_size(max_bytes));
    let message = format!("{lanes} lanes need {needed} of memory, and `memory.max` is {max}");
    let error = Diagnostic::error("memory-floor", message);
    let error = match place {
        Some(place) => error.at(place, format!("at least {needed} are needed")),
        None => {
            error.note(format!("say `memory: {{max: {needed}}}` in the daemon's file, or use fewer lanes"))
        }
    };
    Some(error.note(format!("each lane needs {floor}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_names_the_memory_that_is_needed() {
        assert_eq!(memory(4, 1 << 20, 4 << 20, None), None);
        let error = memory(5, 1 << 20, 4 << 20, None).expect("a lane does not fit");
        assert!(error.message.contains("need 5MiB"), "{}", error.message);
        assert!(error.notes[0].contains("memory: {max: 5MiB}"), "{:?}", error.notes);
        assert!(memory(u64::MAX, 1 << 20, 4 << 20, None).is_some());
    }
}
