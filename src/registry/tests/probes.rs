//! What `check` asks.

use super::*;
use crate::registry::SinkProbe;

const LOOK_UP: &str = "POST /subjects/s";
const FIT: &str = "POST /compatibility/subjects/s/versions?verbose=true";
const FIT_LATEST: &str = "POST /compatibility/subjects/s/versions/latest?verbose=true";
const RULE: &str = "GET /config/s?defaultToGlobal=true";

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
    assert!(matches!(said, SinkProbe::WouldRegister), "{said:?}");
    fake.json(FIT, json!({"is_compatible": true}));
    let said = asker.registry.probe_sink(&if_missing).await;
    assert!(matches!(said, SinkProbe::WouldRegister), "{said:?}");
    let said = asker.registry.probe_sink(&never).await;
    assert!(matches!(&said, SinkProbe::Missing(why) if why.contains("if_missing")), "{said:?}");

    for fit in [FIT, FIT_LATEST] {
        fake.json(fit, json!({"is_compatible": false, "messages": ["NAME_MISMATCH"]}));
    }
    for encoding in [&never, &if_missing] {
        let said = asker.registry.probe_sink(encoding).await;
        assert!(matches!(&said, SinkProbe::Refused(why) if why.ends_with(": NAME_MISMATCH")), "{said:?}");
    }
    fake.reply(LOOK_UP, Reply::Html(500));
    let said = asker.registry.probe_sink(&never).await;
    assert!(matches!(&said, SinkProbe::Unreachable(why) if why.contains("500")), "{said:?}");
    assert_eq!(fake.count("POST /subjects/s/versions"), 0);
}

/// What a schema that the subject does not have is told.
async fn fit(fake: &Fake) -> SinkProbe {
    fake.missing(LOOK_UP, 40401).missing("GET /subjects/s/versions", 40401);
    let asker = Asker::new(&spec(&[fake.url()]));
    asker.registry.probe_sink(&encoding(file(PERSON), Register::IfMissing)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_an_older_version_forbids_a_schema_the_rule_decides() {
    let no = json!({"is_compatible": false, "messages": ["TYPE_MISMATCH"]});
    for (rule, is_refused) in [
        (Reply::Json(200, json!({"compatibilityLevel": "BACKWARD_TRANSITIVE"})), true),
        (Reply::Json(200, json!({"compatibilityLevel": "FULL_TRANSITIVE"})), true),
        (Reply::Json(200, json!({"compatibilityLevel": "BACKWARD"})), false),
        (Reply::Html(404), true),
    ] {
        let fake = Fake::start().await;
        fake.json(FIT, no.clone()).json(FIT_LATEST, json!({"is_compatible": true})).reply(RULE, rule);
        let said = fit(&fake).await;
        assert_eq!(matches!(&said, SinkProbe::Refused(why) if why.ends_with(": TYPE_MISMATCH")), is_refused);
        assert_eq!(matches!(said, SinkProbe::WouldRegister), !is_refused);
        // The subject has none, and the global one counts.
        fake.missing(RULE, 40408).json("GET /config", json!({"compatibilityLevel": "FORWARD"}));
        assert!(matches!(fit(&fake).await, SinkProbe::WouldRegister));
        fake.reply(RULE, Reply::Html(503));
        assert!(matches!(fit(&fake).await, SinkProbe::Unreachable(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_without_the_test_against_all_versions_is_asked_for_the_latest() {
    for status in [404, 405] {
        let fake = Fake::start().await;
        fake.reply(FIT, Reply::Json(status, json!({"error_code": status, "message": "HTTP says no"})));
        fake.json(FIT_LATEST, json!({"is_compatible": true}));
        assert!(matches!(fit(&fake).await, SinkProbe::WouldRegister));
        fake.json(FIT_LATEST, json!({"is_compatible": false, "reason": "too new"}));
        let said = fit(&fake).await;
        assert!(matches!(&said, SinkProbe::Refused(why) if why.ends_with(": too new")), "{said:?}");
        fake.reply(FIT_LATEST, Reply::Html(status));
        let said = fit(&fake).await;
        assert!(
            matches!(&said, SinkProbe::Unreachable(why) if why.contains("no answer of a schema")),
            "{said:?}"
        );
    }
    let fake = Fake::start().await;
    fake.reply(FIT, Reply::Html(503)).json(FIT_LATEST, json!({"is_compatible": true}));
    let said = fit(&fake).await;
    assert!(matches!(said, SinkProbe::Unreachable(_)), "an outage is no lack of it: {said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_with_a_default_that_is_none_is_no_schema_to_write_by() {
    let bad = r#"{"type":"record","name":"R","fields":[{"name":"n","type":"long","default":"x"}]}"#;
    let fake = Fake::start().await;
    fake.json("GET /subjects/s/versions/3", version(bad, 12, 3)).json("GET /schemas/ids/12", told(bad));
    let asker = Asker::new(&spec(&[fake.url()]));
    let said = asker.registry.probe_sink(&encoding(SinkSchema::Version(3), Register::Never)).await;
    let why = "version 3 of the subject `s` cannot be written by: the default of the field `n` of the record `R` is \
               no value: it does not fit the type long";
    assert!(matches!(&said, SinkProbe::Refused(said) if said == why), "{said:?}");
    // Records that were written by it are read: nobody asks for its default.
    assert_eq!(asker.ready(12).full_name(), Some("R"));
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
