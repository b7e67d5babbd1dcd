//! Reads and checks everything that a daemon runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::pipeline::memory::LANE_FLOOR_BYTES;

use super::cross::{self, Placed};
use super::daemon::{Daemon, DaemonPlaces, daemon};
use super::diagnostic::{Diagnostic, Report};
use super::files;
use super::fingerprint::shown_hash;
use super::interpolate::Surroundings;
use super::kafka::{BOOTSTRAP, Entry, Properties, check_clients, check_together, merge, split};
use super::node::{Node, parse};
use super::pipeline::{Pipeline, Places, pipeline};
use super::registry;
use super::source_map::{FileId, SourceMap};
use super::spec::{Config, DaemonSpec, KafkaSpec};
use super::walk::Walk;

/// The daemon's file where neither a path nor `--config` is given.
pub const DEFAULT_CONFIG: &str = "/etc/millstream/millstream.yaml";

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct LoadRequest {
    /// The daemon's file.
    pub config: Option<PathBuf>,
    /// The brokers' addresses, over those of the files.
    pub bootstrap: Option<String>,
    /// The schema registry's address, over that of the daemon's file.
    pub schema_registry: Option<String>,
    /// Pipeline files or folders of them, in place of the daemon's `pipelines`.
    pub paths: Vec<PathBuf>,
    /// Pipelines that are at hand as texts, each with the path that its findings name; in place of all files.
    pub texts: Vec<(PathBuf, String)>,
    /// Lets unset references pass, with a warning.
    pub allow_unset: bool,
}

/// A configuration that can run.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Warnings.
    pub warnings: Report,
    /// One line for each pipeline: what it reads and writes, in the words of its file.
    pub summaries: Vec<String>,
    /// Where each pipeline's file names what lives in the cluster.
    pub(super) places: Vec<Places>,
    /// Where the daemon's file says what only a restart changes.
    pub(super) daemon_places: DaemonPlaces,
}

impl Loaded {
    /// Refuses what a daemon that runs as `old` cannot take in.
    ///
    /// # Errors
    ///
    /// Each key that needs a restart, with its place, and the warnings of the files.
    pub fn refuse_restarts(self, old: &DaemonSpec) -> Result<Loaded, Report> {
        let findings = self.daemon_places.changes(old, &self.config.daemon);
        if findings.is_empty() {
            return Ok(self);
        }
        let Report { sources, mut diagnostics } = self.warnings;
        diagnostics.extend(findings);
        Err(Report::new(sources, diagnostics))
    }
}

/// Loads from the file system, with the process's environment and credentials.
///
/// # Errors
///
/// Everything that is wrong, in all files, with warnings among it.
pub fn load(request: &LoadRequest) -> Result<Loaded, Report> {
    load_in(request, &Surroundings::of_process())
}

/// Loads with given surroundings.
///
/// # Errors
///
/// Everything that is wrong, in all files, with warnings among it.
pub(super) fn load_in(request: &LoadRequest, surroundings: &Surroundings) -> Result<Loaded, Report> {
    let mut sources = SourceMap::default();
    let mut findings = Vec::new();
    let daemon_path = match (&request.config, request.paths.is_empty() && request.texts.is_empty()) {
        (Some(path), _) => Some(path.as_path()),
        (None, true) => Some(Path::new(DEFAULT_CONFIG)),
        (None, false) => None,
    };
    let daemon_tree = daemon_path.map(|path| read_tree(&mut sources, path, &mut findings));
    let daemon = read_daemon(&sources, surroundings, request, daemon_tree, &mut findings);
    let trees = read_pipelines(&mut sources, request, &daemon, &mut findings);
    let mut walk = Walk::new(&sources, surroundings, request.allow_unset);
    let mut pipelines: Vec<Pipeline> = trees.iter().filter_map(|tree| pipeline(&mut walk, tree)).collect();
    registry_of_all(&mut walk, request, &daemon, &mut pipelines);
    kafka_of_all(&mut walk, request, &daemon, &mut pipelines);
    findings.append(&mut walk.diagnostics);
    findings.extend(memory(&daemon, &pipelines));
    finish(sources, findings, daemon, pipelines)
}

