//! Writers' schemas that turn up while a pipeline runs.

use crate::config::spec::PipelineSpec;
use crate::transform::{MisfitAt, check_key_writer, check_version, fits_key_writer};

use super::*;

/// What is said of a writer's schema that turns up while the pipeline runs.
fn misfits(steps: &str, sink: &str, writer: &str) -> Result<(), String> {
    fits_writer(&made(steps, sink), &Arc::new(schema(writer))).map_err(|misfit| misfit.text)
}

#[test]
fn a_writers_schema_is_held_against_programs_and_sinks() {
    let json = "encode: json";
    let newer = ORDER.replace("\"region\"", "\"area\"");
    let step = "  - map: |\n      .x = 1\n      .y = to_string!(.region)\n";
    assert_eq!(misfits(step, json, ORDER), Ok(()));
    assert_eq!(
        misfits(step, json, &newer),
        Err("step 2, line 2: the value has no member `.region` (no such member)".to_owned())
    );
    let key = "encode: {value: {format: avro, schema: key.avsc, extra: drop}}";
    assert_eq!(
        misfits("", key, ORDER),
        Err("the sink `out`: `.id` is a long, and the sink's schema wants string (a long is no string)"
            .to_owned())
    );
    assert_eq!(misfits("  - map: .id = to_string!(.id)\n", key, ORDER), Ok(()));
}

#[test]
fn members_that_only_some_versions_have_may_be_asked_for() {
    for step in [
        "if exists(.added) { .x = .added }",
        ".x = is_null(.added)",
        ".x = .added == null",
        ".x = to_string(.added) ?? \"none\"",
        "if .added != null { .x = .added.deep }",
        "if exists(.added) && .added == 5 { .x = 1 }",
    ] {
        let step = format!("  - map: '{step}'\n");
        assert_eq!(misfits(&step, "encode: json", ORDER), Ok(()), "{step}");
    }
    assert!(misfits("  - map: .x = .added\n", "encode: json", ORDER).is_err());
}

/// A record is poison for what it is, not for what another record of its schema might be.
#[test]
fn what_only_some_records_of_a_schema_do_is_seen_when_they_come() {
    for steps in [
        "  - filter: .status == \"RETURNED\"\n",
        "  - filter: .status != \"RETURNED\"\n",
        "  - filter: .count != 3000000000\n",
        "  - map: del(.added)\n",
        "  - map: .x = .added || \"none\"\n",
        "  - map: 'if is_string(.added) { .x = 1 }'\n",
    ] {
        assert_eq!(misfits(steps, "encode: json", ORDER), Ok(()), "{steps}");
    }
    let nullable =
        made("  - map: '. = {\"id\": .note}'\n", "encode: {value: {format: avro, schema: key.avsc}}");
    let writer = Arc::new(schema(ORDER));
    assert_eq!(fits_writer(&nullable, &writer), Ok(()));
    assert!(check_writer(&nullable, &writer).is_err());
    let number = made("  - map: '. = {\"id\": .id}'\n", "encode: {value: {format: avro, schema: key.avsc}}");
    assert!(fits_writer(&number, &writer).is_err());
    let told = check_writer(&made("  - filter: .status == \"RETURNED\"\n", "encode: json"), &writer);
    assert!(told.is_err_and(|told| told.contains("RETURNED")), "check says it of a schema that is known");
}

#[test]
fn what_fails_for_each_record_of_a_writer_is_a_misfit_where_records_come() {
    let fails = misfits("  - map: .x = upcase!(.id)\n", "encode: json", ORDER);
    let message = "step 2, line 1: `upcase` does not take `.id` (this is an integer, and `value` of `upcase` is a string)";
    assert_eq!(fails, Err(message.to_owned()));
    let guarded = "  - map: 'if is_string(.id) { .x = upcase!(.id) }'\n";
    assert_eq!(misfits(guarded, "encode: json", ORDER), Ok(()));
}

