//! Without a reader's schema, programs are held against each new writer's schema before its first record.

use super::*;

const PIPELINE: &str = "name: @name
source: {topics: [@in]}
transform: [{decode: avro}, {map: '.label = upcase!(.code)'}]
sinks: [{topic: @out, encode: json}]
dlq: {topic: @dlq}";

#[test]
fn a_writers_schema_that_the_programs_do_not_fit_is_poison_that_names_it() {
    let scene = scene("avro-fits");
    let fits = register(
        &scene.input,
        r#"{"type": "record", "name": "A", "fields": [{"name": "code", "type": "string"}]}"#,
    );
    Client::shared().set_compatibility(&subject(&scene.input), "NONE");
    let wrong = register(
        &scene.input,
        r#"{"type": "record", "name": "A", "fields": [{"name": "code", "type": "long"}]}"#,
    );
    let misspelt = register(
        &scene.input,
        r#"{"type": "record", "name": "A", "fields": [{"name": "kode", "type": "string"}]}"#,
    );
    scene.send(
        [(fits, &b"\x02x"[..]), (wrong, b"\x02"), (misspelt, b"\x02x"), (fits, b"\x02y")]
            .map(|(id, body)| Sent::value(framed(id, body))),
    );
    let outcome = scene.finish(files(&scene, PIPELINE).start());
    assert_eq!(outcome.texts(), [r#"{"code":"x","label":"X"}"#, r#"{"code":"y","label":"Y"}"#]);
    let letters: Vec<_> = outcome
        .dlq
        .iter()
        .map(|letter| {
            (letter.header_text("millstream.error.class"), letter.header_text("millstream.error.message"))
        })
        .collect();
    for ((class, message), (id, what)) in
        letters.iter().zip([(wrong, "step 2, line 1: invalid argument type"), (misspelt, "`.code`")])
    {
        assert_eq!(class, "avro_types");
        assert!(message.contains(&format!("schema id {id}")) && message.contains(what), "{message}");
    }
    assert_eq!(letters.len(), 2);
}

#[test]
fn json_is_held_against_a_json_schema() {
    let scene = scene("json-schema");
    scene.send_values(&[r#"{"n":1,"other":"x"}"#, r#"{"n":"one"}"#, r#"{"other":1}"#]);
    let files = scene.files(
        "name: @name
source: {topics: [@in]}
transform: [{decode: {format: json, schema: @name.avsc}}, {map: '.n = .n + 1'}]
sinks: [{topic: @out}]
dlq: {topic: @dlq}",
    );
    let schema = r#"{"type": "object", "properties": {"n": {"type": "integer", "maximum": 100}, "other": {"type": "string"}}, "required": ["n"]}"#;
    write_schema(&files, &scene.name, schema);
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.texts(), [r#"{"n":2,"other":"x"}"#]);
    let classes: Vec<_> =
        outcome.dlq.iter().map(|letter| letter.header_text("millstream.error.class")).collect();
    assert_eq!(classes, ["json_schema", "json_schema"]);
}

#[test]
fn check_online_has_the_types_from_the_registry() {
    let scene = scene("avro-online-types");
    register(
        &scene.input,
        r#"{"type": "record", "name": "A", "fields": [{"name": "code", "type": "string"}, {"name": "n", "type": "long"}]}"#,
    );
    register(&scene.output, r#"{"type": "record", "name": "B", "fields": [{"name": "n", "type": "int"}]}"#);
    let check = |lines: &str| {
        let files = files(
            &scene,
            &format!(
                "name: @name\nsource: {{topics: [@in]}}\nsinks: [{{topic: @out, encode: {{format: avro, version: 1, extra: drop}}}}]\n{lines}"
            ),
        );
        let output = files.command("check").arg("--online").output().expect("the binary runs");
        String::from_utf8([output.stdout, output.stderr].concat()).expect("it prints text")
    };
    let misspelt = check("transform: [{decode: avro}, {map: '.n = length(string!(.kode))'}]");
    assert!(misspelt.contains("error[writer-type]") && misspelt.contains("`.kode`"), "{misspelt}");
    let wide = check("transform: [{decode: avro}, {filter: .code == \"a\"}]");
    assert!(wide.contains("error[writer-type]") && wide.contains("`.n` is a long"), "{wide}");
    let fits = check("transform: [{decode: avro}, {map: '.n = 1'}]");
    assert!(!fits.contains("error["), "{fits}");
}
