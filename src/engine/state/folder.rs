//! The state directory itself: private to its owner, and refused if other users could write to it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, remove_file, symlink_metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use tempfile::NamedTempFile;

use super::error::StateError;
use crate::files::check_regular;

/// Write permissions of group and others.
const OTHERS_WRITE: u32 = 0o022;
/// All permissions of group and others.
const OTHERS: u32 = 0o077;
/// The user that may own a symbolic link to the directory: systemd creates one for `DynamicUser=`.
const ROOT: u32 = 0;

/// Creates the directory if missing, and checks it.
///
/// # Errors
/// When it cannot be created, or is not safe.
pub(super) fn create_directory(folder: &Path) -> Result<(), StateError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(StateError::file_error("create the state directory", folder))?;
    check_directory(folder).map(drop)
}

/// Checks that the directory is safe; returns false if it does not exist.
///
/// # Errors
/// When it cannot be inspected, or is not safe.
pub(super) fn check_directory(folder: &Path) -> Result<bool, StateError> {
    let refused = |why, advice| {
        let folder = folder.to_owned();
        Err(StateError::Unsafe { folder, why, advice })
    };
    let looked = |error| StateError::file_error("inspect the state directory", folder)(error);
    let itself = match symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        itself => itself.map_err(looked)?,
    };
    if itself.is_symlink() && itself.uid() != ROOT {
        return refused(
            "is a symbolic link that its owner can redirect",
            "use the target of the link",
        );
    }
    let folder_itself = folder.metadata().map_err(looked)?;
    if !folder_itself.is_dir() {
        return refused("is not a directory", "move it");
    }
    if folder_itself.mode() & OTHERS_WRITE != 0 {
        return refused("is writable by other users", "run `chmod 700` on it");
    }
    Ok(true)
}

/// Flushes the directory and its parent, so that created and renamed files survive a crash of the machine.
///
/// # Errors
/// When it cannot be flushed.
pub(super) fn sync_directory(folder: &Path) -> Result<(), StateError> {
    let flush = |folder: &Path| File::open(folder).and_then(|folder| folder.sync_all());
    flush(folder).map_err(StateError::file_error("flush the state directory", folder))?;
    // The parent may not be readable; this matters only when the directory was just created.
    let _ = flush(&folder.join(".."));
    Ok(())
}

/// Opens a file of the directory; creates it if missing, private to the directory's owner.
///
/// # Errors
/// When it cannot be opened or created, or is not a regular file.
pub(super) fn open_private_file(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Do not block on a FIFO or device.
    let options = options.create(true).mode(0o600).custom_flags(libc::O_NONBLOCK);
    let file = options.open(path)?;
    let about = file.metadata()?;
    check_regular(about.file_type())?;
    if about.mode() & OTHERS != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    if let Err(error) = keep_owner(&file, parent(path)) {
        if about.len() == 0 {
            // Only root could use the empty file, and it would block the directory's owner.
            let _ = remove_file(path);
        }
        return Err(error);
    }
    Ok(file)
}

/// Replaces a file of the directory atomically, private to the directory's owner.
///
/// # Errors
/// When it cannot be written; the previous file is untouched.
pub(super) fn replace_file(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = parent(path);
    let mut file = NamedTempFile::new_in(folder)?;
    write(file.as_file_mut())?;
    keep_owner(file.as_file(), folder)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Gives a file of root to the owner of the directory: a service must be able to read what `approve` or `apply` run as
/// root leaves in its state. Other files are unchanged.
fn keep_owner(file: &File, folder: &Path) -> io::Result<()> {
    let (file_is, folder_is) = (file.metadata()?, folder.metadata()?);
    let owner = |about: &std::fs::Metadata| (about.uid(), about.gid());
    match file_is.uid() == ROOT && owner(&file_is) != owner(&folder_is) {
        true => fchown(file, Some(folder_is.uid()), Some(folder_is.gid())),
        false => Ok(()),
    }
}

fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}
