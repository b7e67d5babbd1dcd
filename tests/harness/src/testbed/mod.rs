//! The parts of the testbed that come from elsewhere, fetched once into a cache folder of the user that outlives
//! checkouts and `target/`: Apache Kafka and the schema registry by Maven, an independent client by pip.

mod maven;
mod python;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

pub use python::python;

/// The Kafka that everything is tested against.
pub const KAFKA_VERSION: &str = "4.3.0";

/// The schema registry that everything is tested against.
pub const APICURIO_VERSION: &str = "2.6.13.Final";

/// The folder of Kafka's jars; fetches them when they are not there.
pub fn kafka_jars() -> PathBuf {
    sound(part(&format!("kafka-{KAFKA_VERSION}"), maven::fetch_kafka))
}

/// The folder of the schema registry: its runner jar and what that needs; fetches it when it is not there.
pub fn apicurio() -> PathBuf {
    sound(part(&format!("apicurio-{APICURIO_VERSION}"), maven::fetch_apicurio))
}

fn sound(part: Result<PathBuf, String>) -> PathBuf {
    part.unwrap_or_else(|reason| panic!("{reason}"))
}

/// A part of the cache; `fetch` puts it into the folder that it is given. Safe to call from many processes at once: it is
/// fetched beside its place and renamed, so a folder with the right name is always complete.
fn part(name: &str, fetch: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let cache = cache_folder();
    let place = cache.join(name);
    if place.is_dir() {
        return Ok(place);
    }
    fs::create_dir_all(&cache).map_err(|error| format!("create {}: {error}", cache.display()))?;
    // Held until this function returns; the kernel releases it should the process end before.
    let _lock = lock(&cache.join("lock")).map_err(|error| format!("lock {}: {error}", cache.display()))?;
    // Another process may have fetched it while this one waited for the lock.
    if place.is_dir() {
        return Ok(place);
    }
    let partial = cache.join("fetching");
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(|error| format!("remove {}: {error}", partial.display()))?;
    }
    fs::create_dir(&partial).map_err(|error| format!("create {}: {error}", partial.display()))?;
    eprintln!("fetching {name} into {}", cache.display());
    fetch(&partial).map_err(|reason| format!("{name} cannot be had: {reason}"))?;
    fs::rename(&partial, &place).map_err(|error| format!("rename to {}: {error}", place.display()))?;
    Ok(place)
}

fn cache_folder() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("millstream-testbed")
}

/// An exclusive lock between processes.
fn lock(path: &Path) -> io::Result<File> {
    let file = File::options().create(true).append(true).open(path)?;
    file.lock()?;
    Ok(file)
}
