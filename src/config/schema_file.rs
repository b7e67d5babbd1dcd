//! Schemas in files of their own, beside the pipelines that name them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::codec::avro;
use crate::codec::json_schema::JsonSchema;

use super::diagnostic::Diagnostic;
use super::element::Key;
use super::files;
use super::node::Node;
use super::source_map::SourceMap;
use super::walk::Walk;

/// A file is only suggested when its name is at least this like the one that was written, 0 to 1.
const SIMILARITY_MIN: f64 = 0.7;

/// A path that stands at a key, from the folder of its file; `None` inside where it is unset and may be.
#[expect(clippy::option_option, reason = "wrong and unset are different")]
pub(super) fn path(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Option<PathBuf>> {
    let text = walk.scalar(node, key)?;
    if text.opaque {
        return Some(None);
    }
    if text.value.is_empty() {
        walk.bad(node, key, &text.shown);
        return None;
    }
    Some(Some(walk.base(node.place.file).join(text.value)))
}

/// Reads the Avro schema that a key names, to write by; `None` inside where the path is unset and may be.
#[expect(clippy::option_option, reason = "wrong and unset are different")]
pub(super) fn avro(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Option<Arc<avro::Schema>>> {
    checked_avro(walk, node, key, avro::Schema::check_defaults)
}

/// The same to read by.
#[expect(clippy::option_option, reason = "wrong and unset are different")]
pub(super) fn avro_reader(
    walk: &mut Walk<'_>,
    node: &Node,
    key: &'static Key,
) -> Option<Option<Arc<avro::Schema>>> {
    checked_avro(walk, node, key, avro::Schema::check_defaults_as_read)
}

#[expect(clippy::option_option, reason = "wrong and unset are different")]
fn checked_avro(
    walk: &mut Walk<'_>,
    node: &Node,
    key: &'static Key,
    check: fn(&avro::Schema) -> Result<(), avro::SchemaError>,
) -> Option<Option<Arc<avro::Schema>>> {
    let Some(path) = path(walk, node, key)? else { return Some(None) };
    let text = read(walk, node, &path)?;
    let parsed = avro::Schema::parse(&text, &[]);
    match parsed.and_then(|schema| check(&schema).map(|()| schema)) {
        Ok(schema) => Some(Some(Arc::new(schema))),
        Err(error) => {
            let place = match error.at {
                Some((line, column)) => format!("{}:{line}:{}", shown(&path), column.max(1)),
                None => shown(&path).to_string(),
            };
            let message = format!("this file is no Avro schema: {error}");
            walk.report(Diagnostic::error("bad-schema", message).at(node.place, "named here").note(place));
            None
        }
    }
}

/// As a person would write it.
fn shown(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix("./").unwrap_or(path).display()
}

/// Reads the JSON Schema that a key names; `None` inside where the path is unset and may be.
#[expect(clippy::option_option, reason = "wrong and unset are different")]
pub(super) fn json(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Option<Arc<JsonSchema>>> {
    let Some(path) = path(walk, node, key)? else { return Some(None) };
    let text = read(walk, node, &path)?;
    match JsonSchema::parse(&text) {
        Ok(schema) => Some(Some(Arc::new(schema))),
        Err(error) => {
            let (line, column) = (error.at.0.max(1), error.at.1.max(1));
            let pointer = error.pointer.as_ref().map(|pointer| format!(" ({pointer})")).unwrap_or_default();
            let place = format!("{}:{line}:{column}{pointer}", shown(&path));
            let message = format!("this file is no JSON Schema: {error}");
            walk.report(Diagnostic::error("bad-schema", message).at(node.place, "named here").note(place));
            None
        }
    }
}

fn read(walk: &mut Walk<'_>, node: &Node, path: &Path) -> Option<String> {
    let mut own = SourceMap::default();
    match files::read(&mut own, path) {
        Ok(file) => Some(own.text(file).to_owned()),
        Err(fault) => {
            let message = format!("the schema {} {}", shown(path), fault.message);
            let found = Diagnostic::error("unreadable", message);
            let is_missing = std::fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
            let found = match is_missing {
                true => missing(found, node, &walk.base(node.place.file), path),
                false => found.at(node.place, "named here"),
            };
            walk.report(found);
            None
        }
    }
}

/// Where a file was looked for, and what is there in its place; `base` is the folder that relative paths start from.
fn missing(found: Diagnostic, node: &Node, base: &Path, path: &Path) -> Diagnostic {
    let folder = path.parent().unwrap_or(base);
    let near = nearest(folder, path).map(|name| folder.join(name));
    let near = near.as_deref().map(|near| near.strip_prefix(base).unwrap_or(near));
    let label =
        near.map_or_else(|| "named here".to_owned(), |near| format!("did you mean `{}`?", near.display()));
    let found = found.at(node.place, label);
    let from = match shown(base).to_string() {
        base if base.is_empty() || base == "." => String::new(),
        base => format!(", `{base}`"),
    };
    let found = match path.starts_with(base) {
        true => found.note(format!("it is looked for from the folder of the file that names it{from}")),
        false => found,
    };
    match in_folder(folder).is_dir() {
        true => found,
        false => found.note(format!("there is no folder `{}`", shown(folder))),
    }
}

/// The name of the file in a folder that is most like that of `path`.
fn nearest(folder: &Path, path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let entries = std::fs::read_dir(in_folder(folder)).ok()?.flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    let like = |name: &str| strsim::normalized_damerau_levenshtein(wanted, name);
    let best = names.into_iter().max_by(|left, right| like(left).total_cmp(&like(right)))?;
    (like(&best) >= SIMILARITY_MIN).then_some(best)
}

/// An empty path is the folder where the process runs.
fn in_folder(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}
