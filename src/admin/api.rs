//! `/api/…`: what runs, and what is asked of it.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};

use crate::config::spec::LogLevel;
use crate::pipeline::unix_ms;
use crate::supervisor::{Command, CommandError, Control, PlanOutcome, ReloadResult};

use super::shape;

/// The routes under `/api`.
pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/daemon", get(daemon))
        .route("/pipelines", get(pipelines))
        .route("/pipelines/{name}", get(pipeline))
        .route("/pipelines/{name}/pause", post(pause))
        .route("/pipelines/{name}/resume", post(resume))
        .route("/pipelines/{name}/restart", post(restart))
        .route("/plan", get(plan))
        .route("/reload", post(reload))
        .route("/log-level", put(log_level).post(log_level))
}

/// An answer that says what went wrong.
pub(super) fn error(status: StatusCode, error: impl Into<String>) -> (StatusCode, Json<shape::Error>) {
    (status, Json(shape::Error { error: error.into() }))
}

pub(super) async fn no_such_path(uri: Uri) -> Response {
    error(
        StatusCode::NOT_FOUND,
        format!("there is nothing at `{}`; docs/api.md lists what there is", uri.path()),
    )
    .into_response()
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Response {
    error(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not take {method}", uri.path())).into_response()
}

/// A pipeline's name in a path.
struct Name(String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        name.map(|Path(name)| Name(name))
            .map_err(|fault| error(fault.status(), fault.body_text()).into_response())
    }
}

async fn daemon(State(control): State<Control>) -> Json<shape::Daemon> {
    Json(shape::Daemon::of(&control, unix_ms()))
}

async fn pipelines(State(control): State<Control>) -> Json<shape::Pipelines> {
    Json(shape::Pipelines { pipelines: control.pipelines().iter().map(shape::Pipeline::from).collect() })
}

async fn pipeline(State(control): State<Control>, Name(name): Name) -> Response {
    shown(&control, name)
}

fn shown(control: &Control, name: String) -> Response {
    match control.pipeline(&name) {
        Some(view) => Json(shape::Pipeline::from(&view)).into_response(),
        None => refused(&CommandError::UnknownPipeline(name)),
    }
}

fn refused(reason: &CommandError) -> Response {
    let status = match reason {
        CommandError::UnknownPipeline(_) => StatusCode::NOT_FOUND,
        CommandError::NotNow(_) => StatusCode::CONFLICT,
        CommandError::Draining => StatusCode::SERVICE_UNAVAILABLE,
    };
    error(status, reason.to_string()).into_response()
}

async fn pause(State(control): State<Control>, Name(name): Name) -> Response {
    carry_out(&control, name, Command::Pause).await
}

async fn resume(State(control): State<Control>, Name(name): Name) -> Response {
    carry_out(&control, name, Command::Resume).await
}

async fn restart(State(control): State<Control>, Name(name): Name) -> Response {
    carry_out(&control, name, Command::Restart).await
}

async fn carry_out(control: &Control, name: String, command: Command) -> Response {
    match control.command(&name, command).await {
        Ok(()) => shown(control, name),
        Err(reason) => refused(&reason),
    }
}

async fn plan(State(control): State<Control>) -> Response {
    match control.plan().await {
        Ok(outcome @ PlanOutcome { plan: Some(_), .. }) => Json(outcome).into_response(),
        Ok(outcome) => (StatusCode::CONFLICT, Json(outcome)).into_response(),
        Err(reason) => refused(&reason),
    }
}

async fn reload(State(control): State<Control>) -> Response {
    // A client that goes away does not take the reload with it.
    let asked = tokio::spawn(async move { control.reload("the API").await });
    match asked.await {
        Ok(Ok(outcome)) => {
            let is_taken_in = outcome.result == ReloadResult::TakenIn;
            let status = if is_taken_in { StatusCode::OK } else { StatusCode::CONFLICT };
            (status, Json(outcome)).into_response()
        }
        Ok(Err(reason)) => refused(&reason),
        Err(_) => refused(&CommandError::Draining),
    }
}

/// Takes `{"level": "debug"}`.
async fn log_level(State(control): State<Control>, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return error(rejection.status(), rejection.body_text()).into_response(),
    };
    let words = || LogLevel::all().map(LogLevel::as_str).join("`, `");
    let Ok(asked) = serde_json::from_slice::<shape::Level>(&body) else {
        return error(StatusCode::BAD_REQUEST, r#"the body must be such as {"level": "debug"}"#)
            .into_response();
    };
    let Some(level) = LogLevel::all().into_iter().find(|level| level.as_str() == asked.level) else {
        return error(StatusCode::BAD_REQUEST, format!("`level` is one of `{}`", words())).into_response();
    };
    match control.set_log_level(level).await {
        Ok(()) => Json(asked).into_response(),
        Err(reason) => refused(&reason),
    }
}
