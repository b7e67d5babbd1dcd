//! What a registry that is well answers for ids.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_is_asked_for_once_however_many_look() {
    let fake = Fake::start().await;
    fake.json("GET /schemas/ids/7", told(LONG));
    let asker = Asker::new(&spec(&[fake.url()]));
    // Lanes are threads that know of no runtime.
    std::thread::scope(|threads| {
        for _ in 0..20 {
            threads.spawn(|| asker.registry.schema(7, &asker.wake));
        }
    });
    assert_eq!(asker.ready(7).text(), LONG);
    assert_eq!(asker.ready(7).text(), LONG);
    assert_eq!(fake.count("GET /schemas/ids/7"), 1);
    assert_eq!(fake.seen()[0].agent.as_deref(), Some(concat!("millstream/", env!("CARGO_PKG_VERSION"))));
    let counts = asker.registry.counts();
    assert_eq!((counts.requests, counts.failures, counts.cache_hits), (1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_path_stands_before_every_request() {
    let fake = Fake::start().await;
    fake.json("GET /apis/ccompat/v7/schemas/ids/7", told(LONG));
    for end in ["/apis/ccompat/v7", "/apis/ccompat/v7/"] {
        Asker::new(&spec(&[format!("{}{end}", fake.url())])).ready(7);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_followed_to_any_depth_and_each_is_fetched_once() {
    let record = |name: &str, fields: &[&str]| {
        let fields = fields.iter().map(|of| json!({"name": of.to_lowercase(), "type": format!("a.{of}")}));
        json!({"type": "record", "name": name, "namespace": "a", "fields": fields.collect::<Vec<_>>()})
            .to_string()
    };
    let refers = |schema: String, to: &[&str]| {
        let to = to
            .iter()
            .map(|of| json!({"name": format!("a.{of}"), "subject": format!("{of}/ä"), "version": 1}));
        json!({"schema": schema, "references": to.collect::<Vec<_>>()})
    };
    let fake = Fake::start().await;
    fake.json("GET /schemas/ids/7", refers(record("Top", &["Left", "Right"]), &["Left", "Right"]));
    let at = |of: &str| format!("GET /subjects/{of}%2F%C3%A4/versions/1?deleted=true");
    fake.json(&at("Left"), refers(record("Left", &["Deep"]), &["Deep"]));
    fake.json(&at("Right"), refers(record("Right", &["Deep"]), &["Deep"]));
    fake.json(&at("Deep"), refers(record("Deep", &[]), &[]));
    let asker = Asker::new(&spec(&[fake.url()]));
    assert_eq!(asker.ready(7).full_name(), Some("a.Top"));
    assert_eq!(fake.count(&at("Deep")), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn references_that_go_round_or_on_and_on_are_unusable() {
    let fake = Fake::start().await;
    let to = |subject: &str| json!({"schema": LONG, "references": [{"name": "x", "subject": subject, "version": 1}]});
    fake.json("GET /schemas/ids/1", to("a"));
    fake.json("GET /subjects/a/versions/1?deleted=true", to("b"));
    fake.json("GET /subjects/b/versions/1?deleted=true", to("a"));
    fake.json("GET /schemas/ids/2", to("deep-0"));
    for depth in 0..300 {
        let line = format!("GET /subjects/deep-{depth}/versions/1?deleted=true");
        fake.json(&line, to(&format!("deep-{}", depth + 1)));
    }
    for depth in 0..100 {
        let schema = format!(r#"{{"type": "record", "name": "R{depth}", "fields": []}}"#);
        let next = json!([{"name": "x", "subject": format!("named-{}", depth + 1), "version": 1}]);
        let references = if depth < 99 { next } else { json!([]) };
        let line = format!("GET /subjects/named-{depth}/versions/1?deleted=true");
        fake.json(&line, json!({"schema": schema, "references": references}));
    }
    fake.json("GET /schemas/ids/3", to("named-0"));
    let asker = Asker::new(&spec(&[fake.url()]));
    let (class, why) = asker.poison(1);
    assert_eq!(class, "schema_unusable");
    let circle = "version 1 of `a` → version 1 of `b` → version 1 of `a`";
    assert!(why.ends_with(&format!("its references go round in a circle: {circle}")), "{why}");
    let (class, why) = asker.poison(2);
    assert_eq!(class, "schema_unusable");
    assert!(why.contains("more than 256 schemas"), "{why}");
    // To any depth within that.
    asker.ready(3);
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_of_other_kinds_and_broken_ones_are_poison() {
    let fake = Fake::start().await;
    fake.json("GET /schemas/ids/1", json!({"schema": "{}", "schemaType": "JSON"}));
    fake.json("GET /schemas/ids/2", json!({"schema": "message A {}", "schemaType": "PROTOBUF"}));
    fake.json("GET /schemas/ids/3", json!({"schema": LONG, "schemaType": "AVRO", "references": null}));
    fake.json("GET /schemas/ids/4", told(r#"{"type":"wrong"}"#));
    fake.json("GET /schemas/ids/5", told("no JSON at all"));
    let asker = Asker::new(&spec(&[fake.url()]));
    assert_eq!(asker.poison(1), ("schema_not_avro", "schema 1 is a JSON Schema, not Avro".to_owned()));
    assert_eq!(asker.poison(2), ("schema_not_avro", "schema 2 is a Protobuf schema, not Avro".to_owned()));
    asker.ready(3);
    for id in [4, 5] {
        let (class, why) = asker.poison(id);
        assert_eq!(class, "schema_unusable");
        assert!(why.starts_with(&format!("schema {id} cannot be used: ")), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_id_is_poison_after_its_grace_only_and_was_asked_for_meanwhile() {
    let fake = Fake::start().await;
    let mut spec = spec(&[fake.url()]);
    spec.missing_grace = Duration::from_millis(700);
    let asker = Asker::new(&spec);
    let began = std::time::Instant::now();
    let reason = asker.held_up(7);
    assert_eq!(reason, "the registry has no schema with the id 7; it is asked again for a while");
    let (class, why) = asker.poison(7);
    assert!(began.elapsed() >= spec.missing_grace);
    assert_eq!((class, why.as_str()), ("schema_id_unknown", "the registry has no schema with the id 7"));
    let asked = fake.count("GET /schemas/ids/7");
    assert!(asked >= 3, "{asked}");
    assert_eq!(asker.poison(7).0, "schema_id_unknown");
    assert_eq!(fake.count("GET /schemas/ids/7"), asked, "the answer is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_comes_late_is_no_poison() {
    let fake = Fake::start().await;
    let asker = Asker::new(&spec(&[fake.url()]));
    asker.held_up(7);
    fake.json("GET /schemas/ids/7", told(LONG));
    asker.ready(7);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tasks_end_with_the_last_handle() {
    let fake = Fake::start().await;
    fake.reply("GET /schemas/ids/7", Reply::Never);
    let asker = Asker::new(&spec(&[fake.url()]));
    let watched = Arc::downgrade(&asker.registry.inner);
    asker.registry.schema(7, &asker.wake);
    let clone = asker.registry.clone();
    drop(asker);
    drop(clone);
    eventually("the tasks let go of what they share", || watched.upgrade().is_none()).await;
}
