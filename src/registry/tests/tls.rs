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
async fn files_that_are_no_certificates_are_named_and_not_shown() {
    let folder = Folder::new("tls");
    let open = |spec: &RegistrySpec| Registry::open(spec, folder.path(), &Handle::current());
    let mut one = spec(&["https://127.0.0.1:1".to_owned()]);
    one.ca = Some(folder.path().join("nowhere.pem"));
    let error = open(&one).expect_err("it is not there");
    assert!(error.starts_with("cannot read ") && error.contains("nowhere.pem: No such file"), "{error}");
    one.ca = Some(folder.write("empty.pem", "hunter2"));
    let error = open(&one).expect_err("it is empty");
    assert!(error.starts_with("no certificate in ") && !error.contains("hunter2"), "{error}");
    one.ca = None;
    one.client = Some((folder.write("a.pem", "hunter2"), folder.write("a.key", "hunter2")));
    let error = open(&one).expect_err("it is empty");
    assert!(error.starts_with("no certificate and key in ") && !error.contains("hunter2"), "{error}");
    let error = open(&spec(&[])).expect_err("no address");
    assert_eq!(error, "no address of a registry");
}
