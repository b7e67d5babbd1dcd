//! Secrets that the service manager hands over.

use millstream_harness::broker;
use serde_json::Value;

use crate::service::scene;
use crate::take_service;

/// Where the administrator keeps it: readable by root alone.
const FILE: &str = "/etc/millstream/credentials/brokers";

#[test]
fn a_credential_is_handed_over_and_a_missing_one_is_named() {
    let service = take_service!();
    let scene = scene("credential");
    service.pipeline(&scene, "");
    service.daemon_file("bootstrap.servers: ${credential:brokers}");
    assert!(!service.systemctl("start").success, "it started without the credential");
    assert_eq!(service.property("ExecMainStatus"), "78");
    let names_it =
        |entry: &Value| entry["MESSAGE"].as_str().is_some_and(|text| text.contains("credential:brokers"));
    assert!(service.journal().iter().any(names_it), "the journal does not say what is missing");
    service.machine().write(FILE, broker::shared());
    service.machine().must("chmod", &["600", FILE]);
    service.drop_in("credentials", &format!("[Service]\nLoadCredential=brokers:{FILE}\n"));
    service.must("start");
    // Only who knows the broker's address gets there.
    assert_eq!(service.property("StatusText"), "1 pipeline: 1 running; generation 1");
    service.must("stop");
    service.machine().remove("/etc/millstream/credentials");
}
