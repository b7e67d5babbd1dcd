//! The admin server: health, who may do what through which door, and clients that misbehave.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use millstream_harness::daemon::Run;
use millstream_harness::http::{self, Answer};
use millstream_harness::process::{SIGINT, SIGTERM};
use millstream_harness::scene::Scene;
use millstream_harness::{ports, wait};

use crate::{BINARY, numbers, scene_with_refusable_sink};

const TOKEN: &str = "correct-horse-battery";

/// Waits until a daemon listens, which is before anything runs.
fn wait_listening(run: &Run) {
    run.wait_for_log("that it starts", |line| line.message() == "millstream starts");
}

/// A daemon whose broker is away, with an admin address.
fn listening(stem: &str, admin: &str) -> (Scene, Run, u16) {
    let scene = Scene::bare(BINARY, stem, "127.0.0.1:1");
    let port = ports::free();
    let files =
        scene.files(&scene.pipeline("")).setting(&format!("admin: {{listen: 127.0.0.1:{port}, {admin}}}"));
    files.folder().write("token", &format!("{TOKEN}\n"));
    let run = files.start();
    wait_listening(&run);
    (scene, run, port)
}

/// The same once it waits: then it can be asked anything.
fn waiting(stem: &str, admin: &str) -> (Scene, Run, u16) {
    let (scene, run, port) = listening(stem, admin);
    wait::until("the daemon to have started", || {
        let answer = get(port, "/readyz");
        if answer.status == 200 {
            return Some(());
        }
        assert_eq!(answer.status, 503);
        let reason = answer.json()["reason"].to_string();
        assert!(reason.contains("starting"), "{reason}");
        None
    });
    (scene, run, port)
}

fn get(port: u16, path: &str) -> Answer {
    http::tcp(port, &[&format!("GET {path}"), "Host: localhost"], "")
}

/// The words of an answer that says no.
fn no(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    answer.json()["error"].as_str().expect("it says why").to_owned()
}

#[test]
fn health_tells_waiting_from_draining() {
    let scene = scene_with_refusable_sink("health");
    scene.client.refuse(&scene.output);
    scene.send(numbers(3));
    let files = scene.files(&scene.pipeline("")).setting("shutdown: {deadline: 10m}");
    let mut run = files.start();
    run.wait_waiting(&scene.name);
    let ask = |path: &str| http::unix(&files.socket(), path, "");
    let ready = wait::until("that it is ready, and its pipeline waits", || {
        let answer = Some(ask("GET /readyz")).filter(|answer| answer.status == 200)?.json();
        answer["not_running"].get(0).cloned()
    });
    assert_eq!((&ready["pipeline"], &ready["state"]), (&scene.name.as_str().into(), &"waiting".into()));
    assert_eq!(ask("GET /livez").body, "ok\n");

    run.signal(SIGTERM);
    let draining = wait::until("that it is not ready", || {
        Some(ask("GET /readyz")).filter(|answer| answer.status == 503)
    });
    assert_eq!(draining.json()["reason"], "draining");
    assert_eq!(ask("GET /livez").status, 200);
    let pause = format!("POST /api/pipelines/{}/pause", scene.name);
    assert_eq!(no(&ask(&pause), 503), "the daemon is draining");
    assert_eq!(no(&ask("POST /api/reload"), 503), "the daemon is draining");
    run.signal(SIGINT);
    assert_eq!(run.wait_exit(), 130);
}

#[test]
fn tcp_without_a_token_serves_reads_only() {
    let (scene, _run, port) = waiting("reads", "");
    assert_eq!(get(port, "/api/daemon").json()["state"], "running");
    let all = get(port, "/api/pipelines").json();
    assert_eq!(all["pipelines"][0]["name"], scene.name.as_str());
    assert_eq!(get(port, &format!("/api/pipelines/{}", scene.name)).json()["state"], "waiting");
    let metrics = get(port, "/metrics");
    assert!(metrics.head.contains("content-type: text/plain; version=0.0.4"), "{metrics:?}");
    assert!(metrics.body.contains(&format!("pipeline=\"{}\"", scene.name)), "{metrics:?}");

    for line in ["POST /api/reload", "PUT /api/log-level", "GET /api/plan"] {
        let words = no(&http::tcp(port, &[line, "Host: localhost", "Authorization: Bearer x"], ""), 403);
        assert!(words.contains("admin.token"), "{line}: {words}");
    }
    assert!(no(&get(port, "/api/pipelines/nobody"), 404).contains("nobody"));
    no(&get(port, "/api/nothing"), 404);
    no(&http::tcp(port, &["DELETE /livez", "Host: localhost"], ""), 405);
}

#[test]
fn pages_of_other_sites_are_not_served() {
    let (_scene, _run, port) = listening("rebinding", "hosts: [mill.example]");
    let status = |lines: &[&str]| http::tcp(port, lines, "").status;
    let (read, own) = ("GET /api/daemon", format!("Host: 127.0.0.1:{port}"));
    assert_eq!(status(&[read, &own]), 200);
    assert_eq!(status(&[read, "Host: mill.example"]), 200);
    assert_eq!(status(&[read, "Host: evil.example"]), 403);
    assert_eq!(status(&[read]), 403, "no Host at all");
    assert_eq!(status(&[read, &own, &format!("Origin: http://127.0.0.1:{port}")]), 200);
    assert_eq!(status(&[read, &own, "Origin: http://evil.example"]), 403);
    for open in ["GET /livez", "GET /readyz", "GET /metrics"] {
        assert_ne!(status(&[open, "Host: evil.example"]), 403, "{open}");
    }
}

