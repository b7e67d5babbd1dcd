//! The pipelines of `pipelines/`, as they are compiled in, and their topics under the demo's prefix.

use std::path::PathBuf;

use crate::config::spec::{Config, PipelineSpec, TopicsSpec};
use crate::config::{LoadRequest, Report, load};

/// The topic that all of them read.
pub(super) const CLICKS: &str = "clicks";

const FILES: [(&str, &str); 4] = [
    ("pipelines/clicks-clean.yaml", include_str!("../../../pipelines/clicks-clean.yaml")),
    ("pipelines/clicks-by-region.yaml", include_str!("../../../pipelines/clicks-by-region.yaml")),
    ("pipelines/purchases.yaml", include_str!("../../../pipelines/purchases.yaml")),
    ("pipelines/clicks-archive.yaml", include_str!("../../../pipelines/clicks-archive.yaml")),
];

/// Loads the shipped pipelines as `run` would, for these brokers. What they name on the brokers gets `prefix`.
///
/// # Errors
///
/// What is wrong with `bootstrap`: the pipelines themselves are tested.
pub(super) fn load_for(bootstrap: &str, prefix: &str) -> Result<Config, Report> {
    let texts = FILES.map(|(path, text)| (PathBuf::from(path), text.to_owned())).to_vec();
    let request = LoadRequest { bootstrap: Some(bootstrap.to_owned()), texts, ..LoadRequest::default() };
    let mut config = load(&request)?.config;
    for pipeline in &mut config.pipelines {
        rename(pipeline, prefix);
    }
    Ok(config)
}

fn rename(pipeline: &mut PipelineSpec, prefix: &str) {
    let rename = |name: &mut String| name.insert_str(0, prefix);
    rename(&mut pipeline.source.group);
    if let TopicsSpec::Names(names) = &mut pipeline.source.topics {
        names.iter_mut().for_each(rename);
    }
    for sink in &mut pipeline.sinks {
        rename(&mut sink.topic);
    }
    if let Some(dlq) = &mut pipeline.dlq {
        rename(&mut dlq.topic);
    }
}

/// The topics that the pipelines write.
pub(super) fn written(config: &Config) -> impl Iterator<Item = &str> {
    config.pipelines.iter().flat_map(|pipeline| {
        let sinks = pipeline.sinks.iter().map(|sink| sink.topic.as_str());
        sinks.chain(pipeline.dlq.iter().map(|dlq| dlq.topic.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_on_the_brokers_gets_the_prefix() {
        let config = load_for("localhost:9092", "demo.").expect("the shipped pipelines are right");
        assert_eq!(config.pipelines.len(), FILES.len());
        for pipeline in &config.pipelines {
            let TopicsSpec::Names(names) = &pipeline.source.topics else { panic!("{}", pipeline.name) };
            assert_eq!(names, &[format!("demo.{CLICKS}")]);
            assert!(pipeline.source.group.starts_with("demo."), "{}", pipeline.source.group);
        }
        for topic in written(&config) {
            assert!(topic.starts_with("demo."), "{topic}");
        }
    }
}
