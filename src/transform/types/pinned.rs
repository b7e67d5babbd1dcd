//! Schemas of sinks that only the registry has: what the last step leaves is held against them once they are known.
//!
//! What the programs leave was found out when they were compiled, with the schema of the `decode` where there is one. So
//! nothing is compiled anew here, and nothing is refused that a schema in a file would not be refused for.

use std::sync::Arc;

use crate::codec::avro::Schema;
use crate::config::spec::{Encoding, PipelineSpec, SinkSchema, SinkSpec, StepSpec, Tombstones};

use super::super::scope::Scope;
use super::sink::{SinkBlame, SinkFinding, check_sink, check_sink_key};
use super::writer::in_one_line;

/// A sink's schema of which the file says only the version.
#[derive(Clone, Debug)]
pub struct Pinned {
    /// Which sink, from 0.
    pub sink: usize,
    /// It is the key's, and not the value's.
    pub is_key: bool,
    /// What the registry has.
    pub schema: Arc<Schema>,
}

/// Whether a sink can hold what the programs leave, by a schema that the registry told.
///
/// # Errors
///
/// What it cannot hold for certain, in one line: the sink, the subject and its version, the members, the types that are
/// there and those that are wanted.
pub fn check_pinned(spec: &PipelineSpec, pinned: &Pinned) -> Result<(), String> {
    let sink = &spec.sinks[pinned.sink];
    let Some(avro) = side(sink, pinned.is_key).and_then(|encoding| encoding.avro.as_ref()) else {
        return Ok(());
    };
    let scope = sink.when.as_ref().map_or_else(|| at_the_end(spec), |when| when.scope_after().clone());
    let found = match pinned.is_key {
        false => check_sink(&scope, &pinned.schema, avro.extra),
        true => check_sink_key(&scope, &pinned.schema, avro.extra),
    };
    let misfits: Vec<_> =
        found.into_iter().filter(|finding| finding.is_error).map(|finding| words(spec, finding)).collect();
    in_one_line(spec, misfits).map_err(|misfits| {
        let version = match &avro.schema {
            SinkSchema::Version(version) => format!("version {version}"),
            SinkSchema::File(_) => "the schema".to_owned(),
        };
        let whose = if pinned.is_key { " for its keys" } else { "" };
        let (topic, subject) = (&sink.topic, &avro.subject);
        format!(
            "{version} of the subject `{subject}`, which the sink `{topic}` pins{whose}, cannot hold what the \
             pipeline leaves: {misfits}"
        )
    })
}

/// The same pipeline with the schemas in the place of their versions.
pub fn with_pinned(spec: &PipelineSpec, all: &[Pinned]) -> PipelineSpec {
    let mut spec = spec.clone();
    for pinned in all {
        let sink = &mut spec.sinks[pinned.sink];
        let encoding = if pinned.is_key { sink.key.as_mut() } else { Some(&mut sink.value) };
        if let Some(avro) = encoding.and_then(|encoding| encoding.avro.as_mut()) {
            avro.schema = SinkSchema::File(Arc::clone(&pinned.schema));
        }
    }
    spec
}

fn side(sink: &SinkSpec, is_key: bool) -> Option<&Encoding> {
    if is_key { sink.key.as_ref() } else { Some(&sink.value) }
}

/// What is known behind the last step.
fn at_the_end(spec: &PipelineSpec) -> Scope {
    let start = Scope::start_with(spec.tombstones == Tombstones::Run)
        .with_encoded_keys(spec.sinks.iter().any(|sink| sink.key.is_some()));
    spec.transform.iter().fold(start, |scope, step| match step {
        StepSpec::Decode(decode) => scope.after_decode(decode),
        StepSpec::Filter(program) | StepSpec::Map(program) => program.scope_after().clone(),
    })
}

