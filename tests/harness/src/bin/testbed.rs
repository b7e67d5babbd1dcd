//! Brokers and registries for people and scripts.
//!
//! - `testbed run COMMAND…` starts a broker and a schema registry, runs the command with `KAFKA_BOOTSTRAP` and
//!   `SCHEMA_REGISTRY_URL` set, stops both and exits as the command did.
//! - `testbed broker` starts both, prints the lines that make tests use them, and stays until it is told to end.
//!
//! A registry that `SCHEMA_REGISTRY_URL` names already is used instead. However this process ends, both end with it.

use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::ptr;

use millstream_harness::broker::Broker;
use millstream_harness::registry;

fn main() -> ExitCode {
    // Before any thread is started: threads inherit the mask, so only `next_signal` sees these.
    let signals = block_signals();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((first, [])) if first == "broker" => stay(&signals),
        Some((first, command)) if first == "run" && !command.is_empty() => run(command, &signals),
        _ => {
            eprintln!("usage: testbed broker | testbed run COMMAND…");
            ExitCode::from(64)
        }
    }
}

fn stay(signals: &libc::sigset_t) -> ExitCode {
    let (broker, registry) = start_servers();
    println!("export KAFKA_BOOTSTRAP={}", broker.bootstrap());
    println!("export SCHEMA_REGISTRY_URL={registry}");
    io::stdout().flush().expect("standard output can be written");
    eprintln!("a broker and a schema registry run until this process ends (Ctrl-C)");
    while next_signal(signals) == libc::SIGCHLD {}
    ExitCode::SUCCESS
}

fn run(command: &[String], signals: &libc::sigset_t) -> ExitCode {
    let (broker, registry) = start_servers();
    let mut child = start(command, broker.bootstrap(), registry, signals)
        .unwrap_or_else(|error| panic!("run {}: {error}", command[0]));
    let mut told_to_end = None;
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        let signal = next_signal(signals);
        if signal != libc::SIGCHLD {
            told_to_end = Some(signal);
            signal_group(&child, signal);
        }
    };
    if told_to_end.is_some() {
        // What the command started and did not end itself.
        signal_group(&child, libc::SIGKILL);
    }
    drop(broker);
    exit_code(status)
}

/// Both at once: each waits for a JVM.
fn start_servers() -> (Broker, &'static str) {
    let registry = std::thread::spawn(registry::shared);
    let broker = Broker::start_own();
    (broker, registry.join().unwrap_or_else(|_| panic!("the schema registry did not start")))
}

/// Starts the command as the leader of a process group, so that all it starts can be ended with it.
fn start(command: &[String], bootstrap: &str, registry: &str, signals: &libc::sigset_t) -> io::Result<Child> {
    let unblocked = *signals;
    let mut child = Command::new(&command[0]);
    child.args(&command[1..]).process_group(0);
    child.env("KAFKA_BOOTSTRAP", bootstrap).env("SCHEMA_REGISTRY_URL", registry);
    // SAFETY: sigprocmask and prctl are async-signal-safe and touch only the child's own state.
    unsafe {
        child.pre_exec(move || {
            libc::sigprocmask(libc::SIG_UNBLOCK, &unblocked, ptr::null_mut());
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM);
            Ok(())
        });
    }
    child.spawn()
}

fn signal_group(leader: &Child, signal: i32) {
    let group = libc::pid_t::try_from(leader.id()).expect("a process id fits its type");
    // SAFETY: plain numbers. A group that is gone is no error: there is nothing left to end.
    unsafe { libc::kill(-group, signal) };
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

fn block_signals() -> libc::sigset_t {
    let mut signals = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set; the others take it as initialised.
    unsafe {
        libc::sigemptyset(signals.as_mut_ptr());
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGCHLD] {
            libc::sigaddset(signals.as_mut_ptr(), signal);
        }
        libc::sigprocmask(libc::SIG_BLOCK, signals.as_ptr(), ptr::null_mut());
        signals.assume_init()
    }
}

fn next_signal(signals: &libc::sigset_t) -> i32 {
    let mut signal = 0;
    // SAFETY: both point to live values.
    let failed = unsafe { libc::sigwait(signals, &mut signal) };
    assert_eq!(failed, 0, "sigwait on a valid set does not fail");
    signal
}
