//! Under a real systemd, installed by `make install` into a container: start, reload, watchdog, stop, crash, credentials.
//!
//! One container serves all tests, one after another. Where this machine cannot boot one, they are skipped, and each
//! says why.

mod credentials;
mod life;
mod load;
mod logs;
mod package;
mod reload;
mod service;

/// The daemon under test.
const BINARY: &str = env!("CARGO_BIN_EXE_millstream");

/// The service in its container, stopped and without pipelines; or the reason on standard error, and the test ends.
macro_rules! take_service {
    () => {
        match crate::service::Service::take() {
            Ok(service) => service,
            Err(reason) => {
                // Not by a macro that tests capture: a skipped test must be seen.
                use std::io::Write;
                let _ = writeln!(std::io::stderr(), "skipped: {reason}");
                return;
            }
        }
    };
}
pub(crate) use take_service;
