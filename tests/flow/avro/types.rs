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
        letters.iter().zip([(wrong, "step 2, line 1: `upcase` does not take `.code`"), (misspelt, "`.code`")])
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

/// What none of a schema's records comes to is no reason to refuse them, and keys are held against the programs as values are.
#[test]
fn records_that_never_come_to_a_misfit_pass_and_keys_that_do_not_fit_are_poison() {
    let scene = scene("avro-branch");
    let one = register(
        &scene.input,
        r#"{"type": "record", "name": "A", "fields": [{"name": "version", "type": "long"}]}"#,
    );
    let key = |name: &str| {
        format!(r#"{{"type": "record", "name": "{name}", "fields": [{{"name": "{name}", "type": "long"}}]}}"#)
    };
    let keys = format!("{}-key", scene.input);
    let fits = Client::shared().register(&keys, &key("id"), &[]);
    Client::shared().set_compatibility(&keys, "NONE");
    let wrong = Client::shared().register(&keys, &key("nope"), &[]);
    scene.send([(fits, 1), (wrong, 2), (fits, 3)].map(|(key, number)| {
        let mut body = Vec::new();
        long(number, &mut body);
        let value = framed(one, &body);
        Sent { key: Some(framed(key, &body)), ..Sent::value(value) }
    }));
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform:
  - decode: {value: avro, key: avro}
  - map: |
      .id = %key.id
      if .version == 9 { .z = .extra }
      %key = \"k\"
sinks: [{topic: @out, encode: json}]
dlq: {topic: @dlq}",
    );
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.texts(), [r#"{"id":1,"version":1}"#, r#"{"id":3,"version":3}"#]);
    let letters: Vec<_> =
        outcome.dlq.iter().map(|letter| letter.header_text("millstream.error.message")).collect();
    assert!(letters.len() == 1 && letters[0].contains("`%key` has no member `id`"), "{letters:?}");
}

/// Behind a filter what does not fit a schema is met by the records that get there, and by no others.
#[test]
fn a_misfit_behind_a_filter_is_met_by_what_gets_there() {
    let scene = scene("avro-behind-filter");
    let schema = r#"{"type": "record", "name": "A", "fields": [{"name": "version", "type": "long"}]}"#;
    let id = register(&scene.input, schema);
    scene.send([1, 2, 3, 1].map(|number| {
        let mut body = Vec::new();
        long(number, &mut body);
        Sent::value(framed(id, &body))
    }));
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform:
  - decode: avro
  - filter: .version != 1
  - map: .z = .renamed
sinks: [{topic: @out, encode: json}]
dlq: {topic: @dlq}",
    );
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.texts(), [] as [&str; 0], "null is not taken for what the schema does not have");
    let header =
        |name: &str| -> Vec<_> { outcome.dlq.iter().map(|letter| letter.header_text(name)).collect() };
    assert_eq!(header("millstream.error.class"), ["avro_types", "avro_types"]);
    assert_eq!(header("millstream.stage"), ["map", "map"]);
    assert_eq!(header("millstream.offset"), ["1", "2"]);
    let message = &header("millstream.error.message")[0];
    assert!(message.contains(&format!("schema id {id}")) && message.contains("`.renamed`"), "{message}");
}

#[test]
fn check_online_looks_at_keys_and_at_all_topics_that_a_pattern_matches() {
    let scene = scene("avro-online-pattern");
    register(
        &scene.input,
        r#"{"type": "record", "name": "A", "fields": [{"name": "code", "type": "string"}]}"#,
    );
    Client::shared().register(&format!("{}-key", scene.input), "\"long\"", &[]);
    let check = |topics: &str, steps: &str| {
        let yaml = format!(
            "name: @name\nsource: {{topics: [{topics}]}}\n{steps}\nsinks: [{{topic: @out, encode: {{value: raw, key: raw}}}}]"
        );
        let output = files(&scene, &yaml).command("check").arg("--online").output().expect("the binary runs");
        String::from_utf8([output.stdout, output.stderr].concat()).expect("it prints text")
    };
    for topics in ["@in", "'^@name\\.in$'"] {
        let misspelt = check(topics, "transform: [{decode: avro}, {filter: .kode == \"a\"}]");
        assert!(
            misspelt.contains("error[writer-type]") && misspelt.contains("`.kode`"),
            "{topics}: {misspelt}"
        );
        let key = check(topics, "transform: [{decode: {value: raw, key: avro}}, {filter: '%key.nope == 1'}]");
        assert!(key.contains("error[writer-type]") && key.contains("`%key`"), "{topics}: {key}");
        let fits = check(
            topics,
            "transform: [{decode: {value: avro, key: avro}}, {filter: '%key == 1 && .code == \"a\"'}]",
        );
        assert!(!fits.contains("error["), "{topics}: {fits}");
    }
}
