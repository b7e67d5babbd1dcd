//! The log as journald takes it: each line with its level as priority and its fields as fields of the journal.
//!
//! A field is there under its own name in capitals: `pipeline` is `PIPELINE`, so `journalctl PIPELINE=orders-eu` finds it.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use tracing_journald::{Layer, Priority, PriorityMappings};

/// Whether standard error is the stream that the service manager has connected to the journal.
pub(super) fn is_on_stderr() -> bool {
    let Some(named) = std::env::var_os("JOURNAL_STREAM") else { return false };
    // A child that inherits the variable may have its standard error elsewhere: the file itself must be the one named.
    let stderr = std::io::stderr().as_fd().try_clone_to_owned().map(File::from);
    stderr.and_then(|file| file.metadata()).is_ok_and(|file| names(&named, file.dev(), file.ino()))
}

/// Whether `DEVICE:INODE` is this file.
fn names(stream: &OsStr, device: u64, inode: u64) -> bool {
    stream
        .to_str()
        .and_then(|text| text.split_once(':'))
        .is_some_and(|(of_device, of_inode)| of_device.parse() == Ok(device) && of_inode.parse() == Ok(inode))
}

/// The layer; `None` where the journal cannot be reached.
pub(super) fn layer() -> Option<Layer> {
    // What people look for daily is `info`; the crate's own mapping calls that a notice.
    let priorities = PriorityMappings {
        info: Priority::Informational,
        debug: Priority::Debug,
        trace: Priority::Debug,
        ..PriorityMappings::new()
    };
    let layer = Layer::new().ok()?;
    let layer = layer.with_field_prefix(None).with_priority_mappings(priorities);
    Some(layer.with_syslog_identifier(env!("CARGO_PKG_NAME").to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_named_by_device_and_inode() {
        let named = |text: &str| names(OsStr::new(text), 9, 4711);
        assert!(named("9:4711"));
        for other in ["9:4712", "8:4711", "9", "", "9:", "nine:4711", "9:4711:1"] {
            assert!(!named(other), "{other}");
        }
    }
}
