//! Reads and checks everything that a daemon runs.

use std::path::{Path, PathBuf};

use crate::pipeline::memory::LANE_FLOOR_BYTES;

use super::cross::{self, Placed};
use super::daemon::{Daemon, daemon};
use super::diagnostic::{Diagnostic, Report};
use super::files;
use super::interpolate::Surroundings;
use super::kafka::{BOOTSTRAP, Entry, check_together, merge, split};
use super::node::{Node, parse};
use super::pipeline::{Pipeline, pipeline};
use super::source_map::{FileId, SourceMap};
use super::spec::Config;
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
    /// Pipeline files or folders of them, in place of the daemon's `pipelines`.
    pub paths: Vec<PathBuf>,
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
    let daemon_path = match (&request.config, request.paths.is_empty()) {
        (Some(path), _) => Some(path.as_path()),
        (None, true) => Some(Path::new(DEFAULT_CONFIG)),
        (None, false) => None,
    };
    let daemon_tree = daemon_path.map(|path| read_tree(&mut sources, path, &mut findings));
    let daemon = read_daemon(&sources, surroundings, request, daemon_tree, &mut findings);
    let trees = read_pipelines(&mut sources, request, &daemon, &mut findings);
    let mut walk = Walk::new(&sources, surroundings, request.allow_unset);
    let mut pipelines: Vec<Pipeline> = trees.iter().filter_map(|tree| pipeline(&mut walk, tree)).collect();
    kafka_of_all(&mut walk, request, &daemon, &mut pipelines);
    findings.append(&mut walk.diagnostics);
    findings.extend(memory(&daemon, &pipelines));
    finish(sources, findings, daemon, pipelines)
}

/// Whether the floors of all lanes fit into the memory that the daemon may take.
fn memory(daemon: &Daemon, pipelines: &[Pipeline]) -> Option<Diagnostic> {
    let lanes: usize = pipelines.iter().filter_map(|pipeline| Some(pipeline.spec.as_ref()?.lanes)).sum();
    let max_bytes = daemon.spec.as_ref()?.memory_max_bytes;
    cross::memory(lanes as u64, LANE_FLOOR_BYTES, max_bytes, daemon.memory_place)
}

fn finish(
    sources: SourceMap,
    findings: Vec<Diagnostic>,
    daemon: Daemon,
    pipelines: Vec<Pipeline>,
) -> Result<Loaded, Report> {
    let report = Report::new(sources, findings);
    let summaries = pipelines.iter().filter_map(Pipeline::summary).collect();
    let specs = pipelines.into_iter().map(|pipeline| pipeline.spec).collect::<Option<Vec<_>>>();
    match (daemon.spec, specs) {
        (Some(daemon), Some(pipelines)) if !report.has_errors() => {
            Ok(Loaded { config: Config { daemon, pipelines }, warnings: report, summaries })
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
    let nothing = || Daemon { spec: None, kafka: Vec::new(), pipelines: None, memory_place: None };
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
    let (paths, place) = match (request.paths.is_empty(), &daemon.pipelines) {
        (false, _) => (request.paths.clone(), None),
        (true, Some((folder, place))) => (vec![folder.clone()], *place),
        (true, None) => (Vec::new(), None),
    };
    let mut files: Vec<PathBuf> = Vec::new();
    for path in &paths {
        match files::find(path) {
            Ok(found) => {
                files.extend(found.into_iter().filter(|file| !files.contains(file)).collect::<Vec<_>>())
            }
            Err(diagnostic) => findings.push(match place {
                Some(place) => diagnostic.at_name(place),
                None => *diagnostic,
            }),
        }
    }
    files.iter().filter_map(|file| read_tree(sources, file, findings)).map(|(_, node)| node).collect()
}

/// Gives each pipeline its properties, and runs the checks that need those of all.
fn kafka_of_all(walk: &mut Walk<'_>, request: &LoadRequest, daemon: &Daemon, pipelines: &mut [Pipeline]) {
    let command_line: Vec<Entry> =
        request.bootstrap.iter().map(|servers| Entry::bootstrap(servers)).collect();
    let mut clusters = Vec::new();
    for pipeline in pipelines.iter_mut() {
        let own = std::mem::take(&mut pipeline.kafka);
        let merged = merge([&daemon.kafka[..], &own[..], &command_line[..]]);
        check_together(walk, &merged);
        let cluster =
            merged.iter().find(|entry| entry.canonical == BOOTSTRAP).map(|entry| entry.value.value.clone());
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
        if let Some(spec) = &mut pipeline.spec {
            spec.kafka = split(&merged);
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
