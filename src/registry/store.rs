//! The cache on disk: schemas by id, and the ids of sinks' schemas, for starts while the registry is away.
//!
//! One file each, `<address>-<what>.schema`: a line with format and checksum, then JSON that says of which address and of
//! what it is. An address is all that a registry is known by, so what is kept is kept for each address that its registry
//! has: another one beside it, or in its place later, finds it. What is not exactly that is not trusted; it is written anew when the registry has answered. A disk that is
//! full or read-only costs nothing but a warning.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::client::ANSWER_BYTES_MAX;

/// Files that are kept, of all registries and their addresses together; those used longest ago are removed.
pub(super) const FILES_MAX: usize = 4096;

/// The largest file that is read, in bytes: a schema and its references, escaped.
pub(super) const FILE_BYTES_MAX: u64 = 4 * ANSWER_BYTES_MAX as u64;

/// What a file of this format begins with.
pub(super) const MARK: &str = "millstream-schema 1 sha256 ";

const SUFFIX: &str = ".schema";

const TEMPORARY: &str = ".writing-";

/// What is kept of a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Its id.
    pub id: u32,
    /// Its text.
    pub schema: String,
    /// The texts of those that it refers to.
    pub references: Vec<String>,
}

/// What something is kept under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A schema by its id.
    Id(u32),
    /// A sink's schema, by subject and which one of it.
    Sink(String),
}

#[derive(Serialize, Deserialize)]
struct Content {
    /// The digest of the address.
    registry: String,
    key: String,
    #[serde(rename = "value")]
    kept: Kept,
}

/// The files of one registry.
pub(super) struct Store {
    folder: PathBuf,
    /// The digests of its addresses, in their order.
    addresses: Vec<String>,
    warned: AtomicBool,
    written: AtomicU64,
}

impl Store {
    /// The files of the registry at `urls` in `folder`, which is made when it is needed.
    pub(super) fn new(folder: PathBuf, urls: &[String]) -> Self {
        let address = |url: &String| digest(url.trim_end_matches('/').as_bytes())[..16].to_owned();
        let mut addresses: Vec<_> = urls.iter().map(address).collect();
        let mut known = HashSet::new();
        addresses.retain(|address| known.insert(address.clone()));
        Self { folder, addresses, warned: AtomicBool::new(false), written: AtomicU64::new(0) }
    }

    /// What is kept under `key`, for whichever address; it is kept for all of them then.
    pub(super) fn read(&self, key: &Key) -> Option<Kept> {
        let mut without = Vec::new();
        let mut found = None;
        for address in &self.addresses {
            let path = self.path(address, key);
            match self.read_at(&path, address, key) {
                Ok(Some(kept)) => found = found.or(Some(kept)),
                Ok(None) => without.push(address),
                Err(why) => tracing::warn!(path = %path.display(), why, "cached schema ignored"),
            }
        }
        if let Some(kept) = &found {
            self.write_for(&without, key, kept);
        }
        found
    }

    /// Keeps something under `key`.
    pub(super) fn write(&self, key: &Key, kept: &Kept) {
        self.write_for(&self.addresses.iter().collect::<Vec<_>>(), key, kept);
    }

    fn write_for(&self, addresses: &[&String], key: &Key, kept: &Kept) {
        if addresses.is_empty() {
            return;
        }
        match self.write_all(addresses, key, kept) {
            Ok(()) => self.warned.store(false, Ordering::Relaxed),
            Err(error) => {
                if !self.warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(folder = %self.folder.display(), %error, "schemas cannot be kept on disk");
                }
            }
        }
    }

    /// Keeps nothing under `key` any more.
    pub(super) fn remove(&self, key: &Key) {
        for address in &self.addresses {
            // What cannot be removed is verified anew at each start.
            let _ = fs::remove_file(self.path(address, key));
        }
    }

    fn path(&self, address: &str, key: &Key) -> PathBuf {
        let what = match key {
            Key::Id(id) => format!("id-{id}"),
            Key::Sink(sink) => format!("sink-{}", &digest(sink.as_bytes())[..32]),
        };
        self.folder.join(format!("{address}-{what}{SUFFIX}"))
    }

    fn read_at(&self, path: &Path, address: &str, key: &Key) -> Result<Option<Kept>, String> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
            Ok(metadata) if !metadata.is_file() => return Err("not a file".to_owned()),
            Ok(metadata) if metadata.len() > FILE_BYTES_MAX => return Err("too large".to_owned()),
            Ok(_) => {}
        }
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        let content = verified(&bytes)?;
        let is_of_id = |id: &u32| content.kept.id == *id;
        let is_of_key =
            content.key == text_of(key) && if let Key::Id(id) = key { is_of_id(id) } else { true };
        if content.registry != address || !is_of_key {
            return Err("it is of something else".to_owned());
        }
        // So that what is used is what stays.
        let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
        Ok(Some(content.kept))
    }

    fn write_all(&self, addresses: &[&String], key: &Key, kept: &Kept) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut written = Vec::new();
        for address in addresses {
            let path = self.path(address, key);
            self.write_at(&path, address, key, kept)?;
            written.push(path);
        }
        self.tidy(&written)
    }

    fn write_at(&self, path: &Path, address: &str, key: &Key, kept: &Kept) -> io::Result<()> {
        let content = Content { registry: address.to_owned(), key: text_of(key), kept: kept.clone() };
        let body = serde_json::to_string(&content)?;
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let name = format!("{TEMPORARY}{}-{address}-{number}", std::process::id());
        let temporary = self.folder.join(name);
        let outcome = write_through(&temporary, path, &body);
        if outcome.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        outcome
    }

    /// Removes what a killed daemon left half written, and what is beyond the bound.
    fn tidy(&self, newest: &[PathBuf]) -> io::Result<()> {
        let own = format!("{TEMPORARY}{}-", std::process::id());
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(TEMPORARY) && !name.starts_with(&own) {
                let _ = fs::remove_file(entry.path());
            } else if name.ends_with(SUFFIX) && !newest.contains(&entry.path()) {
                let modified = entry.metadata().and_then(|metadata| metadata.modified());
                files.push((modified.unwrap_or(SystemTime::UNIX_EPOCH), entry.path()));
            }
        }
        files.sort();
        let beyond = (files.len() + newest.len()).saturating_sub(FILES_MAX);
        files.iter().take(beyond).try_for_each(|(_, path)| fs::remove_file(path))
    }
}

/// After this the file is whole, or not there, whatever happens to the machine.
fn write_through(temporary: &Path, path: &Path, body: &str) -> io::Result<()> {
    let mut file = File::create(temporary)?;
    writeln!(file, "{MARK}{}", digest(body.as_bytes()))?;
    file.write_all(body.as_bytes())?;
    file.sync_all()?;
    fs::rename(temporary, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn verified(bytes: &[u8]) -> Result<Content, String> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("not of this format")?;
    let (head, body) = (&bytes[..end], &bytes[end + 1..]);
    let sum = head.strip_prefix(MARK.as_bytes()).ok_or("not of this format")?;
    if sum != digest(body).as_bytes() {
        return Err("its checksum is wrong".to_owned());
    }
    serde_json::from_slice(body).map_err(|error| format!("not of this format: {error}"))
}

fn text_of(key: &Key) -> String {
    match key {
        Key::Id(id) => format!("id {id}"),
        Key::Sink(sink) => format!("sink {sink}"),
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
