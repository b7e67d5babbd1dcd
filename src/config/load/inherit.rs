//! What pipelines have from the daemon's file and the command line: the registry and librdkafka's properties.

use crate::config::cross::{self, Placed};
use crate::config::daemon::Daemon;
use crate::config::diagnostic::Diagnostic;
use crate::config::fingerprint::shown_hash;
use crate::config::kafka::{BOOTSTRAP, Entry, check_clients, check_together, merge, split};
use crate::config::pipeline::Pipeline;
use crate::config::registry;
use crate::config::spec::KafkaSpec;
use crate::config::walk::Walk;

use super::LoadRequest;

/// Gives the pipelines that read or write Avro their registry.
pub(super) fn registry_of_all(
    walk: &mut Walk<'_>,
    request: &LoadRequest,
    daemon: &Daemon,
    pipelines: &mut [Pipeline],
) {
    let spec = match &request.schema_registry {
        Some(url) => {
            let spec = registry::at(url);
            if spec.is_none() {
                let message = "`--schema-registry` must be an address such as `https://registry:8081`";
                walk.report(Diagnostic::error("bad-value", message));
                return;
            }
            spec
        }
        None => daemon.spec.as_ref().and_then(|daemon| daemon.registry.clone()),
    };
    for pipeline in pipelines {
        let Some(own) = pipeline.spec.as_mut().filter(|own| own.needs_registry()) else { continue };
        own.registry.clone_from(&spec);
        if spec.is_none() && daemon.spec.is_some() {
            let message = "no schema registry to ask: `schema_registry` is not set";
            let missing = Diagnostic::error("missing-registry", message)
                .at(pipeline.place, "needed by this pipeline's Avro");
            walk.report(missing.note(
                "set it in the daemon's file (`schema_registry: {url: \"https://registry:8081\"}`), or by \
                 `--schema-registry URL`",
            ));
        }
    }
}

/// Gives each pipeline its properties, and runs the checks that need those of all.
pub(super) fn kafka_of_all(
    walk: &mut Walk<'_>,
    request: &LoadRequest,
    daemon: &Daemon,
    pipelines: &mut [Pipeline],
) {
    let command_line: Vec<Entry> =
        request.bootstrap.iter().map(|servers| Entry::bootstrap(servers)).collect();
    let mut clusters = Vec::new();
    let mut tried: Vec<KafkaSpec> = Vec::new();
    for pipeline in pipelines.iter_mut() {
        let own = std::mem::take(&mut pipeline.kafka);
        let merged = merge([&daemon.kafka.entries[..], &own.entries[..], &command_line[..]]);
        let spec = split(&merged);
        let is_whole = check_together(walk, &merged) && !daemon.kafka.is_broken && !own.is_broken;
        if is_whole && !merged.iter().any(|entry| entry.value.opaque) && !tried.contains(&spec) {
            check_clients(walk, &merged, &spec, pipeline.place);
            tried.push(spec.clone());
        }
        let cluster = cluster(&merged);
        if cluster.is_none() && daemon.spec.is_some() {
            walk.report(missing_brokers(pipeline));
        }
        clusters.push(cluster);
        if let Some(pipeline) = &mut pipeline.spec {
            let filled = merged.iter().map(|entry| &entry.value).filter(|value| value.filled);
            pipeline.filled.0.extend(filled.map(|value| (value.value.clone(), value.shown.clone())));
            pipeline.kafka = spec;
            pipeline.hash = shown_hash(pipeline);
        }
        pipeline.kafka = own;
    }
    let placed: Vec<Placed<'_>> = pipelines
        .iter()
        .zip(&clusters)
        .map(|(pipeline, cluster)| Placed { pipeline, cluster: cluster.as_deref() })
        .collect();
    walk.diagnostics.extend(cross::check(&placed));
}

/// The brokers that the properties name.
fn cluster(properties: &[&Entry]) -> Option<String> {
    let brokers = properties.iter().find(|entry| entry.canonical == BOOTSTRAP)?;
    Some(brokers.value.value.clone()).filter(|brokers| !brokers.trim().is_empty())
}

fn missing_brokers(pipeline: &Pipeline) -> Diagnostic {
    let message = "no brokers to connect to: `bootstrap.servers` is not set";
    let missing = Diagnostic::error("missing-brokers", message).at(pipeline.place, "needed by this pipeline");
    missing.note(
        "set it in the daemon's file (`kafka: {bootstrap.servers: broker-1:9092}`), in the pipeline's \
         own `kafka`, or by `--bootstrap HOST:PORT`",
    )
}
