use super::*;

#[test]
fn what_no_program_changed_is_forwarded_as_it_came() {
    let text = "{\"b\" : 18446744073709551615,\"a\":1.0e0 , \"a\":2}";
    let record = record(text);
    for chain in [
        chain(),
        chain().filter("contains(string!(.), \"b\")"),
        chain().decode(JSON).filter(".a == 2 && %headers.kind == \"order\""),
        chain().decode(JSON).map("x = .a\nx = del(.missing)"),
        chain().decode(JSON).encode(Format::Raw),
    ] {
        let sent = chain.one(&record);
        assert_eq!(sent.text(), text);
        assert_eq!(sent.key_text(), Some("k"));
        assert_eq!(sent.header_texts(), FIVE_HEADERS);
        assert_eq!(sent.timestamp_ms, Some(1_700_000_000_123));
    }
}

#[test]
fn a_forwarded_record_borrows_all_of_its_bytes() {
    let record = record("{\"a\":1}");
    let mut outputs = Vec::new();
    let mut processor = chain().decode(JSON).filter(".a == 1").processor();
    processor.process(&record, &mut outputs).expect("not poison");
    let output = &outputs[0];
    assert!(matches!(output.value, Some(Cow::Borrowed(_))));
    assert!(matches!(output.key, Some(Cow::Borrowed(_))));
    assert!(matches!(output.headers, Cow::Borrowed(_)));
}

#[test]
fn before_decode_the_value_is_bytes_to_read_and_to_write() {
    let record = record("{\"a\":1}");
    let sent =
        chain().map(". = replace(string!(.), \"1\", \"2\")").decode(JSON).filter(".a == 2").one(&record);
    assert_eq!(sent.text(), "{\"a\":2}");
    assert_eq!(chain().map(". = null").one(&record).value, None);
    // A type that only shows when it runs.
    let poison = chain().map(". = parse_json!(string!(.))").poison(&record);
    assert_eq!((poison.stage, poison.step, poison.class), (Stage::Map, Some(1), "raw_type"));
}

#[test]
fn after_decode_the_value_is_what_was_decoded() {
    let record = record("{\"b\":{\"c\":1},\"a\":[1,2]}");
    assert_eq!(
        chain().decode(JSON).map(".b.d = .a[1]").one(&record).text(),
        "{\"a\":[1,2],\"b\":{\"c\":1,\"d\":2}}"
    );
    assert_eq!(chain().decode(JSON).map("del(.b)").one(&record).text(), "{\"a\":[1,2]}");
    assert_eq!(chain().decode(JSON).map(". = {\"x\": 1}").one(&record).text(), "{\"x\":1}");
}

#[test]
fn a_null_value_is_a_tombstone_but_json_null_is_not() {
    let null = record("null");
    assert_eq!(chain().decode(JSON).one(&null).text(), "null");
    assert_eq!(chain().decode(JSON).filter("is_null(.)").one(&null).text(), "null");
    assert_eq!(chain().decode(JSON).map(". = null").one(&record("{\"a\":1}")).value, None);
}

#[test]
fn an_empty_value_is_no_tombstone_and_poison_under_json() {
    let empty = record("");
    assert_eq!(chain().one(&empty).value, Some(Vec::new()));
    let poison = chain().decode(JSON).poison(&empty);
    assert_eq!((poison.stage, poison.step, poison.class), (Stage::Decode, Some(1), "json_empty"));
}

#[test]
fn a_value_that_does_not_decode_is_poison_that_never_quotes_it() {
    let poison = chain().filter("true").decode(JSON).poison(&record("{\"card\":4111x}"));
    assert_eq!((poison.stage, poison.step, poison.class), (Stage::Decode, Some(2), "json_syntax"));
    assert!(!poison.message.contains("card") && !poison.message.contains("4111"), "{poison}");
}

#[test]
fn a_filter_before_decode_spares_the_decoding() {
    assert_eq!(chain().filter("%headers.kind == \"x\"").decode(JSON).run(&record("not json")), Ok(vec![]));
}
