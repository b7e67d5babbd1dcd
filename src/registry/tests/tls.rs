//! TLS: authorities of one's own, and certificates of clients.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::*;

/// An authority, and what it vouches for.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate"),
        )
    }

    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        (params.signed_by(&key, &self.0).expect("a certificate"), key)
    }

    fn server(&self, wants_clients: bool) -> ServerConfig {
        let (certificate, key) = self.issue("127.0.0.1");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("they are known");
        let builder = if wants_clients {
            let mut roots = RootCertStore::empty();
            roots.add(self.0.der().clone()).expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        builder.with_single_cert(vec![certificate.der().clone()], key).expect("they fit")
    }
}

fn https(fake: &Fake) -> String {
    format!("https://{}", fake.address)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_trusted_and_no_other() {
    let (authority, other) = (Authority::new(), Authority::new());
    let folder = Folder::new("tls");
    let fake = Fake::with_tls(authority.server(false)).await;
    fake.json("GET /schemas/ids/7", told(LONG));
    let mut spec = spec(&[https(&fake)]);
    spec.ca = Some(folder.write("other.pem", &other.0.pem()));
    let reason = Asker::new(&spec).held_up(7);
    assert!(reason.contains("cannot be reached: invalid peer certificate"), "{reason}");
    let both = format!("{}{}", other.0.pem(), authority.0.pem());
    spec.ca = Some(folder.write("both.pem", &both));
    Asker::new(&spec).ready(7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_its_certificate() {
    let authority = Authority::new();
    let folder = Folder::new("tls");
    let fake = Fake::with_tls(authority.server(true)).await;
    fake.json("GET /schemas/ids/7", told(LONG));
    let mut spec = spec(&[https(&fake)]);
    spec.ca = Some(folder.write("ca.pem", &authority.0.pem()));
    let reason = Asker::new(&spec).held_up(7);
    assert!(reason.contains("CertificateRequired"), "{reason}");
    let (certificate, key) = authority.issue("client");
    // Without a line's end at its end, as some tools write it.
    let certificate = folder.write("client.pem", certificate.pem().trim_end());
    spec.client = Some((certificate, folder.write("client.key", &key.serialize_pem())));
    Asker::new(&spec).ready(7);
}

#[tokio::test(flavor = "multi_thread")]
async fn renewed_certificates_are_taken_in_when_the_old_ones_are_refused() {
    let (authority, old) = (Authority::new(), Authority::new());
    let folder = Folder::new("tls");
    let fake = Fake::with_tls(authority.server(true)).await;
    fake.json("GET /schemas/ids/7", told(LONG));
    let mut spec = spec(&[https(&fake)]);
    let write = |by: &Authority| {
        let (certificate, key) = by.issue("client");
        let paths = [folder.path().join("client.pem"), folder.path().join("client.key")];
        std::fs::write(&paths[1], key.serialize_pem()).expect("it is written");
        std::fs::write(&paths[0], certificate.pem()).expect("it is written");
        let [certificate, key] = paths;
        Some((certificate, key))
    };
    spec.ca = Some(folder.write("ca.pem", &authority.0.pem()));
    spec.client = write(&old);
    let asker = Asker::new(&spec);
    asker.held_up(7);
    write(&authority);
    asker.ready(7);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_certificates_are_an_outage_that_names_them_and_shows_nothing_of_them() {
    let folder = Folder::new("tls");
    let held_up = |spec: &RegistrySpec| Asker::new(spec).held_up(7);
    let mut one = spec(&["https://127.0.0.1:1".to_owned()]);
    one.ca = Some(folder.path().join("nowhere.pem"));
    let reason = held_up(&one);
    assert!(
        reason.contains("cannot be asked: cannot read ") && reason.contains("nowhere.pem: No such file"),
        "{reason}"
    );
    one.ca = Some(folder.write("empty.pem", "hunter2"));
    let reason = held_up(&one);
    assert!(reason.contains("no certificate in ") && !reason.contains("hunter2"), "{reason}");
    one.ca = None;
    one.client = Some((folder.write("a.pem", "hunter2"), folder.write("a.key", "hunter2")));
    let reason = held_up(&one);
    assert!(reason.contains("no certificate and key in ") && !reason.contains("hunter2"), "{reason}");
    let no_address = Registry::open(&spec(&[]), folder.path(), &Handle::current());
    assert_eq!(no_address.expect_err("no address"), "no address of a registry");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_come_after_the_start_are_taken_in() {
    let authority = Authority::new();
    let folder = Folder::new("tls");
    let fake = Fake::with_tls(authority.server(false)).await;
    fake.json("GET /schemas/ids/7", told(LONG));
    let mut spec = spec(&[https(&fake)]);
    spec.ca = Some(folder.path().join("ca.pem"));
    let asker = Asker::new(&spec);
    asker.held_up(7);
    folder.write("ca.pem", &authority.0.pem());
    asker.ready(7);
}
