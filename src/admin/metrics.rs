//! `/metrics`: what Prometheus reads.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::supervisor::Control;
use crate::telemetry::metrics::render;

/// Prometheus' text format.
const TEXT: &str = "text/plain; version=0.0.4";

/// Answers with all metrics.
pub(super) async fn metrics(State(control): State<Control>) -> impl IntoResponse {
    ([(CONTENT_TYPE, TEXT)], render(&control.daemon(), &control.pipelines()))
}
