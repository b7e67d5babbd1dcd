//! Every Kafka error that Millstream meets, and the one place that says what kind of error it is.

use std::ffi::CStr;
use std::fmt;

use rdkafka::bindings as rd;
use rdkafka::bindings::rd_kafka_resp_err_t as Code;

/// An error of librdkafka or of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaError {
    code: Code,
    text: String,
}

/// What kind of error it is, which decides what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The world is broken, now: wait, back off, try again.
    Outage,
    /// A batch was refused because of what is in it: whose fault it is shows when each record is sent alone.
    Refused,
    /// Group membership changed under a commit: the next assignment says what to do.
    Rebalance,
    /// A newer instance has taken over: start anew.
    Fenced,
    /// The client cannot go on: a new one is needed.
    Fatal,
    /// We purged it ourselves.
    Purged,
}

impl KafkaError {
    /// An error by its code, with librdkafka's own description.
    pub(super) fn from_code(code: Code) -> Self {
        Self { code, text: describe(code) }
    }

    /// An error by its code, with the words that came with it.
    pub(super) fn with_text(code: Code, text: impl Into<String>) -> Self {
        let mut text = text.into();
        // librdkafka tells how long a connection lived and how often it said the same: no two errors would be equal.
        if let Some(at) = text.rfind(" (after ").filter(|at| text[*at..].contains("ms in state ")) {
            text.truncate(at);
        }
        if text.is_empty() { Self::from_code(code) } else { Self { code, text } }
    }

    /// Ok where `code` is no error.
    pub(super) fn check(code: Code) -> Result<(), Self> {
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(()) } else { Err(Self::from_code(code)) }
    }

    /// Takes over an error object of librdkafka; null is no error.
    ///
    /// # Safety
    ///
    /// `error` is null or an error that the caller owns.
    pub(super) unsafe fn check_object(error: *mut rd::rd_kafka_error_t) -> Result<(), Self> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: the caller owns a live error; it is read before it is destroyed, once.
        unsafe {
            let code = rd::rd_kafka_error_code(error);
            let text = CStr::from_ptr(rd::rd_kafka_error_string(error)).to_string_lossy().into_owned();
            rd::rd_kafka_error_destroy(error);
            Err(Self::with_text(code, text))
        }
    }

    /// The short name of the code, such as `MSG_SIZE_TOO_LARGE`.
    pub fn name(&self) -> String {
        // SAFETY: err2name gives a pointer to a static string for any code.
        unsafe { CStr::from_ptr(rd::rd_kafka_err2name(self.code)).to_string_lossy().into_owned() }
    }

    /// What kind of error it is.
    pub fn class(&self) -> ErrorClass {
        classify(self.code)
    }

    /// The topic or partition is not there (or not there yet).
    pub fn is_unknown_topic(&self) -> bool {
        matches!(
            self.code,
            Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
                | Code::RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC
                | Code::RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION
        )
    }

    /// Nothing is committed for the partition, or what is committed is out of range (`auto.offset.reset=error`).
    pub fn is_no_position(&self) -> bool {
        self.code == Code::RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET
    }

    /// The topic exists already.
    pub fn is_topic_exists(&self) -> bool {
        self.code == Code::RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
    }

    /// A commit had nothing to commit.
    pub fn is_no_offset(&self) -> bool {
        self.code == Code::RD_KAFKA_RESP_ERR__NO_OFFSET
    }

    /// The brokers do not let this client in: a wrong password, or a certificate that one side does not trust.
    pub fn is_denied(&self) -> bool {
        matches!(
            self.code,
            Code::RD_KAFKA_RESP_ERR__AUTHENTICATION
                | Code::RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED
                | Code::RD_KAFKA_RESP_ERR__SSL
        )
    }

    /// One record is larger than the client allows.
    pub(super) fn is_too_large(&self) -> bool {
        self.code == Code::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
    }

    /// No broker is connected.
    pub fn is_all_brokers_down(&self) -> bool {
        self.code == Code::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
    }

    /// Brokers that come and go: told again and again in an outage, so information rather than an event.
    pub fn is_connection_noise(&self) -> bool {
        matches!(
            self.code,
            Code::RD_KAFKA_RESP_ERR__TRANSPORT
                | Code::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
                | Code::RD_KAFKA_RESP_ERR__RESOLVE
                | Code::RD_KAFKA_RESP_ERR__TIMED_OUT
        )
    }
}

impl fmt::Display for KafkaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.name())
    }
}

impl std::error::Error for KafkaError {}

fn describe(code: Code) -> String {
    // SAFETY: err2str gives a pointer to a static string for any code.
    unsafe { CStr::from_ptr(rd::rd_kafka_err2str(code)).to_string_lossy().into_owned() }
}

/// The whole space of errors, sorted. What is not named is an outage: waiting and trying again loses nothing,
/// while a dead letter for a healthy record would be a lie.
fn classify(code: Code) -> ErrorClass {
    match code {
        // What a broker answers because of what is in a batch (ProduceResponse errors that no retry can heal).
        Code::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
        | Code::RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE
        | Code::RD_KAFKA_RESP_ERR_INVALID_MSG
        | Code::RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE
        | Code::RD_KAFKA_RESP_ERR_INVALID_RECORD
        | Code::RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP => ErrorClass::Refused,

        Code::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS
        | Code::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION
        | Code::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
        | Code::RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH
        | Code::RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST => ErrorClass::Rebalance,

        Code::RD_KAFKA_RESP_ERR__FENCED
        | Code::RD_KAFKA_RESP_ERR_PRODUCER_FENCED
        | Code::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
        | Code::RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID
        | Code::RD_KAFKA_RESP_ERR_FENCED_MEMBER_EPOCH => ErrorClass::Fenced,

        Code::RD_KAFKA_RESP_ERR__FATAL
        | Code::RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE
        | Code::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER
        | Code::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID => ErrorClass::Fatal,

        Code::RD_KAFKA_RESP_ERR__PURGE_QUEUE | Code::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT => ErrorClass::Purged,

        _ => ErrorClass::Outage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_batch_is_refused_and_the_world_is_an_outage() {
        let class = |code| KafkaError::from_code(code).class();
        assert_eq!(class(Code::RD_KAFKA_RESP_ERR_INVALID_RECORD), ErrorClass::Refused);
        assert_eq!(class(Code::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS), ErrorClass::Outage);
        assert_eq!(class(Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), ErrorClass::Outage);
        assert_eq!(class(Code::RD_KAFKA_RESP_ERR__AUTHENTICATION), ErrorClass::Outage);
        assert_eq!(class(Code::RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE), ErrorClass::Fatal);
    }

    #[test]
    fn what_is_said_again_and_again_is_the_same_error() {
        let error = |suffix: &str| {
            let text = format!("sasl_plaintext://b:1/bootstrap: Authentication failed{suffix}");
            KafkaError::with_text(Code::RD_KAFKA_RESP_ERR__AUTHENTICATION, text)
        };
        let told = error(" (after 409ms in state AUTH_REQ)");
        assert_eq!(told, error(" (after 301ms in state AUTH_REQ, 1 identical error(s) suppressed)"));
        assert_eq!(told, error(""));
        assert!(told.is_denied());
    }

    #[test]
    fn an_error_says_its_name() {
        let error = KafkaError::from_code(Code::RD_KAFKA_RESP_ERR_INVALID_RECORD);
        assert!(error.to_string().ends_with("(INVALID_RECORD)"), "{error}");
    }
}
