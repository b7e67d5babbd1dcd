//! What comes from Maven's repository.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{APICURIO_VERSION, KAFKA_VERSION};
use crate::process;

/// A project that only names what it depends on.
fn project(dependencies: &str) -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  \
         <modelVersion>4.0.0</modelVersion>\n  \
         <groupId>millstream</groupId><artifactId>testbed</artifactId><version>1</version>\n  \
         <dependencies>\n{dependencies}  </dependencies>\n\
         </project>\n"
    )
}

fn dependency(group: &str, artifact: &str, version: &str, more: &str) -> String {
    format!(
        "    <dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
         <version>{version}</version>{more}</dependency>\n"
    )
}

/// Kafka's jars and all that they depend on.
pub(super) fn fetch_kafka(folder: &Path) -> Result<(), String> {
    let jars = [
        dependency("org.apache.kafka", "kafka_2.13", KAFKA_VERSION, ""),
        dependency("org.apache.kafka", "kafka-tools", KAFKA_VERSION, ""),
        dependency("org.slf4j", "slf4j-simple", "1.7.36", ""),
    ];
    fetch(folder, &jars.concat())
}

/// The registry as its project packs it, unpacked.
pub(super) fn fetch_apicurio(folder: &Path) -> Result<(), String> {
    // The archive has all that it needs; what its parts depend on is of no use beside it.
    let more = "<type>tar.gz</type><classifier>all</classifier><exclusions><exclusion>\
                <groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>";
    fetch(folder, &dependency("io.apicurio", "apicurio-registry-app", APICURIO_VERSION, more))?;
    let archive = folder.join(format!("apicurio-registry-app-{APICURIO_VERSION}-all.tar.gz"));
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&archive).arg("-C").arg(folder).arg("--no-same-owner");
    run(tar, "tar")?;
    fs::remove_file(&archive).map_err(|error| format!("remove {}: {error}", archive.display()))
}

fn fetch(folder: &Path, dependencies: &str) -> Result<(), String> {
    let pom = folder.join("pom.xml");
    fs::write(&pom, project(dependencies)).map_err(|error| format!("write {}: {error}", pom.display()))?;
    let mut maven = Command::new("mvn");
    maven
        .args(["-q", "-B", "-Dstyle.color=never", "-f"])
        .arg(&pom)
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", folder.display()));
    run(maven, "mvn")
}

/// Runs a program that asks nothing and says only what goes wrong.
pub(super) fn run(mut command: Command, name: &str) -> Result<(), String> {
    command.stdin(Stdio::null());
    let status = process::spawn(command)
        .and_then(|mut child| child.wait())
        .map_err(|error| format!("run {name} (scripts/bootstrap test installs it): {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed: {status}")) }
}
