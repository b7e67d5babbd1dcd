//! Generated schemas, programs and records: what passes the check runs without a type error, and what runs is not refused.
//!
//! Records go through the codec, so that what decoding gives and what writing takes are held against what is promised here.

use std::sync::Arc;

use fastrand::Rng;
use proptest::prelude::*;
use vrl::value::{Kind, Value};

use crate::codec::Document;
use crate::codec::avro::{Reading, Schema, Wanted, Writing};
use crate::config::spec::{DataSchema, DecodeSpec, Decoding, Extra, Format};
use crate::transform::program::{CONSTANT_COMPARISON, UNKNOWN_MEMBER};
use crate::transform::{Frame, Members, Program, ProgramKind, Runner, Scope, check_sink, compile_in};

mod admits;
mod author;

use admits::{admits, has_unknown};
use author::{Author, Fields, NAMES, TYPES, schema, value};

/// How many records go through each chain: enough that each value that a type can take is met.
const RECORDS: usize = 64;

/// Programs, each with whether it was warned of.
type Programs = Vec<(Program, bool)>;

/// A step that does not compile.
struct Refused {
    step: usize,
    /// Of its errors.
    codes: Vec<usize>,
}

/// One generated case.
struct Case {
    reader: Arc<Schema>,
    steps: Vec<(ProgramKind, String)>,
    sink: Arc<Schema>,
    extra: Extra,
    /// As they are sent, and decoded whole.
    bytes: Vec<Vec<u8>>,
    records: Vec<Document>,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let fields: Fields =
            NAMES.into_iter().take(rng.usize(3..=6)).map(|name| (name, rng.usize(..TYPES.len()))).collect();
        let reader = schema(&fields, false);
        let writing = Writing::new(Arc::clone(&reader), false);
        let bytes = (0..RECORDS).map(|_| {
            let members = fields.iter().map(|(name, of)| ((*name).into(), value(*of, &mut rng)));
            let record = Document::Eager(Value::Object(members.collect()));
            let mut bytes = Vec::new();
            writing.encode(&record, &mut bytes).expect("it fits");
            bytes
        });
        let bytes: Vec<_> = bytes.collect();
        let records = decoded(&reader, Wanted::All, &bytes);
        let mut author = Author { rng, fields: &fields };
        let mut steps = Vec::new();
        for _ in 0..author.rng.usize(1..4) {
            steps.push(match author.rng.u8(..3) {
                0 => (ProgramKind::Filter, author.condition(1)),
                _ => (ProgramKind::Map, author.map()),
            });
        }
        let sink = schema(&author.sink(), author.rng.bool());
        let extra = if author.rng.u8(..4) == 0 { Extra::Error } else { Extra::Drop };
        Self { reader, steps, sink, extra, bytes, records }
    }

    /// The records with no more decoded than the programs look at, as a pipeline has them.
    fn lazily(&self, programs: &Programs) -> Vec<Document> {
        let mut members = Members::default();
        for (program, _) in programs {
            members.extend(&program.access().members);
        }
        match members {
            Members::Named(names) => decoded(&self.reader, Wanted::Members(names), &self.bytes),
            Members::All => decoded(&self.reader, Wanted::All, &self.bytes),
        }
    }

    fn scope(&self, schema: Option<&Arc<Schema>>) -> Scope {
        let schema = schema.cloned().map(DataSchema::Avro);
        let value = Decoding { schema, ..Decoding::plain(Format::Avro) };
        Scope::start().after_decode(&DecodeSpec { value, key: Decoding::plain(Format::Raw) })
    }

    /// The programs of all steps, each with whether it was warned of, or the first that is refused.
    fn compile(&self, schema: Option<&Arc<Schema>>) -> Result<(Programs, Scope), Refused> {
        let mut scope = self.scope(schema);
        let mut programs = Vec::new();
        for (step, (kind, source)) in self.steps.iter().enumerate() {
            let (program, warnings) = compile_in(*kind, source, &scope).map_err(|found| {
                let errors = found.iter().filter(|found| found.is_error);
                Refused { step, codes: errors.map(|found| found.code).collect() }
            })?;
            scope = program.scope_after().clone();
            programs.push((program, !warnings.is_empty()));
        }
        Ok((programs, scope))
    }

    fn shown(&self) -> String {
        let steps: Vec<_> =
            self.steps.iter().map(|(kind, source)| format!("--- {kind:?}\n{source}")).collect();
        format!(
            "{}\n{}\n--- sink ({:?})\n{}",
            self.reader.text(),
            steps.join("\n"),
            self.extra,
            self.sink.text()
        )
    }
}

