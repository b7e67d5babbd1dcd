//! `check --online`: what only the schema registry can tell. Nothing is registered there.

use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::codec::avro::{self, Reading, Wanted};
use crate::registry::{Registries, Registry, SinkProbe, SubjectVersion};
use crate::transform::{
    Misfit, MisfitAt, Pinned, check_key_version, check_key_writer, check_pinned, check_version, check_writer,
    fits_key_writer, fits_writer, with_pinned,
};

use super::diagnostic::Diagnostic;
use super::pipeline::Places;
use super::source_map::Place;
use super::spec::{
    AvroEncoding, Decoding, Encoding, Format, PipelineSpec, RegistrySpec, SinkSchema, TopicsSpec,
};

/// Topics that a pattern matches whose schemas are looked at.
const TOPICS_MAX: usize = 100;

/// What holds a pipeline against a writer's schema.
type Judge<E> = fn(&PipelineSpec, &Arc<avro::Schema>) -> Result<(), E>;

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

    /// Adds what the registry of `spec` has against it, where it needs one; `topics` are those that it reads.
    pub(super) fn check(
        &mut self,
        spec: &PipelineSpec,
        places: &Places,
        topics: &[&str],
        findings: &mut Vec<Diagnostic>,
    ) {
        let Some(registry) = spec.registry.as_ref().filter(|registry| !self.silent.contains(registry)) else {
            return;
        };
        let own = registry.clone();
        let place = places.decode.or_else(|| places.encodes.first().copied());
        let Some(place) = place else { return };
        if let Err(why) = self.ask(spec, registry, places, (place, topics), findings) {
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
        (place, topics): (Place, &[&str]),
        findings: &mut Vec<Diagnostic>,
    ) -> Result<(), String> {
        let registry = self.registries.of(registry)?;
        self.runtime.block_on(registry.probe_reach())?;
        let told = self.sinks(spec, &registry, places, findings)?;
        let Some(decode) = spec.decode() else { return Ok(()) };
        let sides = [("value", &decode.value), ("key", &decode.key)];
        let sides = sides.into_iter().filter(|(_, decoding)| decoding.format == Format::Avro);
        let sides: Vec<_> = sides.collect();
        let looked_at = looked_at(&spec.source.topics, topics);
        if looked_at.len() < topics.len() && !sides.is_empty() {
            findings.push(cut(topics.len(), places.topics.first().copied().unwrap_or(place)));
        }
        for (side, decoding) in sides {
            for topic in looked_at {
                let subject = format!("{topic}-{side}");
                let versions = self.runtime.block_on(registry.probe_versions(&subject))?;
                findings.extend(Self::writers(&told, (side, decoding), &subject, versions, place));
            }
        }
        Ok(())
    }

    /// What is wrong with a subject's versions.
    fn writers(
        told: &PipelineSpec,
        (side, decoding): (&str, &Decoding),
        subject: &str,
        versions: Vec<SubjectVersion>,
        place: Place,
    ) -> Vec<Diagnostic> {
        let newest = versions.last().map(|version| version.version);
        let (strict, check, fits) = match side {
            "key" => (
                check_key_writer as Judge<String>,
                check_key_version as Judge<String>,
                fits_key_writer as Judge<Misfit>,
            ),
            _ => {
                (check_writer as Judge<String>, check_version as Judge<String>, fits_writer as Judge<Misfit>)
            }
        };
        // What no version has is asked for by mistake; what one has may be asked for.
        let writers = versions.iter().filter(|_| decoding.schema.is_none());
        let mut told_of = writers.filter_map(|version| Some(strict(told, version.schema.as_ref().ok()?)));
        let first = told_of.next();
        let is_of_all =
            first.as_ref().is_some_and(|first| first.is_err() && told_of.all(|other| other == *first));
        let check = if is_of_all { strict } else { check };
        let of_one = |version: SubjectVersion| {
            let name = format!("version {} of {subject} (schema id {})", version.version, version.id);
            let writer = match &version.schema {
                Ok(writer) => writer,
                Err(why) => {
                    let message = format!("{name} cannot be used: {why}");
                    return vec![Diagnostic::warning("bad-schema", message).at(place, "")];
                }
            };
            let mut found: Vec<_> = unfit(decoding, writer, &name, place).into_iter().collect();
            if decoding.schema.is_none()
                && let Err(why) = check(told, writer)
            {
                let is_newest = Some(version.version) == newest;
                let are_all = fits(told, writer).is_err_and(|misfit| misfit.at == MisfitAt::Decode);
                found.push(misfit(&why, &name, (is_newest, are_all), place));
            }
            found
        };
        versions.into_iter().flat_map(of_one).collect()
    }

    /// Asks for the sinks' schemas. Gives the pipeline with those in place of which the file says only a version, as far as
    /// they can hold what is known to be left: so writers' schemas are held against them, too.
    fn sinks(
        &self,
        spec: &PipelineSpec,
        registry: &Registry,
        places: &Places,
        findings: &mut Vec<Diagnostic>,
    ) -> Result<PipelineSpec, String> {
        let mut fitting = Vec::new();
        for ((index, sink), place) in spec.sinks.iter().enumerate().zip(&places.encodes) {
            let sides = [(false, Some(&sink.value)), (true, sink.key.as_ref())];
            let avro = |encoding: Option<&Encoding>| encoding.and_then(|encoding| encoding.avro.clone());
            for (is_key, avro) in sides.map(|(is_key, encoding)| (is_key, avro(encoding))) {
                let Some(avro) = avro else { continue };
                let probe = self.runtime.block_on(registry.probe_sink(&avro));
                if let (SinkProbe::Found { schema, .. }, SinkSchema::Version(_)) = (&probe, &avro.schema) {
                    let pinned = Pinned { sink: index, is_key, schema: Arc::clone(schema) };
                    match check_pinned(spec, &pinned) {
                        Ok(()) => fitting.push(pinned),
                        Err(misfits) => {
                            findings.push(Diagnostic::error("sink-type", misfits).at(*place, "written here"));
                        }
                    }
                }
                sink_findings(&avro, probe, *place, findings)?;
            }
        }
        Ok(with_pinned(spec, &fitting))
    }
}

