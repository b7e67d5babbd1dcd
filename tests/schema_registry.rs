//! The registry client as a library, against a real registry and with faults before it.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use millstream::codec::avro::Schema;
use millstream::config::spec::{
    AvroEncoding, Extra, Register, RegistryAuth, RegistrySpec, Secret, SinkSchema,
};
use millstream::registry::{Lookup, Registry, SinkLookup, SinkProbe, Wake};
use millstream_harness::registry::{Client, Mode, Proxy, Reference, shared};
use millstream_harness::unique::{self, Folder};

/// The longest that a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

fn spec(url: &str) -> RegistrySpec {
    RegistrySpec {
        urls: vec![url.to_owned()],
        auth: RegistryAuth::None,
        ca: None,
        client: None,
        timeout: Duration::from_secs(10),
        missing_grace: Duration::from_millis(500),
    }
}

/// A registry as a lane uses it.
struct Asker {
    registry: Registry,
    wake: Wake,
    woken: Receiver<()>,
}

impl Asker {
    fn new(spec: &RegistrySpec, state: &Folder) -> Self {
        let runtime = tokio::runtime::Handle::current();
        let registry = Registry::open(spec, state.path(), &runtime).expect("it opens");
        let (sender, woken) = mpsc::channel();
        let wake: Wake = Arc::new(move || {
            let _ = sender.send(());
        });
        Self { registry, wake, woken }
    }

    fn schema(&self, id: u32, wanted: impl Fn(&Lookup) -> bool) -> Lookup {
        loop {
            let said = self.registry.schema(id, &self.wake);
            if wanted(&said) {
                return said;
            }
            self.woken.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nobody is woken: {said:?}"));
        }
    }

    fn sink(&self, encoding: &AvroEncoding) -> SinkLookup {
        loop {
            let said = self.registry.sink(encoding, &self.wake);
            if !matches!(said, SinkLookup::Waiting(_)) {
                return said;
            }
            self.woken.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nobody is woken: {said:?}"));
        }
    }
}

fn is_ready(said: &Lookup) -> bool {
    matches!(said, Lookup::Ready(_))
}