#[test]
fn a_change_over_tcp_needs_the_token_which_a_reload_may_change() {
    let (_scene, run, port) = waiting("token", "token: '${file:token}'");
    let level = |token: &str, body: &str| {
        let lines = ["PUT /api/log-level", "Host: localhost", &format!("Authorization: Bearer {token}")];
        http::tcp(port, &lines, body)
    };
    let debug = r#"{"level": "debug"}"#;
    let none = http::tcp(port, &["PUT /api/log-level", "Host: localhost"], debug);
    assert!(none.head.contains("www-authenticate: bearer"), "{none:?}");
    assert!(no(&none, 401).contains("admin.token"));
    no(&level("correct-horse-batterY", debug), 401);
    assert_eq!(get(port, "/api/daemon").json()["log_level"], "info");
    assert_eq!(level(TOKEN, debug).status, 200);
    run.wait_for_log("the new level", |line| line.message() == "log level set");
    assert!(no(&level(TOKEN, r#"{"level": "loud"}"#), 400).contains("`trace`"));
    no(&level(TOKEN, "debug"), 400);
    no(&level(TOKEN, &"x".repeat(64 << 10)), 413);

    run.folder().write("token", "another-horse-battery");
    let reload = ["POST /api/reload", "Host: localhost", &format!("Authorization: Bearer {TOKEN}")];
    let taken_in = http::tcp(port, &reload, "");
    assert_eq!((taken_in.status, &taken_in.json()["result"]), (200, &"taken_in".into()));
    no(&level(TOKEN, debug), 401);
    assert_eq!(level("another-horse-battery", debug).status, 200);
    assert!(run.log().lines().iter().all(|line| !line.text().contains("horse")), "a token is in the log");
}

#[test]
fn the_control_socket_is_its_groups_and_a_stale_one_is_replaced() {
    let scene = Scene::bare(BINARY, "socket", "127.0.0.1:1");
    let files = scene.files(&scene.pipeline("")).setting("admin: {listen: null}");
    let mut run = files.start();
    wait_listening(&run);
    let mode =
        || std::fs::metadata(files.socket()).expect("the socket is there").permissions().mode() & 0o777;
    assert_eq!(mode(), 0o660);
    run.kill();
    assert!(files.socket().exists(), "a killed daemon leaves its socket");

    let mut run = files.start();
    wait_listening(&run);
    assert_eq!((mode(), http::unix(&files.socket(), "GET /livez", "").status), (0o660, 200));

    let mut second = files.start();
    wait_listening(&second);
    let warned = second.wait_for_log("the warning", |line| line.message() == "runs without a control socket");
    assert!(warned.field("reason").contains("--socket"), "{}", warned.text());
    let started = || http::unix(&files.socket(), "GET /api/daemon", "").json()["started_at_ms"].clone();
    let first = started();
    second.stop();
    assert_eq!(started(), first, "the first one still answers");

    let own = files.folder().path().join("own.sock");
    let mut third = files.start_with(&["--socket", "own.sock"]);
    wait_listening(&third);
    assert_eq!(http::unix(&own, "GET /livez", "").status, 200);
    third.stop();
    run.stop();
    assert!(!own.exists() && !files.socket().exists(), "a daemon takes its socket with it");
}

#[test]
fn an_address_that_is_taken_is_a_wrong_configuration() {
    let port = ports::free();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", port)).expect("it was free");
    let scene = Scene::bare(BINARY, "taken", "127.0.0.1:1");
    let files = scene.files(&scene.pipeline("")).setting(&format!("admin: {{listen: 127.0.0.1:{port}}}"));
    let mut run = files.start();
    assert_eq!(run.wait_exit(), 78);
    let error = run.wait_for_log("why", |line| line.message().contains("`admin.listen`"));
    assert!(error.text().contains(&port.to_string()), "{}", error.text());
}

#[test]
fn clients_that_misbehave_hurt_nobody() {
    let (scene, mut run, port) = listening("garbage", "");
    for garbage in [
        &b"\0\x01\x02 garbage\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n\r\n\r\n\r\nx\r\n\r\n",
    ] {
        let mut stream = http::connect(port);
        stream.write_all(garbage).expect("the daemon takes bytes");
        stream.shutdown(std::net::Shutdown::Write).expect("it is open");
        let answer = http::read(&mut stream);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let huge = format!("X: {}", "x".repeat(200 << 10));
    assert_eq!(http::tcp(port, &["GET /livez", "Host: localhost", &huge], "").status, 431);

    // More than are served at a time, none of which ever says anything.
    let silent: Vec<_> = (0..100).map(|_| http::connect(port)).collect();
    let socket = run.folder().path().join("control.sock");
    assert_eq!(http::unix(&socket, "GET /livez", "").status, 200, "the control socket has places of its own");
    // They are let go for their silence, and those that wait are served.
    assert_eq!(get(port, "/livez").status, 200);
    drop(silent);
    assert_eq!(get(port, &format!("/api/pipelines/{}", scene.name)).status, 200);
    run.stop();
}
