//! The state directory itself: made for its owner alone, and refused where others could put something in it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, remove_file, symlink_metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use tempfile::NamedTempFile;

use super::error::StateError;
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

/// Opens a file of the folder, made for the folder's owner alone where it is missing.
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
    if let Err(error) = keep_owner(&file, parent(path)) {
        if about.len() == 0 {
            // Nobody but root could use what is left of it, and the folder's owner would stumble over it.
            let _ = remove_file(path);
        }
        return Err(error);
    }
    Ok(file)
}

/// Puts a file of the folder in place whole, for the folder's owner alone.
///
/// # Errors
/// When it cannot be written; one that was there before is untouched then.
pub(super) fn put_whole(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = parent(path);
    let mut file = NamedTempFile::new_in(folder)?;
    write(file.as_file_mut())?;
    keep_owner(file.as_file(), folder)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Gives a file of root's to the owner of the folder: what root's `approve` or `apply` leaves in the state of a service
/// must be the service's to read. Files of others are left as they are.
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
