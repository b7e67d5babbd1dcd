//! Sinks' schemas: looked up, registered, refused, and what the disk may vouch for.

use super::*;

const LOOK_UP: &str = "POST /subjects/s";
const REGISTER: &str = "POST /subjects/s/versions";
const FIT: &str = "POST /compatibility/subjects/s/versions?verbose=true";
const FIT_LATEST: &str = "POST /compatibility/subjects/s/versions/latest?verbose=true";
const VERSIONS: &str = "GET /subjects/s/versions";

#[tokio::test(flavor = "multi_thread")]
async fn a_files_schema_is_looked_up_under_its_subject() {
    let fake = Fake::start().await;
    fake.json(LOOK_UP, version(PERSON, 41, 1)).json(VERSIONS, json!([3, 1, 2]));
    let asker = Asker::new(&spec(&[fake.url()]));
    assert_eq!(asker.sink_id(&encoding(file(PERSON), Register::Never)), 41);
    eventually("a newer version is reported", || {
        let reported = asker.registry.inner.newest.lock().unwrap();
        reported.get(&("s".to_owned(), 1)) == Some(&3)
    })
    .await;
    assert_eq!(fake.seen()[0].body, json!({ "schema": PERSON }));
    assert_eq!(fake.count(REGISTER), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_looks_up_by_the_letter_is_helped() {
    let fake = Fake::start().await;
    let spelled = r#"{ "name": "a.Person", "fields": [{"type": "long", "name": "n"}],
        "type": "record" }"#;
    fake.missing(LOOK_UP, 40403).json(VERSIONS, json!([1, 2, 3]));
    fake.json("GET /subjects/s/versions/3", version(LONG, 43, 3))
        .missing("GET /subjects/s/versions/1", 40402);
    fake.json("GET /subjects/s/versions/2", version(spelled, 42, 2));
    let asker = Asker::new(&spec(&[fake.url()]));
    assert_eq!(asker.sink_id(&encoding(file(PERSON), Register::IfMissing)), 42);
    assert_eq!(fake.count(REGISTER), 0);
}

/// What a file has in one piece, the registry may have with references: it is the same schema, and not one to register.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_one_piece_is_found_where_the_registry_has_it_with_references() {
    const WHOLE: &str = r#"{"type": "record", "name": "a.Pair", "fields": [
        {"name": "one", "type": {"type": "record", "name": "a.Person", "fields": [{"name": "n", "type": "long"}]}},
        {"name": "other", "type": "a.Person"}]}"#;
    let pair = |one: &str| {
        let schema = format!(
            r#"{{"type":"record","name":"a.Pair","fields":[
                {{"name":"{one}","type":"a.Person"}},{{"name":"other","type":"a.Person"}}]}}"#
        );
        json!({"schema": schema, "references": [{"name": "a.Person", "subject": "person", "version": 4}]})
    };
    let numbered = |mut told: Json, id: u32| {
        told["id"] = id.into();
        told
    };
    let fake = Fake::start().await;
    fake.missing(LOOK_UP, 40403).json(VERSIONS, json!([1, 2]));
    fake.json("GET /subjects/s/versions/2", numbered(pair("first"), 42));
    fake.json("GET /subjects/s/versions/1", numbered(pair("one"), 41));
    fake.json("GET /subjects/person/versions/4?deleted=true", version(PERSON, 7, 4));
    let asker = Asker::new(&spec(&[fake.url()]));
    assert_eq!(asker.sink_id(&encoding(file(WHOLE), Register::IfMissing)), 41);
    assert_eq!(fake.count(REGISTER), 0);
    // A version whose references cannot be followed is another one.
    fake.missing("GET /subjects/person/versions/4?deleted=true", 40402);
    let other = Asker::new(&spec(&[fake.url()]));
    let why = other.refusal(&encoding(file(WHOLE), Register::Never));
    assert!(why.contains("does not have the sink's schema"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_not_there_is_refused_with_what_to_do() {
    for code in [40401, 40403] {
        let fake = Fake::start().await;
        fake.missing(LOOK_UP, code).missing(VERSIONS, 40401);
        let asker = Asker::new(&spec(&[fake.url()]));
        let encoding = encoding(file(PERSON), Register::Never);
        assert_eq!(
            asker.refusal(&encoding),
            "the registry does not have the sink's schema under the subject `s`: register it there, or write \
             `register: if_missing` to have it done at the start"
        );
        // Who looks a little later has it asked for anew.
        fake.json(LOOK_UP, version(PERSON, 41, 1));
        eventually("a refusal does not stay", || {
            matches!(asker.registry.sink(&encoding, &asker.wake), SinkLookup::Ready(41, _))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_schema_is_tested_and_registered_where_the_pipeline_says_so() {
    for first in [true, false] {
        let fake = Fake::start().await;
        fake.missing(LOOK_UP, 40401).missing(VERSIONS, 40401).json(REGISTER, json!({"id": 42}));
        if first {
            fake.missing(FIT, 40401);
        } else {
            fake.json(FIT, json!({"is_compatible": true}));
        }
        let asker = Asker::new(&spec(&[fake.url()]));
        assert_eq!(asker.sink_id(&encoding(file(PERSON), Register::IfMissing)), 42);
        assert_eq!((fake.count(FIT), fake.count(REGISTER)), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rule_forbids_is_refused_with_its_reason() {
    let fake = Fake::start().await;
    let error = |code: u32, message: &str| json!({"error_code": code, "message": message});
    fake.missing(LOOK_UP, 40403);
    for fit in [FIT, FIT_LATEST] {
        let why = ["READER_FIELD_MISSING_DEFAULT_VALUE: n"];
        fake.json(fit, json!({"is_compatible": false, "messages": why}));
    }
    fake.missing(VERSIONS, 40401);
    let asker = Asker::new(&spec(&[fake.url()]));
    let encoding = encoding(file(PERSON), Register::IfMissing);
    let rule = "the compatibility rule of the subject `s` refuses the sink's schema: ";
    assert_eq!(asker.refusal(&encoding), format!("{rule}READER_FIELD_MISSING_DEFAULT_VALUE: n"));
    assert_eq!(fake.count(REGISTER), 0, "it is tested first");
    // A rule may be stricter than its test.
    fake.json(FIT, json!({"is_compatible": true}));
    for (status, code, words) in [
        (409, 409, format!("{rule}too strict")),
        (
            422,
            42201,
            "the registry refuses the sink's schema for `s`: too strict (error code 422)".to_owned(),
        ),
    ] {
        fake.reply(REGISTER, Reply::Json(status, error(code, "too strict")));
        let asker = Asker::new(&spec(&[fake.url()]));
        assert_eq!(asker.refusal(&encoding), words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_refuses_nothing() {
    let fake = Fake::start().await;
    fake.otherwise(Reply::Html(503));
    let asker = Asker::new(&spec(&[fake.url()]));
    let encoding = encoding(file(PERSON), Register::Never);
    let said = asker.sink(&encoding, |said| !matches!(said, SinkLookup::Waiting(None)));
    assert!(matches!(&said, SinkLookup::Waiting(Some(reason)) if reason.contains("503")), "{said:?}");
    fake.json(LOOK_UP, version(PERSON, 41, 1));
    let ready = asker.sink(&encoding, |said| !matches!(said, SinkLookup::Waiting(_)));
    assert!(matches!(ready, SinkLookup::Ready(41, _)), "{ready:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_version_is_taken_and_one_that_is_missing_is_refused_after_its_grace() {
    let fake = Fake::start().await;
    fake.json("GET /subjects/s/versions/2", version(PERSON, 9, 2))
        .missing("GET /subjects/s/versions/3", 40402);
    let mut spec = spec(&[fake.url()]);
    spec.missing_grace = Duration::from_millis(300);
    let asker = Asker::new(&spec);
    assert_eq!(asker.sink_id(&encoding(SinkSchema::Version(2), Register::Never)), 9);
    let why = asker.refusal(&encoding(SinkSchema::Version(3), Register::Never));
    assert_eq!(why, "the registry has no version 3 of the subject `s`");
    assert!(fake.count("GET /subjects/s/versions/3") >= 2);
    let dots = AvroEncoding { subject: "..".to_owned(), ..encoding(SinkSchema::Version(1), Register::Never) };
    assert!(asker.refusal(&dots).contains("a subject called `..`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_the_registry_away_goes_by_the_disk_and_is_verified_later() {
    let folder = Folder::new("registry");
    let state = || folder.path().to_owned();
    let fake = Fake::start().await;
    fake.json(LOOK_UP, version(PERSON, 41, 1)).json("GET /schemas/ids/7", told(LONG));
    fake.json("GET /subjects/s/versions/2", version(PERSON, 9, 2)).json(VERSIONS, json!([1, 2]));
    let (by_file, pinned) =
        (encoding(file(PERSON), Register::Never), encoding(SinkSchema::Version(2), Register::Never));
    let first = Asker::with_state(&spec(&[fake.url()]), state());
    first.ready(7);
    assert_eq!((first.sink_id(&by_file), first.sink_id(&pinned)), (41, 9));
    drop(first);

    fake.stop().await;
    let cold = Asker::with_state(&spec(&[fake.url()]), state());
    assert_eq!(cold.ready(7).text(), LONG);
    assert_eq!((cold.sink_id(&by_file), cold.sink_id(&pinned)), (41, 9));
    assert_eq!(cold.registry.counts().cache_hits, 3);

    // It comes back without them: one has another id now, one is gone.
    let back = Fake::at(fake.address, None).await;
    back.json(LOOK_UP, version(PERSON, 77, 1));
    let said = cold.sink(&by_file, |said| !matches!(said, SinkLookup::Ready(41, _)));
    assert!(matches!(said, SinkLookup::Ready(77, _)), "{said:?}");
    drop(cold);
    back.missing("GET /subjects/s/versions/2", 40402);
    let mut impatient = spec(&[fake.url()]);
    impatient.missing_grace = Duration::from_millis(100);
    let warm = Asker::with_state(&impatient, state());
    let said = warm.sink(&pinned, |said| matches!(said, SinkLookup::Refused(_)));
    assert!(matches!(said, SinkLookup::Refused(_)), "{said:?}");
    drop(warm);
    back.otherwise(Reply::Html(503)).reply("GET /subjects/s/versions/2", Reply::Html(503));
    let said = Asker::with_state(&impatient, state());
    let said = said.sink(&pinned, |said| !matches!(said, SinkLookup::Waiting(None)));
    assert!(matches!(said, SinkLookup::Waiting(Some(_))), "what was refused is not in the cache: {said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_registry_does_not_use_what_this_one_said() {
    let folder = Folder::new("registry");
    let (one, other) = (Fake::start().await, Fake::start().await);
    one.json("GET /schemas/ids/7", told(LONG));
    other.json("GET /schemas/ids/7", told(PERSON));
    Asker::with_state(&spec(&[one.url()]), folder.path().to_owned()).ready(7);
    let asker = Asker::with_state(&spec(&[other.url()]), folder.path().to_owned());
    assert_eq!(asker.ready(7).text(), PERSON);
}
