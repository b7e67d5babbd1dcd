//! Child processes that never outlive the process that started them, and the signals sent to them.

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::ptr;
use std::sync::mpsc;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

pub use libc::{SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGSTOP, SIGTERM};

type Order = (Command, mpsc::Sender<io::Result<Child>>);

/// Starts `command` so that the kernel kills it when this process ends, however it ends. The child begins with
/// no signal blocked, whatever this process blocks.
pub fn spawn(mut command: Command) -> io::Result<Child> {
    // SAFETY: the three calls are async-signal-safe and touch only the child's own state and stack.
    unsafe {
        command.pre_exec(|| {
            let mut none = MaybeUninit::uninit();
            libc::sigemptyset(none.as_mut_ptr());
            libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut());
            let failed = libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
        });
    }
    let (reply, started) = mpsc::channel();
    let nursery = nursery().lock().expect("no one panics while ordering a process");
    nursery.send((command, reply)).expect("the nursery lives as long as the process");
    drop(nursery);
    started.recv().expect("the nursery answers every order")
}

/// The thread that starts all children: PR_SET_PDEATHSIG fires when the *thread* that started a child ends, and
/// tests end long before their process does.
fn nursery() -> &'static Mutex<mpsc::Sender<Order>> {
    static NURSERY: OnceLock<Mutex<mpsc::Sender<Order>>> = OnceLock::new();
    NURSERY.get_or_init(|| {
        let (orders, inbox) = mpsc::channel::<Order>();
        let serve = move || {
            for (mut command, reply) in inbox {
                // Who no longer waits for the answer needs no child.
                let _ = reply.send(command.spawn());
            }
        };
        thread::Builder::new().name("nursery".into()).spawn(serve).expect("a thread can be started");
        Mutex::new(orders)
    })
}

/// Sends a signal to a child that has not been waited for.
pub fn signal(child: &Child, signal: i32) {
    let pid = libc::pid_t::try_from(child.id()).expect("a process id fits its type");
    // SAFETY: kill takes plain numbers. The child was not waited for, so its id cannot be another's yet.
    let result = unsafe { libc::kill(pid, signal) };
    assert_eq!(result, 0, "signal {signal} to process {pid}: {}", io::Error::last_os_error());
}

/// Waits for the end of a child; `None` when it runs on after `patience`.
pub fn wait_for_exit(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        if begun.elapsed() >= patience {
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Kills a child and waits for its end; one that is gone already is no error.
pub fn kill(child: &mut Child) {
    // Both fail only where the child is gone already, which is what is wanted.
    let _ = child.kill();
    let _ = child.wait();
}

/// Resident memory of a process in bytes, without the pages that it shares with files; `None` when it is gone.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
