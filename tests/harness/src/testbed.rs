//! The parts of the testbed that come from elsewhere: Apache Kafka's jars, fetched once by Maven into a cache
//! folder of the user that outlives checkouts and `target/`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process;

/// The Kafka that everything is tested against.
pub const KAFKA_VERSION: &str = "4.3.0";

const POM: &str = r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millstream</groupId><artifactId>testbed</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>KAFKA_VERSION</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>KAFKA_VERSION</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"#;

/// The folder of Kafka's jars; fetches them when they are not there. Safe to call from many processes at once.
pub fn kafka_jars() -> PathBuf {
    let cache = cache_folder();
    let jars = cache.join(format!("kafka-{KAFKA_VERSION}"));
    if jars.is_dir() {
        return jars;
    }
    fs::create_dir_all(&cache).unwrap_or_else(|error| panic!("create {}: {error}", cache.display()));
    // Held until this function returns; the kernel releases it should the process end before.
    let _lock = lock(&cache.join("lock")).unwrap_or_else(|error| panic!("lock {}: {error}", cache.display()));
    // Another process may have fetched them while this one waited for the lock.
    if !jars.is_dir() {
        fetch_kafka(&cache, &jars);
    }
    jars
}

/// Fetched beside its place and renamed: a folder with the right name is always complete.
fn fetch_kafka(cache: &Path, jars: &Path) {
    let partial = cache.join("fetching");
    if partial.exists() {
        fs::remove_dir_all(&partial).unwrap_or_else(|error| panic!("remove {}: {error}", partial.display()));
    }
    fs::create_dir_all(&partial).unwrap_or_else(|error| panic!("create {}: {error}", partial.display()));
    let pom = cache.join("pom.xml");
    fs::write(&pom, POM.replace("KAFKA_VERSION", KAFKA_VERSION)).expect("the cache folder can be written");
    eprintln!("fetching Apache Kafka {KAFKA_VERSION} with Maven into {}", jars.display());
    let mut maven = Command::new("mvn");
    maven
        .args(["-q", "-B", "-Dstyle.color=never", "-f"])
        .arg(&pom)
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", partial.display()))
        .stdin(Stdio::null());
    let status = process::spawn(maven)
        .and_then(|mut child| child.wait())
        .unwrap_or_else(|error| panic!("run mvn (scripts/bootstrap test installs it): {error}"));
    assert!(status.success(), "mvn could not fetch Apache Kafka: {status}");
    fs::rename(&partial, jars).unwrap_or_else(|error| panic!("rename to {}: {error}", jars.display()));
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
