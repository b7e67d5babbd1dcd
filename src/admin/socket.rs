//! The control socket: a file that whoever may write to it steers the daemon by.
//!
//! It is there before anyone could open it with wrong rights: bound in a folder of its own that nobody else may enter,
//! given its mode, and moved to its place.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// The file's mode: its owner and its group steer the daemon.
const MODE: u32 = 0o660;

/// The socket's name in its folder.
const NAME: &str = "control.sock";

/// The longest path of a socket, in bytes: `sun_path` holds 108 with the zero at its end (unix(7)).
const PATH_BYTES_MAX: usize = 107;

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another daemon answers there.
    #[error("another daemon answers at {}; give this one a socket of its own with `--socket PATH`", .0.display())]
    Taken(PathBuf),
    /// Something else stands there.
    #[error("{} is not a socket; name another with `--socket PATH`", .0.display())]
    NotASocket(PathBuf),
    /// The folder in the temporary one could be someone else's.
    #[error("{} is not a folder of this user alone; name another socket with `--socket PATH`", .0.display())]
    NotOurs(PathBuf),
    /// The system cannot bind to it.
    #[error("{} is longer than {PATH_BYTES_MAX} bytes; name a shorter one with `--socket PATH`", .0.display())]
    TooLong(PathBuf),
    /// The system refuses.
    #[error("{}: {error}; name another with `--socket PATH`", path.display())]
    System {
        /// The socket.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A control socket that listens; its file goes with it.
#[derive(Debug)]
pub struct ControlSocket {
    listener: Option<UnixListener>,
    path: PathBuf,
    /// Device and inode: another daemon's socket in the same place is not removed.
    identity: (u64, u64),
}

/// Where the socket is, for the daemon and for those that talk to it: `given`, or the default.
pub fn path(given: Option<&Path>) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let default = || default_path(variable("RUNTIME_DIRECTORY"), variable("XDG_RUNTIME_DIR"), user());
    given.map_or_else(default, Path::to_path_buf)
}

/// The first folder that fits, in the order of how well it fits.
fn default_path(runtime: Option<PathBuf>, xdg: Option<PathBuf>, user: u32) -> PathBuf {
    // systemd separates several by colons.
    let runtime = runtime.and_then(|all| Some(PathBuf::from(all.to_str()?.split(':').next()?)));
    let folder = match (runtime, xdg) {
        (Some(folder), _) => folder,
        (None, _) if user == 0 => PathBuf::from("/run/millstream"),
        (None, Some(folder)) => folder.join("millstream"),
        (None, None) => temporary(user),
    };
    folder.join(NAME)
}

fn temporary(user: u32) -> PathBuf {
    std::env::temp_dir().join(format!("millstream-{user}"))
}

/// The user that this process runs as.
fn user() -> u32 {
    // Where there is no /proc, nobody's: never root's folder by mistake.
    fs::metadata("/proc/self").map_or(u32::MAX, |process| process.uid())
}

impl ControlSocket {
    /// Listens at `path`, for whoever may write to the file. A socket that nobody listens at is replaced.
    ///
    /// # Errors
    ///
    /// Why not, in words for the user.
    pub fn listen(path: &Path) -> Result<ControlSocket, SocketError> {
        if path.as_os_str().len() > PATH_BYTES_MAX {
            return Err(SocketError::TooLong(path.to_path_buf()));
        }
        let system = |error| SocketError::System { path: path.to_path_buf(), error };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        create_folder(folder).map_err(system)?;
        if folder == temporary(user()) && !is_ours(folder) {
            return Err(SocketError::NotOurs(folder.to_path_buf()));
        }
        may_replace(path)?;
        let (listener, identity) = bind(folder, path).map_err(system)?;
        Ok(ControlSocket { listener: Some(listener), path: path.to_path_buf(), identity })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn take_listener(&mut self) -> Option<UnixListener> {
        self.listener.take()
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| identity(&found) == self.identity) {
            // What stays behind is replaced by the next daemon.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Creates the folder where it is missing, for this user and its group.
fn create_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o750).create(folder)
}

/// In a folder that everyone writes to, another could have put it there before us.
fn is_ours(folder: &Path) -> bool {
    fs::symlink_metadata(folder)
        .is_ok_and(|found| found.is_dir() && found.uid() == user() && found.mode() & 0o022 == 0)
}

/// Whether what stands at the path is nothing, or the socket of a daemon that is gone.
fn may_replace(path: &Path) -> Result<(), SocketError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(SocketError::NotASocket(path.to_path_buf()));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(_) => Err(SocketError::Taken(path.to_path_buf())),
        Err(error) => Err(SocketError::System { path: path.to_path_buf(), error }),
    }
}

/// Binds where nobody else can reach it, and moves it to its place once its mode is right.
fn bind(folder: &Path, path: &Path) -> io::Result<(UnixListener, (u64, u64))> {
    // No longer than the socket's usual name.
    let nest = folder.join(format!(".{}", std::process::id()));
    let egg = nest.join("s");
    match DirBuilder::new().mode(0o700).create(&nest) {
        // What another process of this id left behind.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_dir_all(&nest)?;
            DirBuilder::new().mode(0o700).create(&nest)?;
        }
        created => created?,
    }
    let bound = UnixListener::bind(&egg).and_then(|listener| {
        fs::set_permissions(&egg, Permissions::from_mode(MODE))?;
        let found = identity(&fs::symlink_metadata(&egg)?);
        fs::rename(&egg, path)?;
        Ok((listener, found))
    });
    let removed = fs::remove_dir_all(&nest);
    let bound = bound?;
    removed?;
    Ok(bound)
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
