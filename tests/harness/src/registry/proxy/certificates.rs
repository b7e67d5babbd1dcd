//! Certificates for one proxy: an authority of its own, the server's, and a client's.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;

use crate::unique::Folder;

/// The server's side of TLS, and the files that a client needs.
pub(super) struct Certificates {
    folder: Folder,
    pub(super) server: Arc<rustls::ServerConfig>,
}

impl Certificates {
    pub(super) fn new(client_needed: bool) -> Self {
        let folder = Folder::new("certificates");
        let key = || KeyPair::generate().expect("ring makes keys");
        let mut authority = CertificateParams::new(Vec::new()).expect("no names are valid names");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = key();
        let ca = authority.self_signed(&authority_key).expect("an authority signs itself");
        let issuer = Issuer::new(authority, authority_key);

        let (server_key, client_key) = (key(), key());
        let server = params("127.0.0.1", ExtendedKeyUsagePurpose::ServerAuth);
        let server = server.signed_by(&server_key, &issuer).expect("the authority signs");
        let client = params("client", ExtendedKeyUsagePurpose::ClientAuth);
        let client = client.signed_by(&client_key, &issuer).expect("the authority signs");
        folder.write("ca.pem", &ca.pem());
        folder.write("client.pem", &client.pem());
        folder.write("client.key", &client_key.serialize_pem());

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(ca.der().clone()).expect("the authority's certificate is one");
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("ring knows the protocols");
        let builder = if client_needed {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("the authority is a root"))
        } else {
            builder.with_no_client_auth()
        };
        let secret = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let config = builder.with_single_cert(vec![server.der().clone()], secret);
        Self { folder, server: Arc::new(config.expect("key and certificate belong together")) }
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn params(name: &str, purpose: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name without signs is valid");
    params.extended_key_usages.push(purpose);
    params
}
