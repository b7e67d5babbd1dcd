//! How registries are connected to: TLS, certificates, time limits, redirects.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use reqwest::redirect::Policy;
use reqwest::{Certificate, Identity, Url};

use crate::config::spec::RegistrySpec;

/// The longest that a connection may take to come about.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(5);

/// Redirects followed for one request.
const REDIRECTS_MAX: usize = 3;

/// What a registry is told about who asks.
const USER_AGENT: &str = concat!("millstream/", env!("CARGO_PKG_VERSION"));

/// The HTTP client for `spec`.
///
/// # Errors
///
/// Certificates or keys that cannot be read.
pub(super) fn build(spec: &RegistrySpec) -> Result<reqwest::Client, String> {
    // One for the process, since that is where reqwest looks for it; where a program that embeds this library has chosen
    // another, that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .timeout(spec.timeout)
        .connect_timeout(spec.timeout.min(CONNECT_TIMEOUT_MAX))
        // What is talked to is what the file says, not what an environment makes of it.
        .no_proxy()
        .redirect(within_one_host());
    if let Some(path) = &spec.ca {
        let found = Certificate::from_pem_bundle(&read(path)?);
        let certificates = found.map_err(|error| unreadable("certificates", path, &error))?;
        if certificates.is_empty() {
            return Err(format!("no certificate in {}", path.display()));
        }
        builder = builder.tls_certs_only(certificates);
    } else if !spec.urls.iter().any(|url| url.starts_with("https:")) {
        // Without TLS the system's certificates need not be there.
        builder = builder.tls_certs_only([]);
    }
    if let Some((certificate, key)) = &spec.client {
        let mut pem = read(certificate)?;
        pem.push(b'\n');
        pem.extend(read(key)?);
        let identity = Identity::from_pem(&pem);
        builder = builder.identity(identity.map_err(|error| unreadable("certificate and key", key, &error))?);
    }
    builder.build().map_err(|error| format!("TLS cannot be set up: {}", deepest(&error)))
}

/// Whether the certificates and keys that `spec` names can be used, as far as can be seen here.
///
/// # Errors
///
/// A file that cannot be read, or does not hold what it must.
pub fn look_at_certificates(spec: &RegistrySpec) -> Result<(), String> {
    build(spec).map(drop)
}

/// The base address of a text.
///
/// # Errors
///
/// What is no address of a registry, in words that show no password.
pub(super) fn base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("not the address of a registry: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err("the address of a registry begins with http:// or https://, and names a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("user and password do not belong into a registry's address".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the address of a registry has neither `?` nor `#`".to_owned());
    }
    Ok(url)
}

/// When the files with certificates and keys were written last, and how long they are; other values: other files.
pub(super) type Stamp = Vec<Option<(SystemTime, u64)>>;

/// What the files of `spec` look like now.
pub(super) fn stamp(spec: &RegistrySpec) -> Stamp {
    let client = spec.client.iter().flat_map(|(certificate, key)| [certificate, key]);
    let look = |path: &PathBuf| fs::metadata(path).and_then(|data| Ok((data.modified()?, data.len()))).ok();
    spec.ca.iter().chain(client).map(look).collect()
}

/// Credentials go to nobody but the host that they are for.
fn within_one_host() -> Policy {
    Policy::custom(|attempt| {
        let from = attempt.previous().last();
        let same = from.is_some_and(|from| from.origin() == attempt.url().origin());
        if same && attempt.previous().len() <= REDIRECTS_MAX { attempt.follow() } else { attempt.stop() }
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Nothing of what a file with a key holds is told.
fn unreadable(what: &str, path: &Path, error: &reqwest::Error) -> String {
    format!("no {what} in {}: {}", path.display(), deepest(error))
}

/// What an error comes from in the end: "connection refused", not "error sending request".
pub(super) fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused_without_showing_a_password() {
        for text in ["registry:8081", "ftp://a/", "http://u:hunter2@a/", "http://a/?x=1", "http://a/#b", "x"]
        {
            let error = base(text).expect_err(text);
            assert!(!error.contains("hunter2"), "{error}");
        }
        base("https://registry:8081/apis/ccompat/v7").expect("it is one");
    }
}
