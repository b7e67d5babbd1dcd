//! A fuzz target for what stands on the disk: nothing but what was written there is trusted.

use std::fs;
use std::panic::AssertUnwindSafe;

use bolero::check;

use super::*;
use crate::registry::store::{FILE_BYTES_MAX, Kept, Key, MARK, Store, digest};

const ITERATIONS: usize = 500;
const BYTES_MAX: usize = 256;

/// The file of one key, and the store that reads it.
struct Cached {
    _folder: Folder,
    store: Store,
    path: PathBuf,
    good: Vec<u8>,
}

fn kept() -> Kept {
    Kept { id: 7, schema: LONG.to_owned(), references: vec![PERSON.to_owned()] }
}

impl Cached {
    fn new() -> Self {
        let folder = Folder::new("fuzz-store");
        let schemas = folder.path().join("schemas");
        let store = Store::new(schemas.clone(), &["http://a:1".to_owned()]);
        store.write(&Key::Id(7), &kept());
        let entry = fs::read_dir(schemas).expect("it is there").next().expect("a file");
        let path = entry.expect("it can be read").path();
        let good = fs::read(&path).expect("bytes");
        Self { _folder: folder, store, path, good }
    }

    fn read(&self, bytes: &[u8]) -> Option<Kept> {
        fs::write(&self.path, bytes).expect("it is written");
        self.store.read(&Key::Id(7))
    }

    /// Reads a file with this behind a line with the right sum. What is read of it is the same once it is written.
    fn signed(&self, body: &[u8]) -> Option<Kept> {
        let read = self.read(&[format!("{MARK}{}\n", digest(body)).as_bytes(), body].concat());
        if let Some(kept) = &read {
            self.store.write(&Key::Id(7), kept);
            assert_eq!(self.store.read(&Key::Id(7)), read);
        }
        read
    }
}

#[test]
fn fuzz_files_of_the_cache() {
    let cached = AssertUnwindSafe(Cached::new());
    let cached = &cached;
    check!().with_iterations(ITERATIONS).with_max_len(BYTES_MAX).for_each(|input: &[u8]| {
        let cached = &**cached;
        assert_eq!(cached.read(input), None, "nobody else knows the sum");
        let mut bytes = cached.good.clone();
        for change in input.chunks_exact(3).take(3) {
            if bytes.len() < 2 {
                break;
            }
            let at = (usize::from(change[0]) << 8 | usize::from(change[1])) % bytes.len();
            match change[2] % 4 {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, change[2]),
                2 => bytes.truncate(at.max(1)),
                _ => bytes[at] = change[2],
            }
        }
        assert_eq!(cached.read(&bytes), (bytes == cached.good).then(kept));
        // With the right sum, what stands in it must be of this registry and id, and stays what it is.
        assert_eq!(cached.signed(body_of(&bytes)), is_sound(body_of(&bytes)));
        let choice = input.first().copied().unwrap_or_default();
        let foreign = String::from_utf8(body_of(&cached.good).to_vec()).expect("text");
        let registry = foreign.split('"').nth(3).expect("a digest").to_owned();
        let foreign = match choice % 4 {
            0 => foreign.replace("id 7", &format!("id {choice}")),
            1 => foreign.replace("\"id\":7", &format!("\"id\":{choice}")),
            2 => foreign.replace(&registry, &digest(input)[..16]),
            _ => foreign.replace("long", ["int", "long"][usize::from(choice / 4 % 2)]),
        };
        assert_eq!(cached.signed(foreign.as_bytes()), is_sound(foreign.as_bytes()), "{foreign}");
    });
}

fn body_of(file: &[u8]) -> &[u8] {
    let line = file.iter().position(|byte| *byte == b'\n').map_or(file.len(), |end| end + 1);
    &file[line..]
}

/// What must be read of a file whose sum is right: of this registry (the digest of its address) and of this id alone.
fn is_sound(body: &[u8]) -> Option<Kept> {
    let json: Json = serde_json::from_slice(body).ok()?;
    let is_its = json["registry"] == digest(b"http://a:1")[..16] && json["key"] == "id 7";
    let value = &json["value"];
    let references = value["references"].as_array()?.iter();
    let references = references.map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    let schema = value["schema"].as_str()?.to_owned();
    (is_its && value["id"] == 7).then_some(Kept { id: 7, schema, references })
}

#[test]
fn a_file_beyond_the_bound_is_not_read() {
    let cached = Cached::new();
    let mut body = body_of(&cached.good).to_vec();
    // White space behind JSON changes nothing.
    for (beyond, is_read) in [(0, true), (1, false)] {
        let head = MARK.len() + 64 + 1;
        let length = usize::try_from(FILE_BYTES_MAX).expect("it fits") - head + beyond;
        body.resize(length, b' ');
        assert_eq!(cached.signed(&body).is_some(), is_read, "{} bytes", head + length);
    }
}
