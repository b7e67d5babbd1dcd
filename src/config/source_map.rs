//! The texts of all files that were read, and places in them.

use std::path::{Path, PathBuf};

use codespan_reporting::files::{Error, Files, SimpleFile};

/// A file in a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(usize);

/// A byte range in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Place {
    /// The place of `start..end` in `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Place {
        Place { file, start, end: end.max(start) }
    }

    /// The empty place at its first byte.
    pub fn first(self) -> Place {
        Place { end: self.start, ..self }
    }
}

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// All files of one load, as they stand on disk.
#[derive(Default)]
pub struct SourceMap {
    files: Vec<(PathBuf, SimpleFile<String, String>)>,
}

/// Only names: texts can hold what is not meant for logs.
impl std::fmt::Debug for SourceMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.iter().map(|(path, _)| path)).finish()
    }
}

impl SourceMap {
    /// Adds a file under the path that the user gave for it.
    pub fn add(&mut self, path: &Path, text: String) -> FileId {
        let file = SimpleFile::new(path.display().to_string(), text);
        self.files.push((path.to_path_buf(), file));
        FileId(self.files.len() - 1)
    }

    /// The file's path as the user gave it.
    pub fn path(&self, file: FileId) -> &Path {
        &self.files[file.0].0
    }

    /// The file's text.
    pub fn text(&self, file: FileId) -> &str {
        self.files[file.0].1.source()
    }

    /// The text at a place; empty where the place is not one.
    pub fn slice(&self, place: Place) -> &str {
        self.text(place.file).get(place.start..place.end).unwrap_or("")
    }

    /// Line and column of a byte.
    pub fn position(&self, file: FileId, byte: usize) -> Position {
        let at = self.files[file.0].1.location((), byte.min(self.text(file).len()));
        at.map_or(Position { line: 1, column: 1 }, |at| Position {
            line: at.line_number,
            column: at.column_number,
        })
    }

    /// `file:line:column` of a place.
    pub fn describe(&self, place: Place) -> String {
        let at = self.position(place.file, place.start);
        format!("{}:{}:{}", self.path(place.file).display(), at.line, at.column)
    }

    fn file(&self, id: FileId) -> Result<&SimpleFile<String, String>, Error> {
        self.files.get(id.0).map(|(_, file)| file).ok_or(Error::FileMissing)
    }
}

impl<'a> Files<'a> for SourceMap {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(self.file(id)?.name())
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(self.file(id)?.source())
    }

    fn line_index(&'a self, id: FileId, byte: usize) -> Result<usize, Error> {
        self.file(id)?.line_index((), byte)
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<std::ops::Range<usize>, Error> {
        self.file(id)?.line_range((), line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let mut sources = SourceMap::default();
        let file = sources.add(Path::new("a.yaml"), "é: 1\nüü: x\n".to_owned());
        let x = sources.text(file).find('x').unwrap();
        assert_eq!(sources.position(file, x), Position { line: 2, column: 5 });
        assert_eq!(sources.describe(Place::new(file, x, x + 1)), "a.yaml:2:5");
    }

    #[test]
    fn debug_shows_no_text() {
        let mut sources = SourceMap::default();
        sources.add(Path::new("a.yaml"), "hunter2".to_owned());
        assert_eq!(format!("{sources:?}"), "[\"a.yaml\"]");
    }
}
