//! What is wrong with the world holds records up, is told, and passes.

use super::*;

/// Each is an outage with these words, and what comes after it is the schema.
async fn heals(reply: Reply, words: &str) {
    let fake = Fake::start().await;
    fake.reply("GET /schemas/ids/7", reply.clone());
    let mut spec = spec(&[fake.url()]);
    spec.timeout = Duration::from_secs(if matches!(reply, Reply::Never) { 1 } else { 20 });
    // An outage is no poison, however little patience there is with ids that are missing.
    spec.missing_grace = Duration::ZERO;
    let asker = Asker::new(&spec);
    let reason = asker.held_up(7);
    assert!(reason.contains(words), "{reply:?}: {reason}");
    // Where a registry did answer, its address is not what is wrong, and the request was none that failed.
    let answered = words.contains("error code");
    assert!(reason.contains(&fake.url()) || answered, "{reason}");
    eventually("it is asked again", || fake.count("GET /schemas/ids/7") > 1).await;
    assert_eq!(asker.registry.counts().failures == 0, answered);
    fake.json("GET /schemas/ids/7", told(LONG));
    asker.ready(7);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_an_answer_of_a_registry_is_an_answer() {
    let error = |code: u32, message: &str| json!({"error_code": code, "message": message});
    let cases = [
        (
            Reply::Json(500, error(50001, "Error in the backend data store")),
            "is in trouble (500 Internal Server Error): Error in the backend",
        ),
        (Reply::Html(502), "is in trouble (502 Bad Gateway)"),
        (Reply::Html(404), "gives no answer of a schema registry (404 Not Found, text/html)"),
        (
            Reply::Json(404, json!({"message": "no such route"})),
            "no answer of a schema registry (404 Not Found",
        ),
        (Reply::Json(404, error(404, "no such route")), "no answer of a schema registry (404 Not Found"),
        (Reply::Json(404, error(40401, "Subject not found")), "Subject not found (error code 40401)"),
        (Reply::Json(400, error(40403, "odd")), "no answer of a schema registry (400 Bad Request"),
        (Reply::Json(401, error(401, "Unauthorized")), "wants credentials (401 Unauthorized)"),
        (Reply::Json(403, error(40301, "denied")), "does not allow it (403 Forbidden): denied"),
        (Reply::Json(429, json!({})), "has had too many requests (429 Too Many Requests)"),
        (Reply::Html(200), "answers with text/html, not with JSON"),
        (Reply::Garbage, "answers with application/json, not with JSON"),
        (
            Reply::Json(200, json!({"hello": "world"})),
            "gives no answer of a schema registry: missing field `schema`",
        ),
        (Reply::Json(200, json!(["schema"])), "gives no answer of a schema registry"),
        (Reply::Never, "does not answer in time"),
        (Reply::Flood, "answers with more than 16777216 bytes"),
    ];
    for (reply, words) in cases {
        heals(reply, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_down_is_waited_for() {
    let fake = Fake::start().await;
    fake.stop().await;
    let asker = Asker::new(&spec(&[fake.url()]));
    let reason = asker.held_up(7);
    assert_eq!(
        reason,
        format!("schema 7: {}/ cannot be reached: Connection refused (os error 111)", fake.url())
    );
    let back = Fake::at(fake.address, None).await;
    back.json("GET /schemas/ids/7", told(LONG));
    asker.ready(7);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_address_is_asked_and_stayed_with() {
    for broken in [Reply::Html(503), Reply::Html(200), Reply::Json(404, json!({})), Reply::Garbage] {
        let (one, other) = (Fake::start().await, Fake::start().await);
        one.otherwise(broken);
        for id in 1..=3 {
            other.json(&format!("GET /schemas/ids/{id}"), told(LONG));
        }
        let asker = Asker::new(&spec(&[one.url(), other.url()]));
        (1..=3).for_each(|id| drop(asker.ready(id)));
        assert_eq!((one.seen().len(), other.seen().len()), (1, 3));
        other.stop().await;
        one.json("GET /schemas/ids/4", told(LONG));
        asker.ready(4);
    }
}

/// One of a registry's addresses may be behind the others.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_one_address_lacks_is_asked_for_at_the_next_one() {
    let (one, other) = (Fake::start().await, Fake::start().await);
    other.json("GET /schemas/ids/7", told(LONG));
    other.json(
        "GET /schemas/ids/8",
        json!({"schema": r#""a.Person""#, "references": [
        {"name": "a.Person", "subject": "person", "version": 1}]}),
    );
    other.json("GET /subjects/person/versions/1?deleted=true", version(PERSON, 1, 1));
    let mut spec = spec(&[one.url(), other.url()]);
    spec.missing_grace = Duration::from_millis(200);
    let asker = Asker::new(&spec);
    asker.ready(7);
    assert_eq!((one.seen().len(), other.seen().len()), (1, 1), "without a grace time");
    // It is what has been asked last.
    asker.ready(8);
    let turned = Asker::new(&RegistrySpec { urls: vec![other.url(), one.url()], ..spec.clone() });
    other.missing("GET /subjects/person/versions/1?deleted=true", 40402);
    one.json("GET /subjects/person/versions/1?deleted=true", version(PERSON, 1, 1));
    turned.ready(8);
    let (class, why) = turned.poison(9);
    assert_eq!((class, why.as_str()), ("schema_id_unknown", "the registry has no schema with the id 9"));
    let asked = |fake: &Fake| fake.count("GET /schemas/ids/9");
    assert!(asked(&one) >= 2 && asked(&one) == asked(&other), "{} {}", asked(&one), asked(&other));
}

/// The one that cannot be asked may have it.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_not_unknown_as_long_as_one_address_cannot_be_asked() {
    let (one, other) = (Fake::start().await, Fake::start().await);
    other.otherwise(Reply::Html(503));
    let mut spec = spec(&[one.url(), other.url()]);
    spec.missing_grace = Duration::ZERO;
    let asker = Asker::new(&spec);
    assert_eq!(asker.registry.probe_reach().await, Ok(()), "it answers");
    let reason = asker.held_up(7);
    let words = format!(
        "schema 7: {}/ does not have it; {}/ is in trouble (503 Service Unavailable)",
        one.url(),
        other.url()
    );
    assert_eq!(reason, words);
    other.json("GET /schemas/ids/7", told(LONG));
    asker.ready(7);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_to_be_left_alone_is_not_asked_for_anything_before_that() {
    let (one, other) = (Fake::start().await, Fake::start().await);
    one.otherwise(Reply::Later(429, "50"));
    let asker = Asker::new(&spec(&[one.url(), other.url()]));
    let words = "has had too many requests (429 Too Many Requests); it is asked again in 50 s";
    let reason = asker.held_up(7);
    assert!(reason.ends_with(words), "{reason}");
    // Another schema is another one who asks.
    let reason = asker.held_up(8);
    assert!(reason.ends_with(words), "{reason}");
    assert_eq!((one.seen().len(), other.seen().len()), (1, 0), "the limits are the same at each address");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_asked_again_once_the_time_has_passed() {
    let fake = Fake::start().await;
    fake.otherwise(Reply::Later(503, "1"));
    let asker = Asker::new(&spec(&[fake.url()]));
    let began = std::time::Instant::now();
    let reason = asker.held_up(7);
    assert!(
        reason.ends_with("is in trouble (503 Service Unavailable); it is asked again in 1 s"),
        "{reason}"
    );
    fake.json("GET /schemas/ids/7", told(LONG));
    asker.ready(7);
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_that_asks_to_be_left_alone_is_no_outage() {
    let (one, other) = (Fake::start().await, Fake::start().await);
    one.otherwise(Reply::Later(503, "60"));
    for id in 1..=2 {
        other.json(&format!("GET /schemas/ids/{id}"), told(LONG));
    }
    let asker = Asker::new(&spec(&[one.url(), other.url()]));
    asker.ready(1);
    other.otherwise(Reply::Html(502));
    asker.held_up(3);
    asker.ready(2);
    assert_eq!(one.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_json_and_no_answer_sends_the_next_try_elsewhere() {
    let (one, other) = (Fake::start().await, Fake::start().await);
    one.otherwise(Reply::Json(200, json!({"status": "UP"})));
    other.json("GET /schemas/ids/7", told(LONG));
    Asker::new(&spec(&[one.url(), other.url()])).ready(7);
    assert_eq!(one.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_come_to_be_accepted_end_the_outage() {
    let fake = Fake::start().await;
    fake.json("GET /schemas/ids/7", told(LONG)).only_for("Basic dTpuZXc=");
    let mut spec = spec(&[fake.url()]);
    let auth = |password: &str| RegistryAuth::Basic {
        user: "u".to_owned(),
        password: crate::config::spec::Secret::new(password.to_owned()),
    };
    spec.auth = auth("hunter2");
    let asker = Asker::new(&spec);
    let reason = asker.held_up(7);
    assert!(reason.contains("does not accept the credentials"), "{reason}");
    let shown = format!("{reason} {spec:?} {:?}", asker.registry);
    assert!(!shown.contains("hunter2") && !shown.contains("dTpo"), "{shown}");
    fake.only_for("Basic dTpodW50ZXIy");
    asker.ready(7);
    // A reload with the new password is a new registry.
    fake.only_for("Basic dTpuZXc=");
    spec.auth = auth("new");
    Asker::new(&spec).ready(7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_goes_along_and_never_to_another_host() {
    let (fake, thief) = (Fake::start().await, Fake::start().await);
    fake.reply("GET /schemas/ids/7", Reply::Elsewhere(format!("{}/schemas/ids/7", thief.url())));
    fake.reply("GET /schemas/ids/8", Reply::Elsewhere("/moved/schemas/ids/8".to_owned()));
    fake.json("GET /moved/schemas/ids/8", told(LONG));
    let mut spec = spec(&[fake.url()]);
    spec.auth = RegistryAuth::Bearer(crate::config::spec::Secret::new("hunter2".to_owned()));
    let asker = Asker::new(&spec);
    let reason = asker.held_up(7);
    assert!(reason.contains("sends elsewhere (307 Temporary Redirect), which is not followed"), "{reason}");
    asker.ready(8);
    assert!(thief.seen().is_empty());
    assert!(fake.seen().iter().all(|seen| seen.authorization.as_deref() == Some("Bearer hunter2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_unknown_once_is_held_when_the_registry_cannot_say_it_again() {
    let fake = Fake::start().await;
    fake.otherwise(Reply::Html(503));
    let asker = Asker::new(&spec(&[fake.url()]));
    asker.held_up(7);
    // As after the time that the answer counts.
    let unknown = Lookup::Poison("schema_id_unknown", "as it was".to_owned());
    asker.registry.inner.ids.settle(&7, unknown);
    let inner = Arc::clone(&asker.registry.inner);
    let again = tokio::spawn(async move { crate::registry::ids::settle(&inner, 7).await });
    let held = || matches!(asker.registry.inner.ids.peek(&7), Some(Lookup::Waiting(Some(_))));
    eventually("an outage takes the old answer away", held).await;
    // The spec's grace is a minute: a second one would outlast the test's patience.
    fake.missing("GET /schemas/ids/7", 40403);
    tokio::time::timeout(PATIENCE, again).await.expect("in time").expect("no panic");
    assert_eq!(asker.poison(7).0, "schema_id_unknown");
}
