//! Reads externally supplied files: a roster, a token, a saved plan.
//!
//! A path may name a pipe without a writer, an endless device, or a sparse file larger than memory. Owns which file
//! types are accepted, the maximum size, and the maximum time. Must never know what is read.

use std::fs::{File, FileType, Metadata, OpenOptions, metadata};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Maximum size of a token file, in bytes.
pub const TOKEN: u64 = 64 * 1024;
/// Polling interval of a pipe.
const PAUSE: Duration = Duration::from_millis(5);
const PATIENCE: Patience = Patience {
    silent: Duration::from_secs(60),
    total: Duration::from_secs(600),
};

/// The file types that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// A regular file: for callers that must not block.
    Files,
    /// A pipe as well, such as a shell's `<(…)`.
    FilesAndPipes,
}

/// The error of reading a file. Never contains file content.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system's error.
    #[error("{0}")]
    System(io::Error),
    /// Another file type.
    #[error("it is {0}, not a regular file")]
    NotAFile(&'static str),
    /// The file exceeds the limit, in bytes.
    #[error("it is larger than {}, the limit", format_size(*.0))]
    TooLarge(u64),
    /// The pipe ended without content.
    #[error("the pipe is empty: nothing writes to it")]
    EmptyPipe,
    /// A writer keeps the pipe open and does not write.
    #[error("no data on the pipe for {} s; write a file first, and read that", .0.as_secs())]
    SilentPipe(Duration),
    /// A writer writes without end.
    #[error("the pipe was still open after {} s; write a file first, and read that", .0.as_secs())]
    EndlessPipe(Duration),
}

impl ReadError {
    /// Whether the file does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::System(error) if error.kind() == ErrorKind::NotFound)
    }
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        if let ReadError::System(error) = error {
            return error;
        }
        Self::other(error)
    }
}

/// A file that is open and not read yet.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    metadata: Metadata,
}

/// Time limits of reading a pipe: without data, and in total.
#[derive(Clone, Copy)]
struct Patience {
    silent: Duration,
    total: Duration,
}

/// Reads a file of at most `limit` bytes. Where pipes are accepted, blocks up to their time limits.
///
/// # Errors
/// [`ReadError`].
pub fn read(path: &Path, limit: u64, accept: Accept) -> Result<Vec<u8>, ReadError> {
    open(path, accept)?.read(limit)
}

/// Opens a file for reading. Never blocks.
///
/// # Errors
/// As [`read`].
pub fn open(path: &Path, accept: Accept) -> Result<OpenFile, ReadError> {
    // Opening some devices has side effects, so the type is checked first.
    check_type(metadata(path).map_err(ReadError::System)?.file_type(), accept)?;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = options.open(path).map_err(ReadError::System)?;
    let about = file.metadata().map_err(ReadError::System)?;
    check_type(about.file_type(), accept)?;
    Ok(OpenFile { file, metadata: about })
}

/// Checks that a file of one's own folder is a regular one; any other type is neither read nor written.
///
/// # Errors
/// [`ReadError::NotAFile`].
pub fn check_regular(kind: FileType) -> Result<(), ReadError> {
    check_type(kind, Accept::Files)
}

impl OpenFile {
    /// Returns the permission bits.
    #[must_use]
    pub fn mode(&self) -> u32 {
        self.metadata.mode()
    }

    /// Reads the content.
    ///
    /// # Errors
    /// As [`read`].
    pub fn read(mut self, limit: u64) -> Result<Vec<u8>, ReadError> {
        if self.metadata.file_type().is_fifo() {
            return read_pipe(&mut self.file, limit, PATIENCE);
        }
        if self.metadata.len() > limit {
            return Err(ReadError::TooLarge(limit));
        }
        let mut bytes = Vec::new();
        let read = self.file.take(limit + 1).read_to_end(&mut bytes);
        read.map_err(ReadError::System)?;
        check_size(bytes, limit)
    }
}

