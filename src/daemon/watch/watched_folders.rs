//! Finds the folders that determine the content of a roster's files.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Links followed before giving up on a loop.
const LINKS: usize = 40;

/// Returns, for every link on the path to the roster, the folder it is in and the one above; the same for the roster
/// itself and for the targets of links in a roster folder; for a missing part, the folder in which it would appear. All
/// are resolved and unique, because two names of one folder would share, and lose, one watch. Parents come first.
pub(super) fn folders(roster: &Path) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    follow(roster, &mut folders);
    // Every link, whatever its name: `..data` is no roster file, but determines the content of those that are.
    let entries = fs::read_dir(roster).into_iter().flatten().flatten();
    for entry in entries {
        if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
            follow(&entry.path(), &mut folders);
        }
    }
    folders
}

/// Walks the path part by part, as the system does. `canonicalize` would skip the folders of links in the middle, and
/// fail for a path of which a part is missing.
fn follow(path: &Path, folders: &mut BTreeSet<PathBuf>) {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut here = PathBuf::new();
    let mut ahead: Vec<OsString> = Vec::new();
    let mut links = 0;
    push(&path, &mut here, &mut ahead);
    while let Some(name) = ahead.pop() {
        if name == ".." {
            here.pop();
            continue;
        }
        let next = here.join(&name);
        if let Ok(target) = next.read_link() {
            insert(&here, folders);
            links += 1;
            if links > LINKS {
                return;
            }
            push(&target, &mut here, &mut ahead);
        } else if next.symlink_metadata().is_ok() {
            here = next;
        } else {
            // The missing part would appear here.
            insert(&here, folders);
            return;
        }
    }
    if here.is_dir() {
        folders.insert(here.clone());
    }
    if let Some(parent) = here.parent() {
        insert(parent, folders);
    }
}

/// Puts the parts of `path` before the remaining ones; an absolute path starts again at the root.
fn push(path: &Path, here: &mut PathBuf, ahead: &mut Vec<OsString>) {
    let mut names = Vec::new();
    for part in path.components() {
        match part {
            Component::Prefix(_) | Component::RootDir => here.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::Normal(_) => names.push(part.as_os_str().to_owned()),
        }
    }
    ahead.extend(names.into_iter().rev());
}

fn insert(folder: &Path, folders: &mut BTreeSet<PathBuf>) {
    folders.extend(folder.ancestors().take(2).map(Path::to_owned));
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Returns the folders below `root` as `|`-joined names.
    fn below(root: &Path, roster: &Path) -> String {
        let folders = folders(roster).into_iter();
        let below = folders.filter_map(|folder| Some(folder.strip_prefix(root).ok()?.display().to_string()));
        below.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn the_folders_of_every_hop() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for made in ["a/b/c", "releases/1/etc/team", "x/y", "folder"] {
            fs::create_dir_all(root.join(made)).unwrap();
        }
        for file in ["a/b/c/r.yaml", "releases/1/etc/team/r.yaml", "x/y/r.yaml"] {
            fs::write(root.join(file), "").unwrap();
        }
        symlink("releases/1", root.join("current")).unwrap();
        symlink("../x/../x/y/r.yaml", root.join("a/relative.yaml")).unwrap();
        symlink(root.join("a/relative.yaml"), root.join("releases/absolute.yaml")).unwrap();
        symlink(root.join("a/b/c/r.yaml"), root.join("folder/linked.yaml")).unwrap();
        symlink("round.yaml", root.join("a/round.yaml")).unwrap();
        for (roster, wanted) in [
            ("a/b/c/r.yaml", "a/b|a/b/c"),
            ("a/missing.yaml", "|a"),
            ("a/b/missing/too/r.yaml", "a|a/b"),
            ("current/etc/team/r.yaml", "|releases/1/etc|releases/1/etc/team"),
            ("current/../r.yaml", "|releases"),
            ("a/relative.yaml", "|a|x|x/y"),
            ("releases/absolute.yaml", "|a|releases|x|x/y"),
            ("folder", "|a/b|a/b/c|folder"),
            ("a/round.yaml", "|a"),
        ] {
            assert_eq!(below(&root, &root.join(roster)), wanted, "{roster}");
        }
    }
}