fn record(fields: &[&str]) -> String {
    let fields: Vec<_> =
        fields.iter().map(|name| format!(r#"{{"name": "{name}", "type": "long"}}"#)).collect();
    format!("{{\"type\": \"record\", \"name\": \"a.R\",\n \"fields\": [{}]}}", fields.join(", "))
}

fn by_file(subject: &str, schema: &str, register: Register) -> AvroEncoding {
    let schema = SinkSchema::File(Arc::new(Schema::parse(schema, &[]).expect("it is a schema")));
    AvroEncoding { schema, subject: subject.to_owned(), register, extra: Extra::Error }
}

fn pinned(subject: &str, version: u32) -> AvroEncoding {
    let schema = SinkSchema::Version(version);
    AvroEncoding { schema, subject: subject.to_owned(), register: Register::Never, extra: Extra::Error }
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_come_with_their_references_and_unknown_ids_are_poison() {
    let (client, state) = (Client::shared(), Folder::new("registry"));
    let (deep, middle, top) = (unique::name("de/ep ä"), unique::name("middle"), unique::name("top"));
    let holds = |name: &str, of: &str| {
        format!(r#"{{"type": "record", "name": "a.{name}", "fields": [{{"name": "f", "type": "a.{of}"}}]}}"#)
    };
    client.register(&deep, r#"{"type": "fixed", "name": "a.Deep", "size": 4}"#, &[]);
    client.register(&middle, &holds("Middle", "Deep"), &[Reference::to("a.Deep", &deep, 1)]);
    let id = client.register(&top, &holds("Top", "Middle"), &[Reference::to("a.Middle", &middle, 1)]);
    let asker = Asker::new(&spec(shared()), &state);
    let Lookup::Ready(schema) = asker.schema(id, is_ready) else { unreachable!("it was waited for") };
    assert_eq!(schema.full_name(), Some("a.Top"));
    let said = asker.schema(2_000_000_000, |said| !matches!(said, Lookup::Waiting(_)));
    assert!(matches!(said, Lookup::Poison("schema_id_unknown", _)), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sinks_are_looked_up_registered_and_refused_by_the_rule() {
    let (client, state, subject) = (Client::shared(), Folder::new("registry"), unique::name("s/ink ü"));
    let asker = Asker::new(&spec(shared()), &state);
    let probe = async |encoding: &AvroEncoding| asker.registry.probe_sink(encoding).await;
    asker.registry.probe_reach().await.expect("it answers");
    let one = |register| by_file(&subject, &record(&["n"]), register);
    let said = probe(&one(Register::Never)).await;
    assert!(matches!(said, SinkProbe::Missing(_)), "{said:?}");
    let said = probe(&one(Register::IfMissing)).await;
    assert!(matches!(said, SinkProbe::WouldRegister), "{said:?}");
    let said = asker.sink(&one(Register::Never));
    assert!(matches!(said, SinkLookup::Refused(_)), "{said:?}");
    assert_eq!(client.versions(&subject), [0; 0], "nothing was registered so far");

    let SinkLookup::Ready(id, _) = asker.sink(&one(Register::IfMissing)) else { panic!("not registered") };
    assert_eq!(client.look_up(&subject, &record(&["n"]), &[]), Some((id, 1)));
    // The same schema in another spelling is no second version.
    let spelled = by_file(&subject, &record(&["n"]).replace([' ', '\n'], ""), Register::IfMissing);
    assert!(matches!(asker.sink(&spelled), SinkLookup::Ready(same, _) if same == id));
    assert!(matches!(asker.sink(&pinned(&subject, 1)), SinkLookup::Ready(same, _) if same == id));
    assert!(matches!(asker.sink(&pinned(&subject, 9)), SinkLookup::Refused(_)));
    assert_eq!(client.versions(&subject), [1]);

    client.set_compatibility(&subject, "BACKWARD");
    let stricter = by_file(&subject, &record(&["n", "must"]), Register::IfMissing);
    let said = asker.sink(&stricter);
    let rule = format!("the compatibility rule of the subject `{subject}` refuses the sink's schema: ");
    assert!(matches!(&said, SinkLookup::Refused(why) if why.starts_with(&rule)), "{said:?}");
    let said = probe(&stricter).await;
    assert!(matches!(&said, SinkProbe::Refused(why) if why.starts_with(&rule)), "{said:?}");
    client.set_compatibility(&subject, "NONE");
    client.register(&subject, &record(&["n", "must"]), &[]);
    let said = probe(&one(Register::Never)).await;
    assert!(matches!(said, SinkProbe::Found { version: Some(1), newer: Some(2), .. }), "{said:?}");
    let versions = asker.registry.probe_versions(&subject).await.expect("an answer");
    assert_eq!(versions.iter().map(|one| one.version).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_hold_up_and_the_disk_serves_a_start_without_a_registry() {
    let (client, state, subject) = (Client::shared(), Folder::new("registry"), unique::name("fault"));
    let id = client.register(&subject, &record(&["n"]), &[]);
    let proxy = Proxy::start(shared());
    let mut spec = spec(&proxy.url());
    spec.timeout = Duration::from_secs(2);
    let faults = [
        Mode::Down,
        Mode::Hang,
        Mode::Status(500, "{}".to_owned()),
        Mode::Status(404, "<html>".to_owned()),
        Mode::Garbage(b"{\"schema\":".to_vec()),
        Mode::Raw(b"no HTTP\r\n\r\n".to_vec()),
    ];
    for fault in faults {
        // Each with an empty cache.
        let empty = Folder::new("registry");
        proxy.set(fault.clone());
        let asker = Asker::new(&spec, &empty);
        let said = asker.schema(id, |said| !matches!(said, Lookup::Waiting(None)));
        assert!(matches!(said, Lookup::Waiting(Some(_))), "{fault:?}: {said:?}");
        proxy.set(Mode::Pass);
        asker.schema(id, is_ready);
    }
    proxy.needs_basic("u", "right");
    let wrong = Asker::new(&spec, &Folder::new("registry"));
    let said = wrong.schema(id, |said| !matches!(said, Lookup::Waiting(None)));
    assert!(matches!(&said, Lookup::Waiting(Some(reason)) if reason.contains("credentials")), "{said:?}");
    drop(wrong);
    spec.auth = RegistryAuth::Basic { user: "u".to_owned(), password: Secret::new("right".to_owned()) };
    let asker = Asker::new(&spec, &state);
    asker.schema(id, is_ready);
    assert!(matches!(asker.sink(&pinned(&subject, 1)), SinkLookup::Ready(same, _) if same == id));
    drop(asker);
    proxy.set(Mode::Down);
    let cold = Asker::new(&spec, &state);
    cold.schema(id, is_ready);
    assert!(matches!(cold.sink(&pinned(&subject, 1)), SinkLookup::Ready(same, _) if same == id));
    assert_eq!(cold.registry.counts().cache_hits, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_both_sides_are_held_to() {
    let (client, state, subject) = (Client::shared(), Folder::new("registry"), unique::name("tls"));
    let id = client.register(&subject, &record(&["n"]), &[]);
    let proxy = Proxy::start_tls(shared(), true);
    let mut spec = spec(&proxy.url());
    spec.ca = Some(proxy.ca());
    let bare = Asker::new(&spec, &state);
    let said = bare.schema(id, |said| !matches!(said, Lookup::Waiting(None)));
    assert!(matches!(said, Lookup::Waiting(Some(_))), "{said:?}");
    spec.client = Some(proxy.client());
    Asker::new(&spec, &state).schema(id, is_ready);
}
