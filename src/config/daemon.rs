//! The daemon's own file.

use std::path::{Path, PathBuf};

use super::admin::{self, ADMIN};
use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape, Words};
use super::interpolate::Surroundings;
use super::kafka::{self, Properties};
use super::names;
use super::node::{Node, Value};
use super::registry::{REGISTRY, registry};
use super::source_map::{Place, SourceMap};
use super::spec::{AdminAccess, DaemonSpec, LogFormat, LogLevel};
use super::units;
use super::walk::{Fields, Walk, duration, word};

/// The keys of the daemon's file.
pub(super) static DAEMON: Element = Element {
    name: "the daemon's file",
    doc: "Millstream: the daemon's own file.",
    exactly_one: false,
    keys: &[
        Key {
            name: "instance_id",
            shape: Shape::Id,
            need: Need::Optional,
            doc: "makes the lanes static members of their groups, unique among the hosts; default: none",
        },
        Key {
            name: "kafka",
            shape: Shape::Properties,
            need: Need::Optional,
            doc: "librdkafka's properties for all pipelines",
        },
        Key {
            name: "schema_registry",
            shape: Shape::Element(&REGISTRY),
            need: Need::Optional,
            doc: "the Schema Registry, for pipelines that read or write Avro; default: none",
        },
        Key {
            name: "pipelines",
            shape: Shape::Path,
            need: Need::Default("pipelines.d"),
            doc: "the folder of the pipeline files, relative to this file",
        },
        Key {
            name: "state",
            shape: Shape::Path,
            need: Need::Default("/var/lib/millstream"),
            doc: "the folder for what must outlive a restart, relative to this file",
        },
        Key { name: "admin", shape: Shape::Element(&ADMIN), need: Need::Optional, doc: "the admin server" },
        Key {
            name: "memory",
            shape: Shape::Element(&MEMORY),
            need: Need::Optional,
            doc: "the memory for records",
        },
        Key {
            name: "shutdown",
            shape: Shape::Element(&SHUTDOWN),
            need: Need::Optional,
            doc: "how the daemon stops",
        },
        Key {
            name: "log",
            shape: Shape::Element(&LOG),
            need: Need::Optional,
            doc: "what is logged, and how",
        },
    ],
};

/// The keys of `memory:`.
pub(super) static MEMORY: Element = Element {
    name: "a memory",
    doc: "The memory for records.",
    exactly_one: false,
    keys: &[Key {
        name: "max",
        shape: Shape::Size,
        need: Need::Default("512MiB"),
        doc: "the most memory that the records of all pipelines take",
    }],
};

/// The keys of `shutdown:`.
pub(super) static SHUTDOWN: Element = Element {
    name: "a shutdown",
    doc: "How the daemon stops.",
    exactly_one: false,
    keys: &[Key {
        name: "deadline",
        shape: Shape::Duration { min_ms: 100, max_ms: 3_600_000 },
        need: Need::Default("25s"),
        doc: "the longest time for finishing what is in flight",
    }],
};

/// The keys of `log:`.
pub(super) static LOG: Element = Element {
    name: "a log",
    doc: "What is logged, and how.",
    exactly_one: false,
    keys: &[
        Key {
            name: "level",
            shape: Shape::Choice(LogLevel::words),
            need: Need::Default("info"),
            doc: "how much is logged",
        },
        Key {
            name: "format",
            shape: Shape::Choice(LogFormat::words),
            need: Need::Default("auto"),
            doc: "auto: journald under systemd, text on a terminal, else JSON",
        },
    ],
};

impl Words for LogLevel {
    const WORDS: &'static [(&'static str, LogLevel)] = &[
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
}

