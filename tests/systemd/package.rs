//! The Debian package, where `make package-test` names one: installed, configured, started, upgraded, purged.

use std::fs;
use std::io::Write;

use millstream_harness::broker;
use millstream_harness::systemd::Machine;

use crate::service::{UNIT, scene};

/// Makes of a package the next revision, with another example: what an upgrade must not put over the administrator's.
const NEXT_REVISION: &str = "set -e; cd /root; dpkg-deb -R millstream.deb next; \
    sed -i 's/^Version: .*/&.1/' next/DEBIAN/control; echo '# newer' >> next/etc/millstream/millstream.yaml; \
    dpkg-deb -b next next.deb";

fn machine() -> Result<std::sync::MutexGuard<'static, Machine>, String> {
    let package =
        std::env::var("MILLSTREAM_PACKAGE").map_err(|_| "`make package-test` runs this".to_owned())?;
    let machine = Machine::shared()?;
    fs::copy(package, machine.path("/root/millstream.deb")).expect("the package can be copied");
    Ok(machine)
}

#[test]
fn a_package_is_installed_started_upgraded_and_purged() {
    let machine = match machine() {
        Ok(machine) => machine,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "skipped: {reason}");
            return;
        }
    };
    let is = |what: &str| machine.run("systemctl", &[what, UNIT]).out.trim().to_owned();
    // Images for containers have one that keeps packages from starting anything anew.
    machine.remove("/usr/sbin/policy-rc.d");
    machine.must("dpkg", &["-i", "/root/millstream.deb"]);
    assert_eq!((is("is-enabled").as_str(), is("is-active").as_str()), ("disabled", "inactive"));
    machine.must("getent", &["passwd", "millstream"]);
    // As it is installed it does not run.
    assert!(!machine.run("systemctl", &["start", UNIT]).success, "it runs without being configured");
    assert_eq!(machine.property(UNIT, "ExecMainStatus"), "78");

    let scene = scene("package");
    let own = format!("kafka: {{bootstrap.servers: {}}}\npipelines: pipelines.d\n", broker::shared());
    machine.write("/etc/millstream/millstream.yaml", &own);
    machine.write("/etc/millstream/pipelines.d/own.yaml", &scene.pipeline(""));
    machine.must("millstream", &["check"]);
    machine.must("systemctl", &["start", UNIT]);
    let before = machine.property(UNIT, "MainPID");

    machine.must("sh", &["-c", NEXT_REVISION]);
    machine.must("dpkg", &["--force-confdef", "--force-confold", "-i", "/root/next.deb"]);
    let kept =
        fs::read_to_string(machine.path("/etc/millstream/millstream.yaml")).expect("it is still there");
    assert_eq!(kept, own, "the upgrade wrote over the configuration");
    assert_eq!(is("is-active"), "active");
    assert_ne!(machine.property(UNIT, "MainPID"), before, "the old binary runs on");

    machine.must("dpkg", &["--purge", "millstream"]);
    let is_there = |path: &str| machine.path(path).exists();
    for path in
        ["/usr/bin/millstream", "/var/lib/millstream", "/etc/millstream/millstream.yaml", "/run/millstream"]
    {
        assert!(!is_there(path), "{path} stays behind");
    }
    assert!(is_there("/etc/millstream/pipelines.d/own.yaml"), "the administrator's own file is gone");
}
