//! A machine that systemd boots in: a container over this one's files, of which nothing is left when the test ends.
//!
//! All its writes go to memory. Its mounts are in a namespace of their own, and its first process dies with the test
//! process, so there is nothing to clean up, however a test ends. It shares the network, so brokers are reached.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::unique::Folder;
use crate::{process, wait};

/// How long systemd may take to boot on a machine that is busy.
const BOOT_PATIENCE: Duration = Duration::from_secs(60);

/// Makes the root of the container in a mount namespace of its own, and becomes systemd-nspawn.
const BOOT: &str = r#"set -e
mount -t tmpfs -o mode=755 millstream "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay millstream -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/root"
exec systemd-nspawn --quiet -D "$1/root" -M "$2" --register=no --keep-unit --console=pipe \
    -b systemd.unit=multi-user.target"#;

/// The programs that it takes.
const PROGRAMS: [&str; 4] = ["unshare", "mount", "systemd-nspawn", "nsenter"];

/// A booted container.
#[derive(Debug)]
pub struct Machine {
    nspawn: Child,
    /// Its first process, as this machine counts.
    leader: u32,
    _folder: Folder,
}

/// What a command in the container said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Whether it ended well.
    pub success: bool,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Machine {
    /// The one container of this process, held by one test at a time; why there is none, where this machine cannot.
    ///
    /// # Errors
    ///
    /// The reason, for the line that says that a test is skipped.
    pub fn shared() -> Result<MutexGuard<'static, Machine>, String> {
        static MACHINE: OnceLock<Result<Mutex<Machine>, String>> = OnceLock::new();
        let machine = MACHINE.get_or_init(|| Machine::boot().map(Mutex::new));
        // A test that failed does not hold up the next.
        machine
            .as_ref()
            .map(|machine| machine.lock().unwrap_or_else(PoisonError::into_inner))
            .map_err(Clone::clone)
    }

    /// Boots one.
    ///
    /// # Errors
    ///
    /// Why this machine cannot.
    pub fn boot() -> Result<Self, String> {
        // SAFETY: it only reads an id.
        if unsafe { libc::geteuid() } != 0 {
            return Err("a container that systemd boots in needs root".to_owned());
        }
        if let Some(missing) = PROGRAMS.iter().find(|program| !is_in_path(program)) {
            return Err(format!("{missing} is not installed"));
        }
        let folder = Folder::new("machine");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "slave", "sh", "-c", BOOT, "boot"]);
        command.arg(folder.path()).arg(crate::unique::name("millstream"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let said =
            fs::File::create(folder.path().with_extension("log")).map_err(|error| error.to_string())?;
        let log = folder.path().with_extension("log");
        command.stderr(said);
        let nspawn = process::spawn(command).map_err(|error| format!("unshare: {error}"))?;
        let booted = Self::booted(nspawn, folder, &log);
        let _ = fs::remove_file(log);
        booted
    }

    fn booted(mut nspawn: Child, folder: Folder, log: &Path) -> Result<Self, String> {
        let leader = wait::until_within(BOOT_PATIENCE, "systemd to boot", || {
            if nspawn.try_wait().expect("a child can be waited for").is_some() {
                let said = fs::read_to_string(log).unwrap_or_default();
                return Some(Err(format!("no container can be made here: {}", said.trim())));
            }
            leader_of(nspawn.id()).map(Ok)
        })?;
        let machine = Self { nspawn, leader, _folder: folder };
        wait::until_within(BOOT_PATIENCE, "systemd to answer", || {
            let state = machine.run("systemctl", &["is-system-running"]).out;
            ["running", "degraded"].contains(&state.trim()).then_some(())
        });
        Ok(machine)
    }

    /// Runs a program in the container.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Said {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.leader.to_string(), "-m", "-p", "-u", "-i", "-C", "--", program]);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8");
        let output = command.stdin(Stdio::null()).output();
        Said::of(&output.unwrap_or_else(|error| panic!("run {program} in the container: {error}")))
    }

    /// [`Machine::run`], which must end well; gives what it printed.
    pub fn must(&self, program: &str, arguments: &[&str]) -> String {
        let said = self.run(program, arguments);
        assert!(said.success, "{program} {arguments:?} failed:\n{}{}", said.out, said.err);
        said.out
    }

    /// A property of a unit.
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.must("systemctl", &["show", "--value", "--property", name, unit]).trim().to_owned()
    }

    /// A path in the container, as this process reaches it; `DESTDIR` for the root.
    pub fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.leader))
    }

    /// Writes a file in the container, with the folders on its way.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        let parent = path.parent().expect("a file has a folder");
        fs::create_dir_all(parent).unwrap_or_else(|error| panic!("create {}: {error}", parent.display()));
        fs::write(&path, text).unwrap_or_else(|error| panic!("write {}: {error}", path.display()));
    }

    /// Removes a file or a folder in the container, where it is there.
    pub fn remove(&self, path: &str) {
        self.must("rm", &["-rf", path]);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        process::kill(&mut self.nspawn);
    }
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { success: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// The first process of the container: systemd-nspawn's only child.
fn leader_of(nspawn: u32) -> Option<u32> {
    let is_nspawn =
        fs::read_to_string(format!("/proc/{nspawn}/comm")).is_ok_and(|name| name.trim() == "systemd-nspawn");
    let children = fs::read_to_string(format!("/proc/{nspawn}/task/{nspawn}/children")).ok()?;
    let child = children.split_whitespace().next()?.parse().ok()?;
    let is_systemd = |name: String| name.trim() == "systemd";
    (is_nspawn && fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(is_systemd)).then_some(child)
}

fn is_in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
