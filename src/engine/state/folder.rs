//! The state directory itself: made for its owner alone, and refused where others could put something in it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, symlink_metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::StateError;
use crate::files::check_regular;

/// Permission of a group and of others to write.
const OTHERS_WRITE: u32 = 0o022;
/// Any permission of a group and of others.
const OTHERS: u32 = 0o077;
/// Who may put a link where the directory is looked for: systemd does, with `DynamicUser=`.
const ROOT: u32 = 0;

/// Makes the folder where it is missing, and checks it.
///
/// # Errors
/// When it cannot be made, or is not safe.
pub(super) fn make(folder: &Path) -> Result<(), StateError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(StateError::file("make the state directory", folder))?;
    check(folder).map(drop)
}

/// Checks a folder; false where there is none.
///
/// # Errors
/// When it cannot be looked at, or is not safe.
pub(super) fn check(folder: &Path) -> Result<bool, StateError> {
    let refused = |why, advice| {
        let folder = folder.to_owned();
        Err(StateError::Unsafe { folder, why, advice })
    };
    let looked = |error| StateError::file("look at the state directory", folder)(error);
    let itself = match symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        itself => itself.map_err(looked)?,
    };
    if itself.is_symlink() && itself.uid() != ROOT {
        return refused(
            "is a symbolic link, which its owner could point elsewhere",
            "name where it leads",
        );
    }
    let folder_itself = folder.metadata().map_err(looked)?;
    if !folder_itself.is_dir() {
        return refused("is not a directory", "move it away");
    }
    if folder_itself.mode() & OTHERS_WRITE != 0 {
        return refused("can be written to by others", "take that away with `chmod 700`");
    }
    Ok(true)
}

/// Makes what was made in the folder, and the folder itself, survive a crash of the machine.
///
/// # Errors
/// When it cannot be flushed.
pub(super) fn sync(folder: &Path) -> Result<(), StateError> {
    let flush = |folder: &Path| File::open(folder).and_then(|folder| folder.sync_all());
    flush(folder).map_err(StateError::file("flush the state directory", folder))?;
    // The folder above may be one that quietdesk can only pass through; nothing depends on it once it is on disk.
    let _ = flush(&folder.join(".."));
    Ok(())
}

/// Opens a file of the folder, made for its owner alone where it is missing.
///
/// # Errors
/// When it cannot be opened or made, or is no regular file.
pub(super) fn private_file(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Whatever else stands there is not waited for.
    let options = options.create(true).mode(0o600).custom_flags(libc::O_NONBLOCK);
    let file = options.open(path)?;
    let about = file.metadata()?;
    check_regular(about.file_type())?;
    if about.mode() & OTHERS != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}
