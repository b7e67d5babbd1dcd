//! Reads and checks everything that a daemon runs: the files (`trees`), each by itself (`daemon`, `pipeline`), what
//! pipelines have from the daemon and the command line (`inherit`), and what they share.

mod inherit;
mod trees;

use std::path::{Path, PathBuf};

use crate::pipeline::memory::LANE_FLOOR_BYTES;

use super::cross;
use super::daemon::{Daemon, DaemonPlaces};
use super::diagnostic::{Diagnostic, Report};
use super::interpolate::Surroundings;
use super::pipeline::{Pipeline, Places, pipeline};
use super::source_map::SourceMap;
use super::spec::{Config, DaemonSpec};
use super::walk::Walk;

use inherit::{kafka_of_all, registry_of_all};
use trees::{read_daemon, read_pipelines, read_tree};

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

#[cfg(test)]
mod tests;
