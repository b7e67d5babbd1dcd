use super::*;

/// A folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("ms-socket-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn some(path: &str) -> Option<PathBuf> {
    Some(PathBuf::from(path))
}

#[test]
fn the_default_is_where_the_system_wants_it() {
    let path = |runtime, xdg, user| default_path(runtime, xdg, user).display().to_string();
    assert_eq!(path(some("/run/mill:/run/b"), some("/run/user/7"), 0), "/run/mill/control.sock");
    assert_eq!(path(None, some("/run/user/0"), 0), "/run/millstream/control.sock");
    assert_eq!(path(None, some("/run/user/7"), 7), "/run/user/7/millstream/control.sock");
    let temporary = std::env::temp_dir().join("millstream-7/control.sock");
    assert_eq!(path(None, None, 7), temporary.display().to_string());
}

#[test]
fn its_mode_is_right_and_it_goes_with_its_owner() {
    let folder = Folder::new("mode");
    let path = folder.0.join("deeper/control.sock");
    let socket = ControlSocket::listen(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o660);
    UnixStream::connect(&path).unwrap();
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else stays");
    drop(socket);
    assert!(!path.exists());
}

#[test]
fn a_stale_socket_is_replaced_and_a_living_one_is_not() {
    let folder = Folder::new("stale");
    let path = folder.0.join("control.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "what a killed daemon leaves");
    let living = ControlSocket::listen(&path).unwrap();
    let error = ControlSocket::listen(&path).unwrap_err();
    assert!(matches!(error, SocketError::Taken(_)) && error.to_string().contains("--socket"), "{error}");
    drop(living);
    fs::write(&path, "mine").unwrap();
    assert!(matches!(ControlSocket::listen(&path), Err(SocketError::NotASocket(_))));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn another_ones_socket_is_left_alone_at_the_end() {
    let folder = Folder::new("other");
    let path = folder.0.join("control.sock");
    let first = ControlSocket::listen(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let second = ControlSocket::listen(&path).unwrap();
    drop(first);
    assert!(path.exists());
    drop(second);
    assert!(!path.exists());
}

#[test]
fn a_path_that_the_system_cannot_hold_is_told_before_it_is_tried() {
    let path = PathBuf::from("/tmp").join("x".repeat(PATH_BYTES_MAX));
    assert!(matches!(ControlSocket::listen(&path), Err(SocketError::TooLong(_))));
}