fn decoded(reader: &Arc<Schema>, wanted: Wanted, bytes: &[Vec<u8>]) -> Vec<Document> {
    let reading = Reading::new(Arc::clone(reader), None, wanted, false).expect("it reads its own");
    let reading = Arc::new(reading);
    bytes.iter().map(|bytes| reading.decode(bytes).expect("it was written")).collect()
}

/// The same comes of a record whether all of it was decoded or only what programs look at.
fn is_the_same(eager: &Result<Option<Document>, usize>, lazy: &Result<Option<Document>, usize>, case: &Case) {
    let whole = |outcome: &Result<Option<Document>, usize>| {
        outcome.clone().map(|value| value.map(|value| value.whole().expect("it decodes").into_owned()))
    };
    assert_eq!(whole(eager), whole(lazy), "eager, lazy\n{}", case.shown());
}

/// Runs a record through all steps: the value behind them, or none where it went no further; or the step that failed.
fn run(
    programs: &[(Program, bool)],
    record: &Document,
    each: &dyn Fn(&Program, &Value),
) -> Result<Option<Document>, usize> {
    let (mut runner, mut frame) = (Runner::new(), Frame::default());
    frame.set_value(record.clone());
    for (index, (program, _)) in programs.iter().enumerate() {
        if program.kind() == ProgramKind::Map {
            match runner.map(program, &mut frame) {
                Ok(()) => {}
                Err(error) if error.class == "vrl_abort" => return Ok(None),
                Err(_) => return Err(index),
            }
        } else {
            match runner.test(program, &mut frame) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(_) => return Err(index),
            }
        }
        each(program, &frame.value().whole().expect("it decodes"));
    }
    Ok(Some(frame.value().clone()))
}

/// What passes the check runs without a type error, leaves what it was said to leave, and can be written.
fn is_sound(case: &Case, schema: Option<&Arc<Schema>>) {
    let Ok((programs, scope)) = case.compile(schema) else { return };
    let each = |program: &Program, value: &Value| {
        let after = program.scope_after();
        assert!(
            admits(after.value_shape(), value),
            "{value} is not {:?}\n{}",
            after.value_shape(),
            case.shown()
        );
        let fits = after.value_kind().is_superset(&Kind::from(value));
        assert!(fits.is_ok(), "{value} is not {}\n{}", after.value_kind(), case.shown());
    };
    let found = check_sink(&scope, &case.sink, case.extra);
    let writing = Writing::new(Arc::clone(&case.sink), case.extra == Extra::Drop);
    for (record, lazy) in case.records.iter().zip(case.lazily(&programs)) {
        let outcome = run(&programs, record, &each);
        is_the_same(&outcome, &run(&programs, &lazy, &|_, _| {}), case);
        match outcome {
            Err(step) => {
                let (program, is_warned) = &programs[step];
                let may_fail = *is_warned || program.source().contains("!(");
                assert!(may_fail, "step {step} failed\n{}", case.shown());
            }
            // What is unknown passes, whatever it is.
            Ok(Some(after)) if found.is_empty() && !has_unknown(scope.value_shape()) => {
                if let Err(error) = writing.encode(&after, &mut Vec::new()) {
                    let is_of_type = ["avro_type", "avro_missing", "avro_extra"].contains(&error.class);
                    assert!(!is_of_type, "{error} (the value is {:?})\n{}", after.whole(), case.shown());
                }
            }
            Ok(_) => {}
        }
    }
}

