//! What `check` asks.

use super::*;
use crate::registry::SinkProbe;

const LOOK_UP: &str = "POST /subjects/s";
const FIT: &str = "POST /compatibility/subjects/s/versions/latest?verbose=true";

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_can_be_reached_or_not() {
    let fake = Fake::start().await;
    let asker = Asker::new(&spec(&[fake.url()]));
    asker.registry.probe_reach().await.expect("40403 is an answer");
    fake.json("GET /schemas/ids/1", told(LONG));
    asker.registry.probe_reach().await.expect("and so is a schema");
    fake.only_for("nobody");
    let why = asker.registry.probe_reach().await.expect_err("it is refused");
    assert!(why.contains("wants credentials (401"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sinks_schema_is_judged_and_nothing_is_registered() {
    let fake = Fake::start().await;
    let asker = Asker::new(&spec(&[fake.url()]));
    let (never, if_missing) =
        (encoding(file(PERSON), Register::Never), encoding(file(PERSON), Register::IfMissing));
    fake.json(LOOK_UP, version(PERSON, 41, 1)).json("GET /subjects/s/versions", json!([3, 1]));
    let said = asker.registry.probe_sink(&never).await;
    assert!(matches!(said, SinkProbe::Found { id: 41, version: Some(1), newer: Some(3), .. }), "{said:?}");

    fake.missing(LOOK_UP, 40401).missing("GET /subjects/s/versions", 40401).missing(FIT, 40401);
    let said = asker.registry.probe_sink(&if_missing).await;
    assert!(matches!(said, SinkProbe::WouldRegister { first: true }), "{said:?}");
    fake.json(FIT, json!({"is_compatible": true}));
    let said = asker.registry.probe_sink(&if_missing).await;
    assert!(matches!(said, SinkProbe::WouldRegister { first: false }), "{said:?}");
    let said = asker.registry.probe_sink(&never).await;
    assert!(matches!(&said, SinkProbe::Missing(why) if why.contains("if_missing")), "{said:?}");

    fake.json(FIT, json!({"is_compatible": false, "messages": ["NAME_MISMATCH"]}));
    for encoding in [&never, &if_missing] {
        let said = asker.registry.probe_sink(encoding).await;
        assert!(matches!(&said, SinkProbe::Refused(why) if why.ends_with(": NAME_MISMATCH")), "{said:?}");
    }
    fake.reply(LOOK_UP, Reply::Html(500));
    let said = asker.registry.probe_sink(&never).await;
    assert!(matches!(&said, SinkProbe::Unreachable(why) if why.contains("500")), "{said:?}");
    assert_eq!(fake.count("POST /subjects/s/versions"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subjects_versions_are_told_with_their_schemas() {
    let fake = Fake::start().await;
    fake.missing("GET /subjects/t/versions", 40401).missing("GET /subjects/t/versions/latest", 40401);
    fake.json("GET /subjects/s/versions", json!([1, 2, 3]));
    fake.json("GET /subjects/s/versions/1", version(LONG, 10, 1));
    fake.missing("GET /subjects/s/versions/2", 40402);
    fake.json("GET /subjects/s/versions/3", version("no schema", 12, 3));
    fake.json("GET /subjects/s/versions/latest", version(PERSON, 12, 3));
    let registry = Asker::new(&spec(&[fake.url()])).registry;
    assert!(registry.probe_versions("t").await.expect("an answer").is_empty());
    assert!(registry.probe_latest("t").await.expect("an answer").is_none());
    let all = registry.probe_versions("s").await.expect("an answer");
    let ids: Vec<_> = all.iter().map(|one| (one.version, one.id, one.schema.is_ok())).collect();
    assert_eq!(ids, [(1, 10, true), (3, 12, false)]);
    let latest = registry.probe_latest("s").await.expect("an answer").expect("a version");
    assert_eq!((latest.version, latest.id), (3, 12));
}
