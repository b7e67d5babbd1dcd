//! The journal: levels as priorities, fields as fields.

use serde_json::Value;

use crate::service::scene;
use crate::take_service;

#[test]
fn the_journal_has_levels_and_fields() {
    let service = take_service!();
    let scene = scene("journal");
    service.pipeline(&scene, "transform: [{decode: json}]");
    service.must("start");
    scene.send_values(&["{}", "no JSON"]);
    service.wait_property("StatusText", |status| status.contains("1 stopped"));
    service.must("stop");
    let journal = service.journal();
    let find = |message: &str| {
        let wanted = |entry: &&Value| entry["MESSAGE"] == message && entry["PIPELINE"] == scene.name.as_str();
        journal.iter().find(wanted).unwrap_or_else(|| panic!("no `{message}` in {journal:#?}"))
    };
    let running = find("pipeline running");
    assert_eq!((&running["PRIORITY"], &running["SYSLOG_IDENTIFIER"]), (&"6".into(), &"millstream".into()));
    assert_eq!(running["_TRANSPORT"], "journal");
    let stopped = find("pipeline stopped");
    assert_eq!(stopped["PRIORITY"], "3");
    let reason = stopped["REASON"].as_str().expect("the reason is a field of its own");
    assert!(reason.contains(&scene.input) && reason.contains("offset 1"), "{reason}");
    let ended = find("pipeline ended");
    assert_eq!((&ended["STATE"], &ended["CONSUMED"]), (&"stopped".into(), &"1".into()));
    // By the field, as a person would.
    let by_field = service.machine().must("journalctl", &["-o", "cat", &format!("PIPELINE={}", scene.name)]);
    assert!(by_field.contains("pipeline stopped"), "{by_field}");
}
