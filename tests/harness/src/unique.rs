//! Names and folders that no other test, process or run uses, so that one broker serves them all.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// `stem` with a suffix that makes it unique; fit for topics, groups and pipelines.
pub fn name(stem: &str) -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{stem}-{:x}-{:x}-{count}", std::process::id(), since_epoch.as_millis() & 0xff_ffff)
}

/// A folder of its own under the system's temporary one, removed on drop.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new, empty folder.
    pub fn new(stem: &str) -> Self {
        let path = std::env::temp_dir().join(name(&format!("millstream-{stem}")));
        fs::create_dir_all(&path).unwrap_or_else(|error| panic!("create {}: {error}", path.display()));
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file below it, with the folders on its way.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path.join(name);
        let parent = path.parent().expect("a file in a folder has a parent");
        fs::create_dir_all(parent).unwrap_or_else(|error| panic!("create {}: {error}", parent.display()));
        fs::write(&path, text).unwrap_or_else(|error| panic!("write {}: {error}", path.display()));
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind harms nobody, and a panic in a drop would hide the test's own.
        let _ = fs::remove_dir_all(&self.path);
    }
}