/// Lanes look at schemas on a stack of a usual size.
#[test]
fn a_chain_of_any_length_is_looked_at_on_a_lanes_stack() {
    const LENGTH: usize = 20_000;
    let record = |number: usize| {
        let of = if number + 1 == LENGTH {
            "\"int\"".to_owned()
        } else {
            format!(r#"["null", "R{}"]"#, number + 1)
        };
        format!(r#"{{"type":"record","name":"R{number}","fields":[{{"name":"x","type":{of}}}]}}"#)
    };
    let references: Vec<_> = (1..LENGTH).map(record).collect();
    let deep = Arc::new(Schema::parse(&record(0), &references).expect("it is a schema"));
    let shallow = Arc::new(schema(r#"{"type":"record","name":"R0","fields":[]}"#));
    let step = "  - map: |\n      .y = .x.x.x.x\n      .z = .\n      .x.x = .z\n";
    let asks = |step: &str, schema: &Arc<Schema>| {
        let (spec, schema) = (made(step, "encode: json"), Arc::clone(schema));
        std::thread::spawn(move || fits_writer(&spec, &schema)).join().expect("the stack is large enough")
    };
    assert_eq!(asks(step, &deep), Ok(()));
    assert!(asks(step, &shallow).is_err());
    let sink = std::thread::spawn(move || check_sink(&orders(), &deep, Extra::Drop).len());
    assert_eq!(sink.join().expect("the stack is large enough"), 1);
}

/// Records of a version that lacks a member are not to be refused for what none of them comes to.
#[test]
fn what_not_each_record_comes_to_makes_no_misfit_of_all() {
    let json = "encode: json";
    for step in [
        "if .count == 2 { .z = .extra }",
        "if .count != 2 { .z = 1 } else if .id == 3 { .z = .extra } else { .z = .extra }",
        "if .count == 2 && .extra == 1 { .z = 1 }",
        ".z = .count == 2 && to_bool!(.extra)",
        ".z = .flag || .extra.deep",
        ".z = to_int(.note) ?? .extra",
        ".z = upcase(.id) ?? \"none\"",
        ".z, .err = upcase(.id)",
        "for_each(array!(.lines)) -> |_, line| { .z = line.extra }",
        "if .count == 1 { abort }\n      .z = .extra",
        "if .count == 1 { return . }\n      .z = upcase!(.id)",
        "if .count == 2 { .z = upcase!(.id) }",
    ] {
        let step = format!("  - map: |\n      {step}\n");
        assert_eq!(misfits(&step, json, ORDER), Ok(()), "{step}");
        assert!(check_writer(&made(&step, json), &Arc::new(schema(ORDER))).is_err(), "check tells: {step}");
    }
    for step in [
        "if .extra == 2 { .z = 1 }",
        ".z = .extra == 2 && .count == 2",
        ".z = .extra\n      if .count == 1 { abort }",
        "if .count == 2 { .z = 1 }\n      .y = .extra",
    ] {
        let step = format!("  - map: |\n      {step}\n");
        assert!(misfits(&step, json, ORDER).is_err(), "{step}");
    }
}

/// Where a record of the schema meets what does not fit.
fn met_at(steps: &str, sink: &str) -> Option<MisfitAt> {
    fits_writer(&made(steps, sink), &Arc::new(schema(ORDER))).err().map(|misfit| misfit.at)
}

#[test]
fn what_stands_behind_a_filter_or_a_when_is_met_by_those_that_get_there() {
    let steps = "  - filter: .count == 2\n  - map: .z = 1\n  - map: .z = .extra\n";
    assert_eq!(met_at(steps, "encode: json"), Some(MisfitAt::Step(3)));
    let step = "  - filter: .count == 2\n  - map: if .count == 3 { .z = .extra }\n";
    assert_eq!(met_at(step, "encode: json"), None);
    assert_eq!(
        met_at("  - filter: .extra == 2\n", "encode: json"),
        Some(MisfitAt::Decode),
        "each comes to it"
    );
    let two = "  - filter: .count == 2\n  - filter: .extra == 2\n";
    assert_eq!(met_at(two, "encode: json"), Some(MisfitAt::Step(2)));
    let key = "encode: {value: {format: avro, schema: key.avsc, extra: drop}}";
    assert_eq!(met_at("", key), Some(MisfitAt::Decode));
    assert_eq!(met_at("", &format!("when: .count == 2\n    {key}")), None);
    assert_eq!(met_at("", &format!("when: .extra == 2\n    {key}")), Some(MisfitAt::Decode));
    let filter = "  - filter: .count == 2\n";
    assert_eq!(met_at(filter, &format!("when: .extra == 2\n    {key}")), Some(MisfitAt::When(0)));
    assert_eq!(met_at(filter, key), None, "the sink itself says what it cannot write");
}

/// What is asked for is right where another version has it, and what is asked for of none is found all the same.
#[test]
fn a_version_may_lack_what_is_asked_for() {
    let writer = Arc::new(schema(ORDER));
    for step in [
        ".z = if exists(.other) { .other } else { .note }",
        ".z = if is_null(.other) { 1 } else { .other }",
        ".z = .other || \"none\"",
        "del(.other)",
        "if .status == \"RETURNED\" { .z = 1 }",
    ] {
        let spec = made(&format!("  - map: |\n      {step}\n"), "encode: json");
        assert_eq!(check_version(&spec, &writer), Ok(()), "{step}");
        assert!(check_writer(&spec, &writer).is_err(), "{step}");
    }
    let misspelt = made("  - map: .z = .regoin\n", "encode: json");
    assert!(check_version(&misspelt, &writer).is_err());
}

/// A pipeline whose value is bytes, and whose keys are read by the schemas that wrote them.
fn keyed(steps: &str) -> PipelineSpec {
    loaded(format!(
        "name: made\nsource: {{topics: [orders]}}\ntransform:\n  - decode: {{value: raw, key: avro}}\n{steps}sinks:\n  \
         - topic: out\n    encode: {{value: raw, key: json}}\n"
    ))
}

#[test]
fn a_schema_of_keys_is_held_against_what_programs_do_with_the_key() {
    let writer = Arc::new(schema(ORDER));
    let misspelt = keyed("  - filter: '%topic != \"x\"'\n");
    assert_eq!(fits_key_writer(&misspelt, &writer), Ok(()));
    let spec = keyed("  - map: '%headers.z = to_string!(%key.nope)'\n");
    let fault = Err("step 2, line 1: `%key` has no member `nope` (did you mean `%key.note`?)".to_owned());
    assert_eq!(fits_key_writer(&spec, &writer).map_err(|misfit| misfit.text), fault);
    assert_eq!(check_key_writer(&spec, &writer), fault);
    assert_eq!(fits_writer(&spec, &writer), Ok(()), "of the value nothing is read");
    let sometimes = keyed("  - map: 'if %partition == 1 { %headers.z = to_string!(%key.nope) }'\n");
    assert_eq!(fits_key_writer(&sometimes, &writer), Ok(()));
    assert!(check_key_writer(&sometimes, &writer).is_err());
    let fits = keyed("  - map: '%headers.z = to_string!(%key.id)'\n");
    assert_eq!(check_key_writer(&fits, &writer), Ok(()));
}