/// A filter that is one comparison, and is said to give the same for each record, does; gives whether it is one.
fn is_constant(case: &Case, programs: &Programs, step: usize) -> bool {
    let (program, _) = &programs[step];
    let is_joined = ["&&", "||", "??", "if "].iter().any(|word| program.source().contains(word));
    if program.kind() != ProgramKind::Filter || is_joined {
        return false;
    }
    let mut runner = Runner::new();
    let verdicts = case.records.iter().filter_map(|record| {
        let mut frame = Frame::default();
        frame.set_value(run(&programs[..step], record, &|_, _| {}).ok()??);
        runner.test(program, &mut frame).ok()
    });
    let verdicts: std::collections::BTreeSet<_> = verdicts.collect();
    assert!(verdicts.len() < 2, "`{}` gives both\n{}", program.source(), case.shown());
    true
}

/// What runs fine where nothing is known is not refused for its types.
fn is_complete(case: &Case) {
    let Ok((programs, _)) = case.compile(None) else { return };
    let of_rules =
        |codes: &[usize]| codes.iter().all(|code| [UNKNOWN_MEMBER, CONSTANT_COMPARISON, 102].contains(code));
    let typed = case.compile(Some(&case.reader));
    if let Err(Refused { step, codes }) = &typed {
        assert!(of_rules(codes), "refused with {codes:?}\n{}", case.shown());
        if codes.iter().all(|code| *code == CONSTANT_COMPARISON) {
            is_constant(case, &programs, *step);
        }
    }
    let writing = Writing::new(Arc::clone(&case.sink), case.extra == Extra::Drop);
    let mut written = 0;
    for (record, lazy) in case.records.iter().zip(case.lazily(&programs)) {
        let outcome = run(&programs, record, &|_, _| {});
        is_the_same(&outcome, &run(&programs, &lazy, &|_, _| {}), case);
        match outcome {
            Ok(Some(after)) if writing.encode(&after, &mut Vec::new()).is_ok() => written += 1,
            Ok(None) => {}
            _ => return,
        }
    }
    // Where hardly a record gets to the sink, or a branch may never have been taken, that all of them fit says nothing.
    let has_branches =
        case.steps.iter().any(|(_, source)| ["if ", "||", "??"].iter().any(|branch| source.contains(branch)));
    if let Ok((_, scope)) = typed
        && written > RECORDS / 2
        && !has_branches
    {
        let found = check_sink(&scope, &case.sink, case.extra);
        let errors: Vec<_> = found.iter().filter(|found| found.is_error).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{}", case.shown());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_never_fails_for_its_types(seed in any::<u64>()) {
        let case = Case::new(seed);
        is_sound(&case, Some(&case.reader));
    }

    #[test]
    fn what_conditions_say_without_a_schema_holds(seed in any::<u64>()) {
        is_sound(&Case::new(seed), None);
    }

    #[test]
    fn what_runs_is_not_refused_for_its_types(seed in any::<u64>()) {
        is_complete(&Case::new(seed));
    }
}

/// How often the two properties have something to say: a generator that only makes refused programs would prove nothing.
#[test]
fn the_generator_reaches_what_it_is_for() {
    let (mut passed, mut fits, mut runs, mut constant) = (0, 0, 0, 0);
    for seed in 0..500 {
        let case = Case::new(seed);
        if let Ok((_, scope)) = case.compile(Some(&case.reader)) {
            passed += 1;
            fits += usize::from(check_sink(&scope, &case.sink, case.extra).is_empty());
        }
        let untyped = case.compile(None);
        runs += usize::from(untyped.is_ok());
        if let (Ok((programs, _)), Err(refused)) = (untyped, case.compile(Some(&case.reader)))
            && refused.codes.iter().all(|code| *code == CONSTANT_COMPARISON)
        {
            constant += usize::from(is_constant(&case, &programs, refused.step));
        }
    }
    assert!(
        passed > 100 && fits > 20 && runs > 100 && constant > 2,
        "{passed} pass, {fits} fit their sink, {runs} compile untyped, {constant} are comparisons known beforehand"
    );
}
