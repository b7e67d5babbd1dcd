//! One librdkafka client, owned: made, asked and destroyed. Its log lines go to tracing.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int};

use rdkafka::bindings as rd;
use rdkafka::bindings::rd_kafka_resp_err_t as Code;

use super::error::KafkaError;

/// Room for librdkafka's error texts, in bytes; its own examples use as much.
const ERROR_TEXT_BYTES: usize = 512;

/// The version of the librdkafka that is linked in, such as `2.12.1`.
pub fn librdkafka_version() -> String {
    // SAFETY: gives a static string.
    unsafe { CStr::from_ptr(rd::rd_kafka_version_str()).to_string_lossy().into_owned() }
}

/// An owned client. All its calls are thread-safe by librdkafka's contract.
#[derive(Debug)]
pub(super) struct Native(*mut rd::rd_kafka_t);

// SAFETY: rd_kafka_t may be used from any thread (librdkafka's INTRODUCTION.md, "Threads and callbacks").
unsafe impl Send for Native {}

impl Native {
    /// Makes a client from its properties; `events` are the kinds that its queues hand over.
    pub(super) fn new(
        kind: rd::rd_kafka_type_t,
        properties: &BTreeMap<String, String>,
        events: i32,
    ) -> Result<Self, KafkaError> {
        let conf = Conf::new(properties)?;
        // SAFETY: the conf is live; on success the client takes it over, on failure it stays ours.
        unsafe {
            rd::rd_kafka_conf_set_events(conf.0, events);
            rd::rd_kafka_conf_set_log_cb(conf.0, Some(log));
            let mut text = [0 as c_char; ERROR_TEXT_BYTES];
            let client = rd::rd_kafka_new(kind, conf.0, text.as_mut_ptr(), text.len());
            if client.is_null() {
                let code = rd::rd_kafka_last_error();
                return Err(KafkaError::with_text(code, CStr::from_ptr(text.as_ptr()).to_string_lossy()));
            }
            std::mem::forget(conf);
            Ok(Self(client))
        }
    }

    pub(super) fn ptr(&self) -> *mut rd::rd_kafka_t {
        self.0
    }

    /// The fatal error that ended this client, if one did.
    pub(super) fn fatal_error(&self) -> Option<KafkaError> {
        let mut text = [0 as c_char; ERROR_TEXT_BYTES];
        // SAFETY: the client is live and the buffer has the length that is told.
        unsafe {
            let code = rd::rd_kafka_fatal_error(self.0, text.as_mut_ptr(), text.len());
            if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                return None;
            }
            Some(KafkaError::with_text(code, CStr::from_ptr(text.as_ptr()).to_string_lossy()))
        }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once. A consumer was closed before (or is abandoned): without this flag
        // destroying would close it again and wait for the brokers (rdkafka.h, rd_kafka_destroy_flags).
        unsafe { rd::rd_kafka_destroy_flags(self.0, rd::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE as c_int) }
    }
}

struct Conf(*mut rd::rd_kafka_conf_t);

impl Conf {
    fn new(properties: &BTreeMap<String, String>) -> Result<Self, KafkaError> {
        // SAFETY: a fresh configuration that we own.
        let conf = Self(unsafe { rd::rd_kafka_conf_new() });
        for (name, value) in properties {
            conf.set(name, value)?;
        }
        Ok(conf)
    }

    fn set(&self, name: &str, value: &str) -> Result<(), KafkaError> {
        let invalid = |text: String| KafkaError::with_text(Code::RD_KAFKA_RESP_ERR__INVALID_ARG, text);
        let nul = |_| invalid(format!("the value of {name} holds a NUL byte"));
        let c_name = CString::new(name).map_err(nul)?;
        let c_value = CString::new(value).map_err(nul)?;
        let mut text = [0 as c_char; ERROR_TEXT_BYTES];
        // SAFETY: the conf and both strings are live, the buffer has the length that is told.
        unsafe {
            let result = rd::rd_kafka_conf_set(
                self.0,
                c_name.as_ptr(),
                c_value.as_ptr(),
                text.as_mut_ptr(),
                text.len(),
            );
            if result == rd::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
                return Ok(());
            }
            Err(invalid(CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()))
        }
    }
}

impl Drop for Conf {
    fn drop(&mut self) {
        // SAFETY: owned; forgotten where a client took it over.
        unsafe { rd::rd_kafka_conf_destroy(self.0) }
    }
}

/// librdkafka's own log, called from its threads, with syslog's levels. What matters of it reaches the lane as an
/// event, which is told once and with what follows from it; the lines themselves are for who debugs.
unsafe extern "C" fn log(
    _client: *const rd::rd_kafka_t,
    level: c_int,
    facility: *const c_char,
    text: *const c_char,
) {
    // SAFETY: librdkafka gives NUL-terminated strings that live through the call.
    let (facility, text) =
        unsafe { (CStr::from_ptr(facility).to_string_lossy(), CStr::from_ptr(text).to_string_lossy()) };
    tracing::debug!(target: "librdkafka", level, facility = %facility, "{text}");
}