/// That programs and sinks do not fit records of a writer's schema. The newest counts; of older ones records may be left.
fn misfit(why: &str, name: &str, (is_newest, are_all): (bool, bool), place: Place) -> Diagnostic {
    let message = format!("records of {name} do not fit: {why}");
    let finding = match is_newest {
        true => Diagnostic::error("writer-type", message),
        false => Diagnostic::warning("writer-type", message),
    };
    let note = match are_all {
        true => "its records are poison",
        false => "which of its records are poison is seen when they come",
    };
    finding.at(place, "").note(note)
}

/// Of the topics that a source reads, those whose schemas are looked at: all that a list names, and the first ones that a
/// pattern matches.
fn looked_at<'t>(source: &TopicsSpec, topics: &'t [&'t str]) -> &'t [&'t str] {
    match source {
        TopicsSpec::Names(_) => topics,
        TopicsSpec::Pattern(_) => &topics[..topics.len().min(TOPICS_MAX)],
    }
}

fn cut(matching: usize, place: Place) -> Diagnostic {
    let message =
        format!("{matching} topics match this pattern; the schemas of {TOPICS_MAX} of them are looked at");
    Diagnostic::warning("many-topics", message)
        .at(place, "")
        .note("name the topics to have all of them looked at")
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
        SinkProbe::Found { .. } | SinkProbe::WouldRegister => {}
        SinkProbe::Missing(why) => findings.push(Diagnostic::error("missing-schema", why).at(place, "")),
        SinkProbe::Refused(why) => findings.push(Diagnostic::error("refused-schema", why).at(place, "")),
        SinkProbe::Unreachable(why) => return Err(why),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_pattern_a_bounded_number_of_topics_is_looked_at_and_of_a_list_all() {
        let names: Vec<_> = (0..TOPICS_MAX + 1).map(|number| format!("t{number}")).collect();
        let topics: Vec<_> = names.iter().map(String::as_str).collect();
        let pattern = TopicsSpec::Pattern(regex::Regex::new("^t").expect("it is a pattern"));
        assert_eq!(looked_at(&pattern, &topics), &topics[..TOPICS_MAX]);
        assert_eq!(looked_at(&pattern, &topics[1..]), &topics[1..]);
        assert_eq!(looked_at(&TopicsSpec::Names(names.clone()), &topics), topics);
    }
}