fn check_type(kind: FileType, accept: Accept) -> Result<(), ReadError> {
    let what = match kind {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_fifo() => match accept {
            Accept::FilesAndPipes => return Ok(()),
            Accept::Files => "a pipe",
        },
        kind if kind.is_dir() => "a directory",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(ReadError::NotAFile(what))
}

/// Reads a pipe until its last writer closes it.
fn read_pipe(pipe: &mut impl io::Read, limit: u64, patience: Patience) -> Result<Vec<u8>, ReadError> {
    let begin = Instant::now();
    let (mut bytes, mut last) = (Vec::new(), begin);
    let mut part = vec![0; 64 * 1024];
    loop {
        match pipe.read(&mut part) {
            Ok(0) if bytes.is_empty() => return Err(ReadError::EmptyPipe),
            Ok(0) => return Ok(bytes),
            Ok(length) => {
                bytes.extend_from_slice(&part[..length]);
                bytes = check_size(bytes, limit)?;
                last = Instant::now();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(PAUSE),
            Err(error) => return Err(ReadError::System(error)),
        }
        if last.elapsed() > patience.silent {
            return Err(ReadError::SilentPipe(patience.silent));
        }
        if begin.elapsed() > patience.total {
            return Err(ReadError::EndlessPipe(patience.total));
        }
    }
}

fn check_size(bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, ReadError> {
    match bytes.len() as u64 > limit {
        true => Err(ReadError::TooLarge(limit)),
        false => Ok(bytes),
    }
}

fn format_size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS
        .iter()
        .find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(unit, name)| format!("{} {name}", bytes / unit),
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    const LIMIT: u64 = 1024;

    /// Returns the size of a file's content, or the error.
    fn read_result(path: &Path, accept: Accept) -> String {
        match read(path, LIMIT, accept) {
            Ok(bytes) => format!("{} bytes", bytes.len()),
            Err(error) => error.to_string(),
        }
    }

    fn fifo(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn whatever_stands_where_a_file_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "x").unwrap();
        fs::write(path("full"), [0; LIMIT as usize]).unwrap();
        fs::write(path("one more"), [0; LIMIT as usize + 1]).unwrap();
        File::create(path("sparse")).unwrap().set_len(2 << 30).unwrap();
        fs::create_dir(path("folder")).unwrap();
        fifo(&path("pipe"));
        let _socket = UnixListener::bind(path("socket")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path("zero")).unwrap();
        std::os::unix::fs::symlink("file", path("link")).unwrap();
        let too_large = "it is larger than 1 KiB, the limit";
        let is = |what: &str| format!("it is {what}, not a regular file");
        for (name, files, pipes) in [
            ("file", "1 bytes".to_owned(), "1 bytes".to_owned()),
            ("link", "1 bytes".to_owned(), "1 bytes".to_owned()),
            ("full", "1024 bytes".to_owned(), "1024 bytes".to_owned()),
            ("one more", too_large.to_owned(), too_large.to_owned()),
            ("sparse", too_large.to_owned(), too_large.to_owned()),
            ("folder", is("a directory"), is("a directory")),
            ("socket", is("a socket"), is("a socket")),
            ("zero", is("a device"), is("a device")),
            (
                "pipe",
                is("a pipe"),
                "the pipe is empty: nothing writes to it".to_owned(),
            ),
        ] {
            assert_eq!(read_result(&path(name), Accept::Files), files, "{name}");
            assert_eq!(read_result(&path(name), Accept::FilesAndPipes), pipes, "{name}");
        }
        assert!(read(&path("none"), LIMIT, Accept::Files).unwrap_err().is_not_found());
    }

    #[test]
    fn a_pipe_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        fifo(&path);
        // Open at both ends, so that the reader does not see an end before the writer starts.
        let kept = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        let opened = open(&path, Accept::FilesAndPipes).unwrap();
        io::Write::write_all(&mut writer, b"first ").unwrap();
        let writing = std::thread::spawn(move || {
            io::Write::write_all(&mut writer, b"and last").unwrap();
            drop((writer, kept));
        });
        assert_eq!(opened.read(LIMIT).unwrap(), b"first and last");
        writing.join().unwrap();
    }

    #[test]
    fn a_pipe_may_not_take_for_ever() {
        let (silent, whole) = (Duration::from_millis(20), Duration::from_millis(60));
        let patience = Patience { silent, total: whole };
        struct Nothing;
        impl io::Read for Nothing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(ErrorKind::WouldBlock.into())
            }
        }
        let error = read_pipe(&mut Nothing, LIMIT, patience).unwrap_err();
        assert!(matches!(error, ReadError::SilentPipe(_)), "{error}");
        let error = read_pipe(
            &mut io::repeat(0),
            u64::MAX - 1,
            Patience {
                silent: whole,
                total: silent,
            },
        )
        .unwrap_err();
        assert!(matches!(error, ReadError::EndlessPipe(_)), "{error}");
        let error = read_pipe(&mut io::repeat(0), LIMIT, patience).unwrap_err();
        assert!(matches!(error, ReadError::TooLarge(LIMIT)), "{error}");
    }

    #[test]
    fn sizes_as_people_say_them() {
        assert_eq!(
            [64 << 10, 256 << 20, 1 << 30, 100].map(format_size),
            ["64 KiB", "256 MiB", "1 GiB", "100 bytes"]
        );
    }
}
