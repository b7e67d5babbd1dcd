//! A writer's schema that turns up while a pipeline runs, and that its programs were not checked against.

use std::sync::Arc;

use crate::codec::avro;
use crate::config::spec::{
    DataSchema, DecodeSpec, Extra, Format, PipelineSpec, SinkSchema, SinkSpec, StepSpec, Tombstones,
};

use super::super::compile::compile_in;
use super::super::program::ProgramDiagnostic;
use super::super::scope::Scope;
use super::super::tolerant::WRONG_ARGUMENT;
use super::sink::{SinkFinding, check_sink, check_sink_key};

/// How many misfits are named.
const NAMED_MAX: usize = 5;

/// Which misfits count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// All that are certain for a record that the schema allows.
    Any,
    /// The same, but for what may be right for another version of the schema.
    AnyVersion,
    /// Those of every record.
    Always,
}

/// What does not fit, and which records that makes poison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where it is met.
    pub at: MisfitAt,
    /// In one line.
    pub text: String,
}

/// Where a record meets what does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MisfitAt {
    /// As soon as it is decoded: each record comes to it.
    Decode,
    /// At the step of this index, behind a filter: those that the filter takes out come to no harm.
    Step(usize),
    /// Behind a filter, at the `when` of the sink of this index.
    When(usize),
}

impl Misfit {
    fn at_decode(text: String) -> Self {
        Self { at: MisfitAt::Decode, text }
    }
}

/// Which side of a record a schema is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Value,
    Key,
}

/// Whether records of `writer` are what the pipeline's programs and sinks can work with, where `decode` names no schema
/// that they are read by: what `check` says of a schema that the registry has.
///
/// # Errors
///
/// What does not fit, in one line.
pub fn check_writer(spec: &PipelineSpec, writer: &Arc<avro::Schema>) -> Result<(), String> {
    check(spec, Side::Value, writer, Counts::Any).map_err(|misfit| misfit.text)
}

/// The same for a schema of keys.
///
/// # Errors
///
/// What does not fit, in one line.
pub fn check_key_writer(spec: &PipelineSpec, writer: &Arc<avro::Schema>) -> Result<(), String> {
    check(spec, Side::Key, writer, Counts::Any).map_err(|misfit| misfit.text)
}

/// The same, where other versions of the schema have records that the programs suit: what is asked for may be there in those.
///
/// # Errors
///
/// What does not fit, in one line.
pub fn check_version(spec: &PipelineSpec, writer: &Arc<avro::Schema>) -> Result<(), String> {
    check(spec, Side::Value, writer, Counts::AnyVersion).map_err(|misfit| misfit.text)
}

/// The same for a schema of keys.
///
/// # Errors
///
/// What does not fit, in one line.
pub fn check_key_version(spec: &PipelineSpec, writer: &Arc<avro::Schema>) -> Result<(), String> {
    check(spec, Side::Key, writer, Counts::AnyVersion).map_err(|misfit| misfit.text)
}

/// Whether no record of `writer` at all can be processed. A member that only some versions of a schema have may be asked
/// for by `exists(.x)`, `is_null(.x)` and the like, `.x == null`, `||`, `??` and `del(.x)`; what holds for no record of this
/// version may hold for those of another; and what only some records do, or come to, is seen when they come.
///
/// # Errors
///
/// What does not fit, and where a record meets it.
pub fn fits_writer(spec: &PipelineSpec, writer: &Arc<avro::Schema>) -> Result<(), Misfit> {
    check(spec, Side::Value, writer, Counts::Always)
}

/// The same for a schema of keys.
///
/// # Errors
///
/// What does not fit, and where a record meets it.
pub fn fits_key_writer(spec: &PipelineSpec, writer: &Arc<avro::Schema>) -> Result<(), Misfit> {
    check(spec, Side::Key, writer, Counts::Always)
}

fn check(spec: &PipelineSpec, side: Side, writer: &Arc<avro::Schema>, counts: Counts) -> Result<(), Misfit> {
    let mut misfits = Vec::new();
    let (mut is_decoded, mut is_behind_filter) = (false, false);
    let mut scope = Scope::start_with(spec.tombstones == Tombstones::Run);
    if counts != Counts::Any {
        scope = scope.asking();
    }
    scope = scope.with_encoded_keys(spec.sinks.iter().any(|sink| sink.key.is_some()));
    for (index, step) in spec.transform.iter().enumerate() {
        let program = match step {
            StepSpec::Decode(decode) => {
                let Some(decode) = read_by(decode, side, writer) else { return Ok(()) };
                scope = scope.after_decode(&decode);
                is_decoded = true;
                continue;
            }
            StepSpec::Filter(program) | StepSpec::Map(program) => program,
        };
        match compile_in(program.kind(), program.source(), &scope) {
            Ok((program, warnings)) => {
                misfits.extend(failing(&warnings, program.source(), &format!("step {}", index + 1)));
                scope = program.scope_after().clone();
            }
            Err(found) => {
                misfits.extend(errors(&found, program.source(), &format!("step {}", index + 1)));
                let at = if is_behind_filter { MisfitAt::Step(index) } else { MisfitAt::Decode };
                return in_one_line(spec, misfits).map_err(|text| Misfit { at, text });
            }
        }
        if is_behind_filter && !misfits.is_empty() {
            return in_one_line(spec, misfits).map_err(|text| Misfit { at: MisfitAt::Step(index), text });
        }
        // Before the `decode` nothing is judged yet.
        if counts == Counts::Always && is_decoded && matches!(step, StepSpec::Filter(_)) {
            in_one_line(spec, std::mem::take(&mut misfits)).map_err(Misfit::at_decode)?;
            is_behind_filter = true;
        }
    }
    if is_behind_filter {
        return whens(spec, &scope);
    }
    for sink in &spec.sinks {
        misfits.extend(of_sink(sink, &scope, counts));
    }
    in_one_line(spec, misfits).map_err(Misfit::at_decode)
}

