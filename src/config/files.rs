//! Finds and reads the files of a configuration.

use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::source_map::{FileId, Place, SourceMap};

/// The largest configuration file that is read.
pub(super) const FILE_BYTES_MAX: u64 = 1 << 20;

/// Reads a file as text into the map.
///
/// # Errors
///
/// Why it cannot be read.
pub(super) fn read(sources: &mut SourceMap, path: &Path) -> Result<FileId, Box<Diagnostic>> {
    let fail = |message: String| Box::new(Diagnostic::error("unreadable", message).in_file(path));
    let metadata = std::fs::metadata(path).map_err(|error| fail(format!("cannot be read: {error}")))?;
    if !metadata.is_file() {
        return Err(fail("cannot be read: it is not a file".to_owned()));
    }
    if metadata.len() > FILE_BYTES_MAX {
        let (length, max) = (metadata.len(), super::units::show_size(FILE_BYTES_MAX));
        return Err(fail(format!("is too large: {length} bytes, and at most {max} are read")));
    }
    let bytes = std::fs::read(path).map_err(|error| fail(format!("cannot be read: {error}")))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(sources.add(path, text.to_owned())),
        Err(error) => {
            // Up to the fault, the text with replaced bytes is the same.
            let at = error.valid_up_to();
            let file = sources.add(path, String::from_utf8_lossy(bytes).into_owned());
            let place = Place::new(file, at, at + char::REPLACEMENT_CHARACTER.len_utf8());
            let message = "this file is not UTF-8";
            let byte = format!("the byte 0x{:02x} cannot stand here", bytes[at]);
            Err(Box::new(Diagnostic::error("not-utf8", message).at(place, byte)))
        }
    }
}

/// What a path holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The pipeline files, in the order of their names.
    pub pipelines: Vec<PathBuf>,
    /// Warnings about files that a user may take for pipelines.
    pub passed_over: Vec<Diagnostic>,
}

/// The pipeline files of a path: itself, or the `*.yaml` of a folder. Hidden files and what editors leave behind
/// are passed over.
///
/// # Errors
///
/// Why there are none.
pub(super) fn find(path: &Path) -> Result<Found, Box<Diagnostic>> {
    let fail = |message: String| Box::new(Diagnostic::error("unreadable", message).in_file(path));
    let cannot = |error: std::io::Error| fail(format!("cannot be read: {error}"));
    let mut found = Found::default();
    if !std::fs::metadata(path).map_err(cannot)?.is_dir() {
        found.pipelines.push(path.to_path_buf());
        return Ok(found);
    }
    for entry in std::fs::read_dir(path).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if is_pipeline_file(&name) {
            found.pipelines.push(entry.path());
        } else if name.ends_with(".yml") && !name.starts_with('.') {
            let message = "is passed over: a pipeline's file ends in `.yaml`";
            found.passed_over.push(Diagnostic::warning("passed-over", message).in_file(&entry.path()));
        }
    }
    found.pipelines.sort();
    match found.pipelines.is_empty() {
        true => Err(fail("this folder has no pipeline: no file that ends in `.yaml`".to_owned())),
        false => Ok(found),
    }
}

fn is_pipeline_file(name: &str) -> bool {
    name.ends_with(".yaml") && !name.starts_with(['.', '#', '~'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_backup_files_are_passed_over() {
        for name in ["a.yaml", "orders-eu.yaml"] {
            assert!(is_pipeline_file(name), "{name}");
        }
        for name in
            [".a.yaml", "#a.yaml#", "#a.yaml", "a.yaml~", "a.yaml.bak", ".a.yaml.swp", "a.yml", "README.md"]
        {
            assert!(!is_pipeline_file(name), "{name}");
        }
    }
}