fn words(spec: &PipelineSpec, finding: SinkFinding) -> String {
    let place = finding.written.and_then(|blame| place(spec, &blame));
    let place = place.map_or_else(String::new, |place| format!(", {place}"));
    let help = finding.notes.iter().map(|note| format!("; {note}")).collect::<String>();
    format!("{} ({}{place}){help}", finding.message, finding.label)
}

/// Where a map wrote something.
fn place(spec: &PipelineSpec, blame: &SinkBlame) -> Option<String> {
    let mut maps = spec.transform.iter().enumerate().filter_map(|(index, step)| match step {
        StepSpec::Map(program) => Some((index, program)),
        StepSpec::Decode(_) | StepSpec::Filter(_) => None,
    });
    let (index, program) = maps.nth(blame.map)?;
    let before = program.source().get(..blame.span.start)?;
    Some(format!("step {}, line {}", index + 1, before.matches('\n').count() + 1))
}

#[cfg(test)]
mod tests {
    use super::super::tests::loaded;
    use super::*;

    /// A pipeline with these steps whose only sink pins version 3 of `out-value` and, for keys, of `out-key`.
    fn made(steps: &str) -> PipelineSpec {
        loaded(format!(
            "name: made\nsource: {{topics: [orders]}}\ntransform:\n{steps}sinks:\n  - topic: out\n    encode: \
             {{value: {{format: avro, version: 3}}, key: {{format: avro, version: 3}}}}\n"
        ))
    }

    fn pinned(is_key: bool, schema: &str) -> Pinned {
        let schema = Arc::new(Schema::parse(schema, &[]).expect("it is a schema"));
        Pinned { sink: 0, is_key, schema }
    }

    const NUMBER: &str = r#"{"type": "record", "name": "N", "fields": [{"name": "n", "type": "int"}]}"#;

    #[test]
    fn what_a_map_leaves_is_held_against_the_version_that_is_pinned() {
        let spec =
            made("  - decode: json\n  - filter: .a == 1\n  - map: |\n      . = {}\n      .n = \"x\"\n");
        assert_eq!(
            check_pinned(&spec, &pinned(false, NUMBER)),
            Err("version 3 of the subject `out-value`, which the sink `out` pins, cannot hold what the pipeline \
                 leaves: `.n` is \"x\", and the sink's schema wants int (\"x\" is no int, step 3, line 2)"
                .to_owned())
        );
        let more = NUMBER.replace("\"n\"", "\"m\"");
        let misfits = check_pinned(&spec, &pinned(false, &more)).expect_err("neither fits");
        assert!(misfits.contains("`.m` is missing") && misfits.contains("`extra: drop`"), "{misfits}");
        assert_eq!(check_pinned(&spec, &pinned(false, &NUMBER.replace("int", "string"))), Ok(()));
    }

    #[test]
    fn so_are_members_as_the_decodes_schema_has_them_and_keys() {
        let spec = made("  - decode: {format: avro, schema: order.avsc}\n  - map: '%key = 1'\n");
        let wide = r#"{"type": "record", "name": "N", "fields": [{"name": "id", "type": "int"}]}"#;
        let misfits = check_pinned(&spec, &pinned(false, wide)).expect_err("a long is no int");
        assert!(misfits.contains("`.id` is a long, and the sink's schema wants int"), "{misfits}");
        let misfits = check_pinned(&spec, &pinned(true, "\"string\"")).expect_err("a number is no string");
        assert!(misfits.contains("pins for its keys") && misfits.contains("`%key` is"), "{misfits}");
        assert_eq!(check_pinned(&spec, &pinned(true, "\"long\"")), Ok(()));
    }

    #[test]
    fn what_is_not_known_passes() {
        let spec = made("  - decode: json\n  - map: .n = .m\n");
        assert_eq!(check_pinned(&spec, &pinned(false, NUMBER)), Ok(()));
        assert_eq!(check_pinned(&spec, &pinned(true, "\"bytes\"")), Ok(()));
    }
}
