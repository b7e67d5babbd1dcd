//! `/metrics`: what Prometheus reads.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::supervisor::{Control, PipelineView};

/// Prometheus' text format.
const TEXT: &str = "text/plain; version=0.0.4";

/// Answers with all metrics.
pub(super) async fn metrics(State(control): State<Control>) -> impl IntoResponse {
    ([(CONTENT_TYPE, TEXT)], metrics_text(&control))
}

/// All metrics, now.
fn metrics_text(control: &Control) -> String {
    render(&control.pipelines())
}

/// The states and accounts of pipelines.
fn render(views: &[PipelineView]) -> String {
    type Count = fn(&PipelineView) -> u64;
    let counters: [(&str, &str, &str, Count); 6] = [
        ("consumed_records_total", "counter", "Input records taken up.", |view| view.account.consumed()),
        ("produced_records_total", "counter", "Input records whose outputs are all acknowledged.", |view| {
            view.account.ended.produced
        }),
        ("filtered_records_total", "counter", "Input records that no sink wanted.", |view| {
            view.account.ended.filtered
        }),
        (
            "dead_lettered_records_total",
            "counter",
            "Input records whose dead letter is acknowledged.",
            |view| view.account.ended.dead_lettered,
        ),
        ("skipped_records_total", "counter", "Input records that were skipped.", |view| {
            view.account.ended.skipped
        }),
        ("in_flight_records", "gauge", "Input records taken up that have not ended.", |view| {
            view.account.in_flight
        }),
    ];
    let mut text = String::new();
    for (name, kind, help, count) in counters {
        text.push_str(&format!("# HELP millstream_{name} {help}\n# TYPE millstream_{name} {kind}\n"));
        for view in views {
            text.push_str(&format!("millstream_{name}{{pipeline=\"{}\"}} {}\n", view.name, count(view)));
        }
    }
    text.push_str("# HELP millstream_pipeline_state 1 for the state that the pipeline is in.\n");
    text.push_str("# TYPE millstream_pipeline_state gauge\n");
    for view in views {
        let state = view.state.as_str();
        let name = &view.name;
        text.push_str(&format!("millstream_pipeline_state{{pipeline=\"{name}\",state=\"{state}\"}} 1\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_comment_or_a_sample_of_a_pipeline() {
        let view = PipelineView { name: "orders".to_owned(), ..PipelineView::default() };
        let text = render(&[view]);
        assert!(text.contains("millstream_consumed_records_total{pipeline=\"orders\"} 0\n"), "{text}");
        assert!(text.contains("{pipeline=\"orders\",state=\"starting\"} 1\n"), "{text}");
        for line in text.lines() {
            assert!(line.starts_with("# ") || line.starts_with("millstream_"), "{line}");
        }
    }
}
