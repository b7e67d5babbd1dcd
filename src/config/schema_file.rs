//! Schemas in files of their own, beside the pipelines that name them.

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
                Some((line, column)) => format!("{}:{line}:{column}", shown(&path)),
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
            let (line, column) = error.at;
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
            walk.report(Diagnostic::error("unreadable", message).at(node.place, "named here"));
            None
        }
    }
}