/// What the conditions of sinks ask in vain; what a sink's schema cannot hold is seen when a record is written.
fn whens(spec: &PipelineSpec, scope: &Scope) -> Result<(), Misfit> {
    for (index, sink) in spec.sinks.iter().enumerate() {
        let Some(when) = &sink.when else { continue };
        if let Err(found) = compile_in(when.kind(), when.source(), scope) {
            let misfits = errors(&found, when.source(), &format!("`when` of the sink `{}`", sink.topic));
            in_one_line(spec, misfits).map_err(|text| Misfit { at: MisfitAt::When(index), text })?;
        }
    }
    Ok(())
}

/// The `decode` with the schema in its place; `None` where that side has another format, or a schema that it is read by.
fn read_by(decode: &DecodeSpec, side: Side, writer: &Arc<avro::Schema>) -> Option<DecodeSpec> {
    let mut decode = decode.clone();
    let decoding = match side {
        Side::Value => &mut decode.value,
        Side::Key => &mut decode.key,
    };
    if decoding.format != Format::Avro || decoding.schema.is_some() {
        return None;
    }
    decoding.schema = Some(DataSchema::Avro(Arc::clone(writer)));
    Some(decode)
}

fn of_sink(sink: &SinkSpec, scope: &Scope, counts: Counts) -> Vec<String> {
    let mut scope = scope.clone();
    let name = format!("the sink `{}`", sink.topic);
    if let Some(when) = &sink.when {
        match compile_in(when.kind(), when.source(), &scope) {
            // Those that it does not hold for are not written here.
            Ok(_) if counts == Counts::Always => return Vec::new(),
            Ok((when, _)) => scope = when.scope_after().clone(),
            Err(found) => return errors(&found, when.source(), &format!("`when` of {name}")),
        }
    }
    let schema = |encoding: &crate::config::spec::Encoding| -> Option<(Arc<avro::Schema>, Extra)> {
        let avro = encoding.avro.as_ref()?;
        match &avro.schema {
            SinkSchema::File(schema) => Some((Arc::clone(schema), avro.extra)),
            SinkSchema::Version(_) => None,
        }
    };
    let mut found = Vec::new();
    if let Some((schema, extra)) = schema(&sink.value) {
        found.extend(check_sink(&scope, &schema, extra));
    }
    if let Some((schema, extra)) = sink.key.as_ref().and_then(schema) {
        found.extend(check_sink_key(&scope, &schema, extra));
    }
    let misfit = |finding: SinkFinding| format!("{name}: {} ({})", finding.message, finding.label);
    let counted = |finding: &SinkFinding| finding.is_error && (finding.is_always || counts != Counts::Always);
    found.into_iter().filter(counted).map(misfit).collect()
}

/// What is handled, and fails for each record.
fn failing(warnings: &[ProgramDiagnostic], source: &str, place: &str) -> Vec<String> {
    let fails = |found: &&ProgramDiagnostic| found.code == WRONG_ARGUMENT;
    let found: Vec<_> = warnings.iter().filter(fails).map(|found| found.clone().into_error()).collect();
    errors(&found, source, place)
}

fn errors(found: &[ProgramDiagnostic], source: &str, place: &str) -> Vec<String> {
    let all = found.iter().filter(|found| found.is_error).map(|found| {
        let line = found
            .labels
            .first()
            .map(|label| source[..label.span.start.min(source.len())].matches('\n').count());
        let line = line.map_or_else(String::new, |line| format!(", line {}", line + 1));
        let label = found.labels.first().map_or_else(String::new, |label| format!(" ({})", label.message));
        format!("{place}{line}: {}{label}", found.message)
    });
    all.collect()
}

/// The first of what was found, and how much more there is; nothing of it where nothing was found.
pub(super) fn in_one_line(spec: &PipelineSpec, misfits: Vec<String>) -> Result<(), String> {
    if misfits.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = misfits.iter().take(NAMED_MAX).map(String::as_str).collect();
    let mut text = named.join("; ");
    if let Some(more) = misfits.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("; and {more} more"));
    }
    // What was filled in from outside is never shown.
    for (value, shown) in spec.filled.0.iter().filter(|(value, _)| !value.is_empty()) {
        text = text.replace(value.as_str(), shown);
    }
    Err(text)
}