/// Whether the floors of all lanes fit into the memory that the daemon may take.
fn memory(daemon: &Daemon, pipelines: &[Pipeline]) -> Option<Diagnostic> {
    let lanes: usize = pipelines.iter().filter_map(|pipeline| Some(pipeline.spec.as_ref()?.lanes)).sum();
    let max_bytes = daemon.spec.as_ref()?.memory_max_bytes;
    cross::memory(lanes as u64, LANE_FLOOR_BYTES, max_bytes, daemon.places.memory)
}

fn finish(
    sources: SourceMap,
    findings: Vec<Diagnostic>,
    daemon: Daemon,
    pipelines: Vec<Pipeline>,
) -> Result<Loaded, Report> {
    let report = Report::new(sources, findings);
    let places = pipelines.iter().map(Pipeline::places).collect();
    let summaries = pipelines.iter().filter_map(Pipeline::summary).collect();
    let specs = pipelines.into_iter().map(|pipeline| pipeline.spec).collect::<Option<Vec<_>>>();
    match (daemon.spec, specs) {
        (Some(spec), Some(pipelines)) if !report.has_errors() => {
            let config = Config { daemon: spec, pipelines };
            Ok(Loaded { config, warnings: report, summaries, places, daemon_places: daemon.places })
        }
        _ => Err(report),
    }
}

fn read_tree(sources: &mut SourceMap, path: &Path, findings: &mut Vec<Diagnostic>) -> Option<(FileId, Node)> {
    let tree = files::read(sources, path).and_then(|file| Ok((file, parse(sources, file)?)));
    tree.map_err(|diagnostic| findings.push(*diagnostic)).ok()
}

/// The daemon's settings: of its file, or the defaults where none is asked for.
fn read_daemon(
    sources: &SourceMap,
    surroundings: &Surroundings,
    request: &LoadRequest,
    tree: Option<Option<(FileId, Node)>>,
    findings: &mut Vec<Diagnostic>,
) -> Daemon {
    let nothing = || Daemon {
        spec: None,
        kafka: Properties::default(),
        pipelines: None,
        places: DaemonPlaces::default(),
    };
    let mut walk = Walk::new(sources, surroundings, request.allow_unset);
    let daemon = match tree {
        Some(Some((_, node))) => daemon(&mut walk, &node),
        Some(None) => return nothing(),
        None => Daemon::default_settings(),
    };
    findings.append(&mut walk.diagnostics);
    daemon
}

