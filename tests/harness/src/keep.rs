//! Servers that live as long as this process: killed by the kernel with it however it ends, and dropped, with their
//! folders, when it exits.

use std::any::Any;
use std::sync::Mutex;

static OF_THIS_PROCESS: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());

/// Keeps `server` until this process exits.
pub(crate) fn for_this_process(server: impl Any + Send) {
    let mut kept = OF_THIS_PROCESS.lock().expect("nothing panics while it holds the servers");
    if kept.is_empty() {
        // SAFETY: the handler is a plain function that lives as long as the program. Where it cannot be
        // registered, only a temporary folder stays behind.
        unsafe { libc::atexit(remove_at_exit) };
    }
    kept.push(Box::new(server));
}

extern "C" fn remove_at_exit() {
    if let Ok(mut kept) = OF_THIS_PROCESS.lock() {
        kept.clear();
    }
}
