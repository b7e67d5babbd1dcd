//! Which files are read, and their trees.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::config::daemon::{Daemon, DaemonPlaces, daemon};
use crate::config::diagnostic::Diagnostic;
use crate::config::files;
use crate::config::interpolate::Surroundings;
use crate::config::kafka::Properties;
use crate::config::node::{Node, parse};
use crate::config::source_map::{FileId, SourceMap};
use crate::config::walk::Walk;

use super::LoadRequest;

/// A file as a tree of nodes; `None` where it is none, which `findings` then tell.
pub(super) fn read_tree(
    sources: &mut SourceMap,
    path: &Path,
    findings: &mut Vec<Diagnostic>,
) -> Option<(FileId, Node)> {
    let tree = files::read(sources, path).and_then(|file| Ok((file, parse(sources, file)?)));
    tree.map_err(|diagnostic| findings.push(*diagnostic)).ok()
}

/// The daemon's settings: of its file, or the defaults where none is asked for.
pub(super) fn read_daemon(
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

/// The trees of all pipelines: of the texts at hand, of the paths that were asked for, or of the daemon's folder.
pub(super) fn read_pipelines(
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