impl Words for LogFormat {
    const WORDS: &'static [(&'static str, LogFormat)] =
        &[("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];
}

/// The daemon's file and what other checks need of it.
pub(super) struct Daemon {
    /// The settings; `None` where something in them is wrong.
    pub spec: Option<DaemonSpec>,
    /// librdkafka's properties for all pipelines.
    pub kafka: Properties,
    /// The folder of the pipelines, and where the file names it, if it does.
    pub pipelines: Option<(PathBuf, Option<Place>)>,
    /// Where the file says what only a restart changes.
    pub places: DaemonPlaces,
}

/// Where the daemon's file says what only a restart changes, as far as it does.
#[derive(Clone, Debug, Default)]
pub(super) struct DaemonPlaces {
    path: Option<PathBuf>,
    instance_id: Option<Place>,
    state: Option<Place>,
    admin: Option<Place>,
    /// Of `memory.max`.
    pub memory: Option<Place>,
}

impl DaemonPlaces {
    fn of(walk: &Walk<'_>, fields: &Fields<'_>) -> DaemonPlaces {
        let place = |name: &str| fields.node(name).map(|node| node.place);
        DaemonPlaces {
            path: Some(walk.sources.path(fields.place().file).to_path_buf()),
            instance_id: place("instance_id"),
            state: place("state"),
            admin: place("admin"),
            memory: None,
        }
    }

    /// What of `new` a daemon that runs as `old` cannot take in.
    pub(super) fn changes(&self, old: &DaemonSpec, new: &DaemonSpec) -> Vec<Diagnostic> {
        let address = |spec: &DaemonSpec| spec.admin_listen.map(|listen| listen.address);
        let keys = [
            ("instance_id", old.instance_id != new.instance_id, self.instance_id),
            ("state", old.state != new.state, self.state),
            ("admin.listen", address(old) != address(new), self.admin),
            ("memory.max", old.memory_max_bytes != new.memory_max_bytes, self.memory),
        ];
        let changed = keys.into_iter().filter(|(_, is_changed, _)| *is_changed);
        changed.map(|(key, _, place)| self.needs_restart(key, place)).collect()
    }

    fn needs_restart(&self, key: &str, place: Option<Place>) -> Diagnostic {
        let message = format!("`{key}` changed, and a reload does not take it in");
        let finding = Diagnostic::error("needs-restart", message)
            .note("put it back, or restart the daemon: `systemctl restart millstream`");
        match (place, &self.path) {
            (Some(place), _) => finding.at(place, "this needs a restart"),
            (None, Some(path)) => finding.in_file(path),
            (None, None) => finding,
        }
    }
}

impl Daemon {
    /// The settings of a daemon without a file: those of an empty one, and no admin server.
    pub(super) fn default_settings() -> Daemon {
        let mut sources = SourceMap::default();
        let file = sources.add(Path::new(""), String::new());
        let surroundings = Surroundings::of_process();
        let mut walk = Walk::new(&sources, &surroundings, false);
        let mut daemon = daemon(&mut walk, &Node::empty_map(Place::new(file, 0, 0)));
        if let Some(spec) = &mut daemon.spec {
            // Several may be tried side by side, and nobody watches them.
            spec.admin_listen = None;
        }
        Daemon { pipelines: None, ..daemon }
    }
}

/// Reads the daemon's file.
pub(super) fn daemon(walk: &mut Walk<'_>, node: &Node) -> Daemon {
    if matches!(node.value, Value::Null) {
        // All of it commented out: the defaults.
        return daemon(walk, &Node::empty_map(node.place));
    }
    let Some(fields) = Fields::open(walk, node, &DAEMON) else {
        let places = DaemonPlaces::default();
        return Daemon { spec: None, kafka: Properties::default(), pipelines: None, places };
    };
    let instance_id = fields.optional(walk, "instance_id", names::id);
    let kafka = fields.node("kafka").map(|node| kafka::properties(walk, node)).unwrap_or_default();
    let registry = fields.optional(walk, "schema_registry", registry);
    let pipelines = fields.read(walk, "pipelines", path);
    let state = fields.read(walk, "state", path);
    let is_off = fields.node("admin").is_some_and(|node| matches!(node.value, Value::Null));
    let admin = match is_off {
        true => Some((None, AdminAccess::default())),
        false => nested(walk, &fields, "admin", admin::read),
    };
    let memory = nested(walk, &fields, "memory", |walk, node| {
        let fields = Fields::open(walk, node, &MEMORY)?;
        let max = fields
            .read(walk, "max", |walk, node, key| walk.parsed(node, key, u64::MAX, units::size_bytes))?;
        Some((max, fields.node("max").map(|node| node.place)))
    });
    let deadline = nested(walk, &fields, "shutdown", |walk, node| {
        Fields::open(walk, node, &SHUTDOWN)?.read(walk, "deadline", duration)
    });
    let log = nested(walk, &fields, "log", |walk, node| {
        let fields = Fields::open(walk, node, &LOG)?;
        let (level, format) = (fields.read(walk, "level", word), fields.read(walk, "format", word));
        Some((level?, format?))
    });
    let folder_place = fields.node("pipelines").map(|node| node.place);
    let spec = (|| {
        let (log_level, log_format) = log?;
        let (admin_listen, admin_access) = admin?;
        Some(DaemonSpec {
            instance_id: instance_id?.map(|id| id.value),
            state: state?,
            registry: registry?,
            admin_listen,
            admin_access,
            memory_max_bytes: memory?.0,
            shutdown_deadline: deadline?,
            log_level,
            log_format,
        })
    })();
    Daemon {
        spec,
        kafka,
        pipelines: pipelines.map(|folder| (folder, folder_place)),
        places: DaemonPlaces {
            memory: memory.and_then(|(_, place)| place),
            ..DaemonPlaces::of(walk, &fields)
        },
    }
}

/// An element that stands in full where the file leaves it out: all its keys have defaults.
fn nested<T>(
    walk: &mut Walk<'_>,
    fields: &Fields<'_>,
    name: &str,
    read: impl FnOnce(&mut Walk<'_>, &Node) -> Option<T>,
) -> Option<T> {
    match fields.node(name) {
        Some(node) => read(walk, node),
        None => read(walk, &Node::empty_map(fields.place())),
    }
}

fn path(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<PathBuf> {
    let text = walk.scalar(node, key)?;
    if text.value.is_empty() {
        walk.bad(node, key, &text.shown);
        return None;
    }
    Some(walk.base(node.place.file).join(text.value))
}
