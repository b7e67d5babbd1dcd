//! The cache on disk: what is damaged, foreign or of tomorrow is never trusted, and is written anew.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::registry::store::{FILES_MAX, Kept, Key, Store};

fn kept(id: u32) -> Kept {
    Kept {
        id,
        schema: format!(r#"{{"type":"fixed","name":"f{id}","size":{id}}}"#),
        references: vec![LONG.to_owned()],
    }
}

fn store(folder: &Folder) -> Store {
    at(folder, &["http://a:1"])
}

fn at(folder: &Folder, urls: &[&str]) -> Store {
    let urls: Vec<_> = urls.iter().map(|url| (*url).to_owned()).collect();
    Store::new(folder.path().join("schemas"), &urls)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("schemas")).expect("it is there");
    entries.map(|entry| entry.expect("it can be read").path()).collect()
}

#[test]
fn what_is_written_is_read_again_by_the_same_registry_alone() {
    let folder = Folder::new("store");
    let store = store(&folder);
    assert_eq!(store.read(&Key::Id(7)), None);
    store.write(&Key::Id(7), &kept(7));
    store.write(&Key::Sink("x".to_owned()), &kept(8));
    assert_eq!(store.read(&Key::Id(7)), Some(kept(7)));
    assert_eq!(store.read(&Key::Sink("x".to_owned())), Some(kept(8)));
    store.remove(&Key::Id(7));
    assert_eq!(store.read(&Key::Id(7)), None);
    let other = at(&folder, &["http://b:1"]);
    assert_eq!(other.read(&Key::Sink("x".to_owned())), None);
}

/// An address is all that a registry is known by: as long as one stays, it is the same one.
#[test]
fn addresses_come_go_and_change_their_order_and_what_is_kept_stays() {
    let folder = Folder::new("store");
    let key = Key::Id(1);
    at(&folder, &["http://a:1"]).write(&key, &kept(1));
    assert_eq!(at(&folder, &["http://a:1/"]).read(&key), Some(kept(1)), "the same address");
    assert_eq!(at(&folder, &["http://b:1"]).read(&key), None, "another registry");
    assert_eq!(at(&folder, &["http://c:1", "http://b:1"]).read(&key), None, "another registry");
    assert_eq!(at(&folder, &["http://b:1", "http://a:1"]).read(&key), Some(kept(1)));
    // The old one is gone, and the one that came beside it stays.
    assert_eq!(at(&folder, &["http://b:1"]).read(&key), Some(kept(1)));
    let both = at(&folder, &["http://a:1", "http://b:1", "http://a:1/"]);
    let other = Kept { id: 1, ..kept(2) };
    both.write(&key, &other);
    assert_eq!(files(folder.path()).len(), 2);
    for url in ["http://a:1", "http://b:1"] {
        assert_eq!(at(&folder, &[url]).read(&key), Some(other.clone()), "{url}");
    }
    both.remove(&key);
    assert_eq!(files(folder.path()), [] as [PathBuf; 0]);
}

#[test]
fn files_of_something_else_and_of_tomorrow_are_ignored_and_rewritten() {
    let folder = Folder::new("store");
    let store = store(&folder);
    store.write(&Key::Id(7), &kept(7));
    let path = files(folder.path()).remove(0);
    let good = fs::read_to_string(&path).expect("text");
    let (head, body) = good.split_once('\n').expect("a line and more");
    for bad in [
        String::new(),
        good.replace("millstream-schema 1", "millstream-schema 2"),
        format!("{}\n{}", head.to_uppercase(), body),
        format!("{good} "),
        body.to_owned(),
        good.replace("f7", "f8"),
    ] {
        fs::write(&path, &bad).expect("it is written");
        assert_eq!(store.read(&Key::Id(7)), None, "{bad}");
    }
    store.write(&Key::Id(7), &kept(7));
    let elsewhere = path.with_file_name(path.file_name().unwrap().to_str().unwrap().replace("id-7", "id-8"));
    fs::rename(&path, &elsewhere).expect("it is moved");
    assert_eq!(store.read(&Key::Id(8)), None, "the file is of another id");
    store.write(&Key::Id(8), &kept(8));
    assert_eq!(store.read(&Key::Id(8)), Some(kept(8)));
    fs::remove_file(&elsewhere).expect("it is there");
    fs::create_dir(&elsewhere).expect("a folder in its place");
    assert_eq!(store.read(&Key::Id(8)), None);
}

#[test]
fn the_number_of_files_is_bounded_and_what_a_kill_left_is_swept() {
    let folder = Folder::new("store");
    let store = store(&folder);
    store.write(&Key::Id(1), &kept(1));
    let schemas = folder.path().join("schemas");
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    for number in 0..FILES_MAX + 5 {
        let file = fs::File::create(schemas.join(format!("old-{number}.schema"))).expect("it is made");
        file.set_modified(old).expect("it can be old");
    }
    fs::write(schemas.join(".writing-0-x-0"), "half").expect("it is written");
    fs::write(schemas.join("README"), "not ours").expect("it is written");
    store.write(&Key::Id(2), &kept(2));
    assert_eq!(store.read(&Key::Id(1)), Some(kept(1)), "what is newer stays");
    assert_eq!(store.read(&Key::Id(2)), Some(kept(2)));
    assert_eq!(files(folder.path()).len(), FILES_MAX + 1, "and what is not ours is left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_nothing_and_files_that_are_wrong_hold_nobody_up() {
    let folder = Folder::new("store");
    // Root may write into folders that nobody may write into; a file in the place of the folder stops even root.
    folder.write("schemas", "no folder");
    let fake = Fake::start().await;
    fake.json("GET /schemas/ids/7", told(LONG));
    let asker = Asker::with_state(&spec(&[fake.url()]), folder.path().to_owned());
    asker.ready(7);
    drop(asker);
    fs::remove_file(folder.path().join("schemas")).expect("it is there");
    Asker::with_state(&spec(&[fake.url()]), folder.path().to_owned()).ready(7);
    let path = files(folder.path()).remove(0);
    let good = fs::read(&path).expect("bytes");
    fs::write(&path, &good[..good.len() - 1]).expect("it is written");
    let asker = Asker::with_state(&spec(&[fake.url()]), folder.path().to_owned());
    asker.ready(7);
    assert_eq!(asker.registry.counts().cache_hits, 0);
    assert_eq!(fs::read(&path).expect("bytes"), good, "it is written anew");
}

proptest! {
    #[test]
    fn no_damage_gives_another_schema(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        tail in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let folder = Folder::new("store");
        let store = store(&folder);
        store.write(&Key::Id(7), &kept(7));
        let path = files(folder.path()).remove(0);
        let good = fs::read(&path).expect("bytes");
        let mut bytes = good.clone();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(good.len()));
        }
        bytes.extend(tail);
        fs::write(&path, &bytes).expect("it is written");
        let wanted = (bytes == good).then(|| kept(7));
        prop_assert_eq!(store.read(&Key::Id(7)), wanted);
    }
}
