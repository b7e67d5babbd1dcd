//! `check --online`: what only the schema registry can tell. Nothing is registered there.

use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::codec::avro::{self, Reading, Wanted};
use crate::registry::{Registries, SinkProbe};
use crate::transform::check_writer;

use super::diagnostic::Diagnostic;
use super::pipeline::Places;
use super::source_map::Place;
use super::spec::{
    AvroEncoding, Decoding, Format, PipelineSpec, RegistrySpec, SinkSchema, StepSpec, TopicsSpec,
};

/// Asks registries, each one that does not answer only once.
pub(super) struct SchemaCheck {
    runtime: Runtime,
    registries: Registries,
    silent: Vec<RegistrySpec>,
}

impl SchemaCheck {
    pub(super) fn new() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // Questions are not cached, so nothing is written there.
        let registries = Registries::new(std::env::temp_dir(), runtime.handle().clone());
        Ok(Self { runtime, registries, silent: Vec::new() })
    }

    /// Adds what the registry of `spec` has against it, where it needs one.
    pub(super) fn check(&mut self, spec: &PipelineSpec, places: &Places, findings: &mut Vec<Diagnostic>) {
        let Some(registry) = spec.registry.as_ref().filter(|registry| !self.silent.contains(registry)) else {
            return;
        };
        let own = registry.clone();
        let place = places.decode.or_else(|| places.encodes.first().copied());
        let Some(place) = place else { return };
        if let Err(why) = self.ask(spec, registry, places, place, findings) {
            let message = format!("the schema registry does not answer `{}`: {why}", spec.name);
            findings.push(
                Diagnostic::error("registry-unreachable", message).at(place, "its schemas are not known"),
            );
            self.silent.push(own);
        }
    }

    fn ask(
        &self,
        spec: &PipelineSpec,
        registry: &RegistrySpec,
        places: &Places,
        place: Place,
        findings: &mut Vec<Diagnostic>,
    ) -> Result<(), String> {
        let registry = self.registries.of(registry)?;
        self.runtime.block_on(registry.probe_reach())?;
        // What the registry tells stands where the file names no schema: so the types are those that will be there.
        let mut told = spec.clone();
        for (sink, place) in told.sinks.iter_mut().zip(&places.encodes) {
            let encodings = [Some(&mut sink.value), sink.key.as_mut()];
            for avro in encodings.into_iter().flatten().filter_map(|encoding| encoding.avro.as_mut()) {
                let probe = self.runtime.block_on(registry.probe_sink(avro));
                if let (SinkProbe::Found { schema, .. }, SinkSchema::Version(_)) = (&probe, &avro.schema) {
                    avro.schema = SinkSchema::File(Arc::clone(schema));
                }
                sink_findings(avro, probe, *place, findings)?;
            }
        }
        if told.sinks != spec.sinks {
            findings.extend(pinned(&told, place));
        }
        let TopicsSpec::Names(topics) = &spec.source.topics else { return Ok(()) };
        let Some(decode) = spec.decode() else { return Ok(()) };
        for (side, decoding) in [("value", &decode.value), ("key", &decode.key)] {
            for topic in topics.iter().filter(|_| decoding.format == Format::Avro) {
                let subject = format!("{topic}-{side}");
                let versions = self.runtime.block_on(registry.probe_versions(&subject))?;
                let newest = versions.last().map(|version| version.version);
                for version in versions {
                    let name = format!("version {} of {subject} (schema id {})", version.version, version.id);
                    match &version.schema {
                        Ok(writer) => {
                            findings.extend(unfit(decoding, writer, &name, place));
                            if side == "value" && decoding.schema.is_none() {
                                let is_newest = Some(version.version) == newest;
                                findings.extend(misfit(&told, writer, &name, is_newest, place));
                            }
                        }
                        Err(why) => findings.push(
                            Diagnostic::warning("bad-schema", format!("{name} cannot be used: {why}"))
                                .at(place, ""),
                        ),
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether the sinks' pinned schemas can hold what the programs make of the reader's schema that the file names.
fn pinned(told: &PipelineSpec, place: Place) -> Option<Diagnostic> {
    let mut told = told.clone();
    let reader = told.transform.iter_mut().find_map(|step| match step {
        StepSpec::Decode(decode) => {
            let reader = decode.value.reader().cloned();
            decode.value.schema = None;
            reader
        }
        StepSpec::Filter(_) | StepSpec::Map(_) => None,
    })?;
    let why = check_writer(&told, &reader).err()?;
    let message = format!("a schema that the registry has does not fit: {why}");
    Some(Diagnostic::error("sink-type", message).at(place, "decoded here"))
}

/// Whether the programs and sinks do not fit records of a writer's schema. The newest counts; of older ones records may be
/// left.
fn misfit(
    told: &PipelineSpec,
    writer: &Arc<avro::Schema>,
    name: &str,
    is_newest: bool,
    place: Place,
) -> Option<Diagnostic> {
    let why = check_writer(told, writer).err()?;
    let message = format!("records of {name} do not fit: {why}");
    let finding = match is_newest {
        true => Diagnostic::error("writer-type", message),
        false => Diagnostic::warning("writer-type", message),
    };
    Some(finding.at(place, "").note("its records are poison"))
}

/// Whether records of a writer's schema cannot be read.
fn unfit(decoding: &Decoding, writer: &Arc<avro::Schema>, name: &str, place: Place) -> Option<Diagnostic> {
    let reader = decoding.reader().cloned()?;
    let error = Reading::new(Arc::clone(writer), Some(reader), Wanted::All, true).err()?;
    let message = format!("{name} cannot be read by this schema: {error}");
    Some(
        Diagnostic::warning("no-resolution", message)
            .at(place, "the reader's schema")
            .note("its records are poison"),
    )
}

fn sink_findings(
    avro: &AvroEncoding,
    probe: SinkProbe,
    place: Place,
    findings: &mut Vec<Diagnostic>,
) -> Result<(), String> {
    let subject = &avro.subject;
    match probe {
        SinkProbe::Found { version: Some(used), newer: Some(newer), .. } => {
            let message =
                format!("the subject `{subject}` has version {newer}, and version {used} is written");
            findings.push(Diagnostic::warning("newer-version", message).at(place, ""));
        }
        SinkProbe::Found { .. } | SinkProbe::WouldRegister { .. } => {}
        SinkProbe::Missing(why) => findings.push(Diagnostic::error("missing-schema", why).at(place, "")),
        SinkProbe::Refused(why) => findings.push(Diagnostic::error("refused-schema", why).at(place, "")),
        SinkProbe::Unreachable(why) => return Err(why),
    }
    Ok(())
}
