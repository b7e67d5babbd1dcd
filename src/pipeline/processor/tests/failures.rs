use super::*;

#[test]
fn a_program_that_fails_or_aborts_is_poison_with_its_step_and_line() {
    let record = record("{\"a\":\"x\"}");
    let poison = chain().decode(JSON).map(".b = 1\n.c = to_int!(.a)").poison(&record);
    assert_eq!((poison.stage, poison.step, poison.class), (Stage::Map, Some(2), "vrl_error"));
    assert!(poison.message.contains("to_int"), "{poison}");
    let poison =
        chain().decode(JSON).map(".b = 1\nif .a == \"x\" {\n  abort \"no x here\"\n}").poison(&record);
    assert_eq!((poison.class, poison.message.as_str()), ("vrl_abort", "line 3: no x here"));
    let poison = chain().decode(JSON).filter("to_int!(.a) == 1").poison(&record);
    assert_eq!((poison.stage, poison.step), (Stage::Filter, Some(2)));
    let poison = chain().encode(Format::Raw).when("parse_json!(string!(.)) == 1").poison(&super::record("x"));
    assert_eq!((poison.stage, poison.step), (Stage::Route, Some(2)));
}

#[test]
fn what_is_no_boolean_when_it_runs_is_poison() {
    let poison = chain().decode(JSON).filter(".flag").poison(&record("{\"flag\":\"yes\"}"));
    assert_eq!(
        (poison.class, poison.message.as_str()),
        ("not_boolean", "the filter gave a value of type string, not a boolean")
    );
    let poison = chain().decode(JSON).when(".flag").poison(&record("{}"));
    assert_eq!(
        (poison.stage, poison.message.as_str()),
        (Stage::Route, "`when` gave a value of type null, not a boolean")
    );
    assert_eq!(
        chain().decode(JSON).filter(".flag").one(&record("{\"flag\":true}")).text(),
        "{\"flag\":true}"
    );
}

#[test]
fn a_program_may_end_early() {
    assert_eq!(
        chain().decode(JSON).map("if .a == 1 { return null }\n.b = 1").one(&record("{\"a\":1}")).text(),
        "{\"a\":1}"
    );
    assert_eq!(
        chain().decode(JSON).filter("if .a == 1 { return false }\ntrue").run(&record("{\"a\":1}")),
        Ok(vec![])
    );
}

#[test]
fn values_that_cannot_be_encoded_are_poison_of_their_sink() {
    let poison = chain().decode(JSON).map(".b = to_float!(.a) * 10.0").poison(&record("{\"a\":1e308}"));
    assert_eq!((poison.stage, poison.step, poison.class), (Stage::Encode, Some(1), "json_value"));
    assert_eq!(poison.message, "cannot be written as JSON: `.b` is an infinite number");
}

#[test]
fn nothing_stays_from_one_record_to_the_next() {
    let map =
        "if .w == true {\n%key = 5\n%headers.a = \"x\"\n%timestamp = t'2026-01-02T03:04:05Z'\n.n = 1\n}";
    let mut processor = chain().decode(JSON).map(map).processor();
    let plain = record("{\"w\":false}");
    let expected = run(&mut processor, &plain).expect("not poison");
    for other in [record("{\"w\":true}"), record("{\"w\":"), tombstone(), record("[]")] {
        let _ = run(&mut processor, &other);
        assert_eq!(run(&mut processor, &plain).expect("not poison"), expected);
    }
    assert_eq!(expected[0].text(), "{\"w\":false}");
}
