//! A machine that systemd boots in: a container over this one's files, of which nothing is left when the test ends.
//!
//! All its writes go to memory. Its mounts and processes are in namespaces whose first process dies with the test
//! process, so that nothing is left, however a test ends. It shares the network, so brokers are reached.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::process;
use crate::unique::Folder;

/// How long systemd may take to boot on a machine that is busy.
const BOOT_PATIENCE: Duration = Duration::from_secs(60);

/// Makes the root of the container in a mount namespace of its own, and becomes systemd-nspawn. What that notes under
/// /run is gone with the namespace, too.
const BOOT: &str = r#"set -e
mount -t tmpfs -o mode=755 millstream /run
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
    /// Its child is systemd-nspawn, the first process of a namespace: the kernel ends all of it with that one.
    unshare: Child,
    /// The container's first process, as this machine counts.
    leader: u32,
    folder: Folder,
    /// One container at a time on this machine: two would share a cgroup.
    _lock: File,
}

/// Why there is no container.
#[derive(Clone, Debug)]
enum No {
    /// This machine cannot.
    Cannot(String),
    /// It should, and did not.
    Failed(String),
}

static OF_THIS_PROCESS: OnceLock<Result<Mutex<Machine>, No>> = OnceLock::new();

extern "C" fn end_at_exit() {
    if let Some(Ok(machine)) = OF_THIS_PROCESS.get() {
        machine.lock().unwrap_or_else(PoisonError::into_inner).end();
    }
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
        let machine = OF_THIS_PROCESS.get_or_init(|| {
            // SAFETY: the handler is a plain function that lives as long as the program. Where it cannot be registered,
            // the kernel still ends the container; only an empty folder stays behind.
            unsafe { libc::atexit(end_at_exit) };
            Machine::boot().map(Mutex::new)
        });
        match machine {
            // A test that failed does not hold up the next.
            Ok(machine) => Ok(machine.lock().unwrap_or_else(PoisonError::into_inner)),
            Err(No::Cannot(reason)) => Err(reason.clone()),
            Err(No::Failed(reason)) => panic!("{reason}"),
        }
    }

    fn boot() -> Result<Self, No> {
        // SAFETY: it only reads an id.
        if unsafe { libc::geteuid() } != 0 {
            return Err(No::Cannot("a container that systemd boots in needs root".to_owned()));
        }
        if let Some(missing) = PROGRAMS.iter().find(|program| !is_in_path(program)) {
            return Err(No::Cannot(format!("{missing} is not installed")));
        }
        let lock = lock().map_err(|error| No::Failed(format!("lock: {error}")))?;
        let folder = Folder::new("machine");
        // Beside it, since the folder is covered by a mount there.
        let log = Folder::new("machine-log");
        let said = log.write("stderr", "");
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--propagation",
            "slave",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]);
        command.args(["sh", "-c", BOOT, "boot"]).arg(folder.path()).arg(crate::unique::name("millstream"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&said).map_err(|error| No::Failed(error.to_string()))?);
        let unshare = process::spawn(command).map_err(|error| No::Failed(format!("unshare: {error}")))?;
        let mut machine = Self { unshare, leader: 0, folder, _lock: lock };
        machine.wait_for_leader(&said)?;
        machine.wait_for_systemd(&said)?;
        Ok(machine)
    }

    fn wait_for_leader(&mut self, said: &Path) -> Result<(), No> {
        let begun = Instant::now();
        loop {
            if self.unshare.try_wait().expect("a child can be waited for").is_some() {
                let said = fs::read_to_string(said).unwrap_or_default();
                return Err(No::Cannot(format!("no container can be made here: {}", said.trim())));
            }
            if let Some(leader) = leader_of(self.unshare.id()) {
                self.leader = leader;
                return Ok(());
            }
            self.lose_patience(begun, said)?;
        }
    }

    fn wait_for_systemd(&self, said: &Path) -> Result<(), No> {
        let begun = Instant::now();
        while !["running", "degraded"].contains(&self.run("systemctl", &["is-system-running"]).out.trim()) {
            self.lose_patience(begun, said)?;
        }
        Ok(())
    }

    fn lose_patience(&self, begun: Instant, said: &Path) -> Result<(), No> {
        if begun.elapsed() < BOOT_PATIENCE {
            thread::sleep(Duration::from_millis(50));
            return Ok(());
        }
        let said = fs::read_to_string(said).unwrap_or_default();
        Err(No::Failed(format!("systemd did not boot in {BOOT_PATIENCE:?}: {}", said.trim())))
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

impl Machine {
    /// Ends all of it, and waits until it has ended.
    fn end(&mut self) {
        // The inner one first: its parent then waits for it, and no zombie is left where nobody else would.
        for child in children_of(self.unshare.id()) {
            let child = libc::pid_t::try_from(child).expect("a process id fits its type");
            // SAFETY: plain numbers. The parent has not waited for it, so its id is not another's yet.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
        if process::wait_for_exit(&mut self.unshare, Duration::from_secs(10)).is_none() {
            process::kill(&mut self.unshare);
        }
        // As `Folder` does, whose own drop an exit does not call.
        let _ = fs::remove_dir_all(self.folder.path());
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.end();
    }
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { success: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// The first process of the container: the child of systemd-nspawn, which is the only child of unshare.
fn leader_of(unshare: u32) -> Option<u32> {
    let nspawn = children_of(unshare).into_iter().find(|child| is_called(*child, "systemd-nspawn"))?;
    children_of(nspawn).into_iter().find(|child| is_called(*child, "systemd"))
}

fn children_of(process: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    children.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

fn is_called(process: u32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|comm| comm.trim() == name)
}

/// Waits until no other process has a container; the kernel releases the lock with this process.
fn lock() -> io::Result<File> {
    let path = std::env::temp_dir().join("millstream-machine.lock");
    let file = File::options().create(true).append(true).open(path)?;
    file.lock()?;
    Ok(file)
}

fn is_in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