fn read_pipelines(
    sources: &mut SourceMap,
    request: &LoadRequest,
    daemon: &Daemon,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Node> {
    if !request.texts.is_empty() {
        return parse_texts(sources, &request.texts, findings);
    }
    let (paths, place) = match (request.paths.is_empty(), &daemon.pipelines) {
        (false, _) => (request.paths.clone(), None),
        (true, Some((folder, place))) => (vec![folder.clone()], *place),
        (true, None) => (Vec::new(), None),
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for path in &paths {
        match files::find(path) {
            Ok(found) => {
                files.extend(found.pipelines);
                findings.extend(found.passed_over);
            }
            Err(diagnostic) => findings.push(match place {
                Some(place) => diagnostic.at_name(place),
                None => *diagnostic,
            }),
        }
    }
    // The same file may be named twice, and be in a folder that is named.
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    files.iter().filter_map(|file| read_tree(sources, file, findings)).map(|(_, node)| node).collect()
}

fn parse_texts(
    sources: &mut SourceMap,
    texts: &[(PathBuf, String)],
    findings: &mut Vec<Diagnostic>,
) -> Vec<Node> {
    let mut trees = Vec::with_capacity(texts.len());
    for (path, text) in texts {
        let file = sources.add(path, text.clone());
        match parse(sources, file) {
            Ok(tree) => trees.push(tree),
            Err(diagnostic) => findings.push(*diagnostic),
        }
    }
    trees
}

/// Gives the pipelines that read or write Avro their registry.
fn registry_of_all(walk: &mut Walk<'_>, request: &LoadRequest, daemon: &Daemon, pipelines: &mut [Pipeline]) {
    let spec = match &request.schema_registry {
        Some(url) => {
            let spec = registry::at(url);
            if spec.is_none() {
                let message = "`--schema-registry` must be an address such as `https://registry:8081`";
                walk.report(Diagnostic::error("bad-value", message));
                return;
            }
            spec
        }
        None => daemon.spec.as_ref().and_then(|daemon| daemon.registry.clone()),
    };
    for pipeline in pipelines {
        let Some(own) = pipeline.spec.as_mut().filter(|own| own.needs_registry()) else { continue };
        own.registry.clone_from(&spec);
        if spec.is_none() && daemon.spec.is_some() {
            let message = "no schema registry to ask: `schema_registry` is not set";
            let missing = Diagnostic::error("missing-registry", message)
                .at(pipeline.place, "needed by this pipeline's Avro");
            walk.report(missing.note(
                "set it in the daemon's file (`schema_registry: {url: \"https://registry:8081\"}`), or by \
                 `--schema-registry URL`",
            ));
        }
    }
}

/// Gives each pipeline its properties, and runs the checks that need those of all.
fn kafka_of_all(walk: &mut Walk<'_>, request: &LoadRequest, daemon: &Daemon, pipelines: &mut [Pipeline]) {
    let command_line: Vec<Entry> =
        request.bootstrap.iter().map(|servers| Entry::bootstrap(servers)).collect();
    let mut clusters = Vec::new();
    let mut tried: Vec<KafkaSpec> = Vec::new();
    for pipeline in pipelines.iter_mut() {
        let own = std::mem::take(&mut pipeline.kafka);
        let merged = merge([&daemon.kafka.entries[..], &own.entries[..], &command_line[..]]);
        let spec = split(&merged);
        let is_whole = check_together(walk, &merged) && !daemon.kafka.is_broken && !own.is_broken;
        if is_whole && !merged.iter().any(|entry| entry.value.opaque) && !tried.contains(&spec) {
            check_clients(walk, &merged, &spec, pipeline.place);
            tried.push(spec.clone());
        }
        let cluster =
            merged.iter().find(|entry| entry.canonical == BOOTSTRAP).map(|entry| entry.value.value.clone());
        let cluster = cluster.filter(|brokers| !brokers.trim().is_empty());
        if cluster.is_none() && daemon.spec.is_some() {
            let message = "no brokers to connect to: `bootstrap.servers` is not set";
            let missing =
                Diagnostic::error("missing-brokers", message).at(pipeline.place, "needed by this pipeline");
            walk.report(missing.note(
                "set it in the daemon's file (`kafka: {bootstrap.servers: broker-1:9092}`), in the pipeline's \
                 own `kafka`, or by `--bootstrap HOST:PORT`",
            ));
        }
        clusters.push(cluster);
        if let Some(pipeline) = &mut pipeline.spec {
            let filled = merged.iter().map(|entry| &entry.value).filter(|value| value.filled);
            pipeline.filled.0.extend(filled.map(|value| (value.value.clone(), value.shown.clone())));
            pipeline.kafka = spec;
            pipeline.hash = shown_hash(pipeline);
        }
        pipeline.kafka = own;
    }
    let placed: Vec<Placed<'_>> = pipelines
        .iter()
        .zip(&clusters)
        .map(|(pipeline, cluster)| Placed { pipeline, cluster: cluster.as_deref() })
        .collect();
    walk.diagnostics.extend(cross::check(&placed));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::spec::{BreakerSpec, HeaderDialect, OnError};
    use super::*;

    /// A folder with one pipeline file, removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str, pipeline: &str) -> Scratch {
            let folder = std::env::temp_dir().join(format!("millstream-load-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("pipeline.yaml"), pipeline).unwrap();
            Scratch(folder)
        }

        fn load(&self, surroundings: &Surroundings) -> Result<Loaded, Report> {
            let request = LoadRequest {
                bootstrap: Some("localhost:9092".to_owned()),
                paths: vec![self.0.join("pipeline.yaml")],
                ..LoadRequest::default()
            };
            load_in(&request, surroundings)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    const EVERYTHING: &str = "name: a\nsource: {topics: [b], group: c, start: earliest, on_offset_lost: stop}\n\
        transform:\n  - decode: json\n  - filter: .a == \"x\"\n  - map: .b = \"y\"\n\
        sinks: [{topic: d, when: .a == \"z\", encode: json, create: {partitions: 6, replication: 3}}]\n\
        dlq: {topic: e, headers: connect, breaker: {share: 50%, window: 1m, min_records: 10}}\n\
        delivery: at_least_once\ncommit: {interval: 1s, records: 10}\nlanes: 2\ntombstones: run\non_error: dlq\n\
        kafka: {client.id: f, linger.ms: 5, compression.type: lz4, security.protocol: ssl, ssl.ca.location: g}\n";

    /// Each value in its turn comes from outside, and is one that does not fit, or one that does: what it is must
    /// not be told, wherever it stands.
    #[test]
    fn what_is_filled_in_is_never_told() {
        let values =
            ["b", "c", "earliest", "stop", "json", "x", "y", "d", "z", "6", "3", "e", "connect", "50%"];
        let more = ["1m", "10", "at_least_once", "1s", "2", "run", "dlq", "f", "5", "lz4", "ssl", "g", "a"];
        for (secret, name) in [("hunter2", "FITS"), ("hunter2 \\", "NOT")] {
            let surroundings = Surroundings::made(
                match name {
                    "FITS" => &[("S", "hunter2")],
                    _ => &[("S", "hunter2 \\")],
                },
                None,
            );
            for value in values.iter().chain(&more) {
                let text = replace_value(EVERYTHING, value);
                let scratch = Scratch::new(name, &text);
                let told = match scratch.load(&surroundings) {
                    Ok(loaded) => {
                        format!("{}{}{:?}", loaded.warnings, loaded.summaries.join(""), loaded.warnings)
                    }
                    Err(report) => format!("{report}{}{report:?}", report.to_json()),
                };
                assert!(!told.contains(secret) && !told.contains("hunter2"), "{value} is told:\n{told}");
            }
        }
    }

    /// The first value that is `value`, and not part of a word or a key, becomes a reference.
    fn replace_value(text: &str, value: &str) -> String {
        let quoted = format!("\"{value}\"");
        let starts = [": ", "[", "== ", "= "];
        for start in starts {
            for (from, to) in [(quoted.as_str(), "\"${env:S}\""), (value, "\"${env:S}\"")] {
                for end in ["\n", ",", "}", "]"] {
                    let found = format!("{start}{from}{end}");
                    if text.contains(&found) {
                        return text.replacen(&found, &format!("{start}{to}{end}"), 1);
                    }
                }
            }
        }
        panic!("{value} is no value of the text")
    }

    proptest! {
        /// Whatever a file holds, it is read or explained.
        #[test]
        fn no_file_panics(
            at in prop::collection::vec((0usize..EVERYTHING.len(), 0usize..12, "[a-z{}\\[\\]:,.$%\"'|>&*#!?\n é0-9-]{0,6}"), 1..4),
        ) {
            let mut text = EVERYTHING.to_owned();
            for (start, length, piece) in at {
                let floor = |byte: usize| (0..=byte.min(text.len())).rev().find(|b| text.is_char_boundary(*b)).unwrap_or(0);
                let (start, end) = (floor(start), floor(start + length));
                text.replace_range(start..end, &piece);
            }
            let scratch = Scratch::new("fuzz", &text);
            let told = match scratch.load(&Surroundings::made(&[], None)) {
                Ok(loaded) => loaded.warnings,
                Err(report) => report,
            };
            prop_assert!(told.to_json().is_array());
            prop_assert_eq!(told.is_empty(), told.to_string().is_empty());
        }
    }

    #[test]
    fn defaults_are_those_of_the_documentation() {
        let scratch = Scratch::new(
            "defaults",
            "name: a\nsource: {topics: [b]}\nsinks: [{topic: c}]\ndlq: {topic: d}\n",
        );
        let loaded = scratch.load(&Surroundings::made(&[], None)).expect("it is right");
        let daemon = &loaded.config.daemon;
        assert_eq!((daemon.memory_max_bytes, daemon.shutdown_deadline.as_secs()), (512 << 20, 25));
        assert_eq!(daemon.state, PathBuf::from("/var/lib/millstream"));
        let pipeline = &loaded.config.pipelines[0];
        assert_eq!(pipeline.source.group, "millstream.a");
        assert_eq!((pipeline.commit.interval.as_millis(), pipeline.commit.records), (500, 5000));
        assert_eq!((pipeline.lanes, pipeline.on_error), (1, OnError::Dlq));
        let dlq = pipeline.dlq.as_ref().expect("it stands there");
        assert_eq!(dlq.headers, HeaderDialect::Millstream);
        let breaker = BreakerSpec { share_percent: 50.0, window: Duration::from_secs(60), min_records: 1000 };
        assert_eq!(dlq.breaker, breaker);
        assert_eq!(pipeline.kafka.consumer["bootstrap.servers"], "localhost:9092");
        assert_eq!(pipeline.kafka.producer["bootstrap.servers"], "localhost:9092");
    }
}
