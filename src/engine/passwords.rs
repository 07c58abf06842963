//! First passwords: generated, or read from the `--passwords` file. Data Center only.
//!
//! A password goes to Jira and to the hand-off file, and never to a log, plan, error or audit journal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rand::TryRng as _;
use rand::rngs::SysRng;
use secrecy::SecretString;

use crate::files::{self, Accept, ReadError};
use crate::model::email::{Email, EmailKey};
use crate::model::name::is_hostile;
use crate::model::roster::InitialPassword;

/// Length of a generated password.
const LENGTH: usize = 20;
/// Letters and digits that cannot be confused in print.
const LOWER: &[u8] = b"abcdefghjkmnpqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS: &[u8] = b"23456789";
/// Some password policies require a symbol; none of these needs quoting.
const SYMBOLS: &[u8] = b"-+=";
/// Permissions of group and others.
const OTHERS: u32 = 0o077;
/// Largest passwords file, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The first passwords of a file, by e-mail. Masked in every rendering.
#[derive(Clone, Default)]
pub struct Passwords(BTreeMap<EmailKey, SecretString>);

/// Why a first password is not available.
#[derive(Debug, thiserror::Error)]
pub enum PasswordsError {
    /// The file cannot be read.
    #[error("cannot read the passwords file {}; check --passwords and the permissions of the file", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: ReadError,
    },
    /// Group or others can read the file.
    #[error("the passwords file {} can be read by other users; run `chmod 600` on it", path.display())]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
    },
    /// Lines of the file are invalid. Never contains a password.
    #[error("the passwords file {} is invalid: {}; correct these lines", path.display(), problems.join("; "))]
    InvalidLines {
        /// The file.
        path: PathBuf,
        /// One problem per line of the file.
        problems: Vec<String>,
    },
    /// The operating system provides no random numbers.
    #[error("cannot generate a password: the operating system provides no random numbers")]
    NoRandomness(#[source] rand::rngs::SysError),
    /// The file has no password for an address.
    #[error("the passwords file has no line for this address; add one, or set `initial_password: generate`")]
    NoPassword,
}

impl Passwords {
    /// Reads a CSV file of `email,password`; a first line of exactly these two words is a header.
    ///
    /// # Errors
    /// When the file cannot be read, other users can read it, or any line is invalid (all such lines are reported).
    pub fn read(path: &Path, accept: Accept) -> Result<Self, PasswordsError> {
        let unreadable = |source| PasswordsError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let file = files::open(path, accept).map_err(unreadable)?;
        if file.mode() & OTHERS != 0 {
            return Err(PasswordsError::ReadableByOthers { path: path.to_owned() });
        }
        let text = file.read(LARGEST).map_err(unreadable)?;
        Self::parse(&text).map_err(|problems| PasswordsError::InvalidLines {
            path: path.to_owned(),
            problems,
        })
    }

    fn parse(text: &[u8]) -> Result<Self, Vec<String>> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut rows = csv::ReaderBuilder::new();
        let mut rows = rows.has_headers(false).flexible(true).from_reader(text);
        let (mut passwords, mut problems) = (BTreeMap::new(), Vec::new());
        for (at, row) in rows.records().enumerate() {
            // The library's error message would contain the line.
            let Ok(row) = row else {
                problems.push(format!("line {}: invalid UTF-8", at + 1));
                continue;
            };
            let line = row.position().map_or(at as u64 + 1, csv::Position::line);
            let fields: Vec<&str> = row.iter().collect();
            match fields.as_slice() {
                ["email", "password"] if at == 0 => {}
                [email, password] => match parse_row(email, password, &passwords) {
                    Ok(key) => {
                        passwords.insert(key, SecretString::from(*password));
                    }
                    Err(why) => problems.push(format!("line {line}: {why}")),
                },
                _ => problems.push(format!(
                    "line {line}: expected `email,password`; put quotes around a password that contains a comma"
                )),
            }
        }
        match problems.is_empty() {
            true => Ok(Self(passwords)),
            false => Err(problems),
        }
    }

    /// Returns the e-mails that have a password.
    #[must_use]
    pub fn emails(&self) -> BTreeSet<EmailKey> {
        self.0.keys().cloned().collect()
    }

    /// Returns a first password for an address: generated, or the one in the file.
    ///
    /// # Errors
    /// When the system provides no random numbers, or the file has no password for the address.
    pub fn password(&self, email: &EmailKey, kind: InitialPassword) -> Result<SecretString, PasswordsError> {
        match kind {
            InitialPassword::Generate => generate(),
            InitialPassword::Provided => self.0.get(email).cloned().ok_or(PasswordsError::NoPassword),
        }
    }
}

fn parse_row(email: &str, password: &str, known: &BTreeMap<EmailKey, SecretString>) -> Result<EmailKey, &'static str> {
    let email = Email::parse(email.trim()).map_err(|_| "the first column is not an e-mail address")?;
    if password.is_empty() {
        return Err("the password is empty");
    }
    if password.chars().any(is_hostile) {
        return Err("the password contains a control character");
    }
    match known.contains_key(email.key()) {
        true => Err("the address already has a password"),
        false => Ok(email.key().clone()),
    }
}

/// Generates a password from the operating system's random numbers. It starts with a letter, so that spreadsheets do
/// not read it as a formula.
///
/// # Errors
/// When the system provides no random numbers.
pub fn generate() -> Result<SecretString, PasswordsError> {
    let alphabet = [LOWER, UPPER, DIGITS, SYMBOLS].concat();
    loop {
        let mut password = String::with_capacity(LENGTH);
        while password.len() < LENGTH {
            password.push(char::from(random_byte_of(&alphabet)?));
        }
        // Rejecting the whole password keeps the distribution uniform.
        let has = |set: &[u8]| password.bytes().any(|byte| set.contains(&byte));
        let fits = password.starts_with(|first: char| first.is_ascii_alphabetic());
        if fits && has(LOWER) && has(UPPER) && has(DIGITS) && has(SYMBOLS) {
            return Ok(SecretString::from(password));
        }
    }
}

/// Returns one byte of the alphabet, uniformly distributed.
fn random_byte_of(alphabet: &[u8]) -> Result<u8, PasswordsError> {
    // The largest multiple of the alphabet's length that fits into a byte.
    let even = 256 - 256 % alphabet.len();
    loop {
        let mut byte = [0];
        SysRng.try_fill_bytes(&mut byte).map_err(PasswordsError::NoRandomness)?;
        if usize::from(byte[0]) < even {
            return Ok(alphabet[usize::from(byte[0]) % alphabet.len()]);
        }
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Passwords({} of them)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn made_passwords_have_no_look_alikes_and_every_sort_of_character() {
        let mut made = BTreeSet::new();
        for _ in 0..500 {
            let password = generate().unwrap().expose_secret().to_owned();
            assert_eq!(password.len(), LENGTH);
            assert!(
                !password.contains(['0', 'O', 'o', '1', 'l', 'I', 'i', '|']),
                "{password}"
            );
            for set in [LOWER, UPPER, DIGITS, SYMBOLS] {
                assert!(password.bytes().any(|byte| set.contains(&byte)), "{password}");
            }
            assert!(made.insert(password));
        }
    }

    #[test]
    fn every_character_is_drawn_as_often_as_any_other() {
        let alphabet = [LOWER, UPPER, DIGITS, SYMBOLS].concat();
        let mut counts = [0_u32; 256];
        let draws = 58 * 1000;
        for _ in 0..draws {
            counts[usize::from(random_byte_of(&alphabet).unwrap())] += 1;
        }
        for byte in alphabet {
            let count = counts[usize::from(byte)];
            // Seven standard deviations of a fair draw.
            assert!((780..1220).contains(&count), "{}: {count}", char::from(byte));
        }
    }

    #[test]
    fn the_passwords_of_a_file() {
        let passwords =
            Passwords::parse("\u{feff}email,password\nAda@Example.com,\"a,b\"\r\nb@example.com, x \n".as_bytes());
        let passwords = passwords.unwrap();
        let of = |email: &str| {
            let found = passwords.password(&EmailKey::from_address(email), InitialPassword::Provided);
            found.map(|password| password.expose_secret().to_owned()).ok()
        };
        assert_eq!(of("ada@example.com").as_deref(), Some("a,b"));
        assert_eq!(of("b@example.com").as_deref(), Some(" x "));
        assert_eq!(of("c@example.com"), None);
        assert_eq!(passwords.emails().len(), 2);
        assert_eq!(format!("{passwords:?}"), "Passwords(2 of them)");
    }

    #[test]
    fn every_invalid_line_is_reported_without_its_password() {
        let text = "a@example.com,s3cret\nA@example.com,other-s3cret\nno-address,s3cret\nb@example.com,\nc@example.com\nd@example.com,s3,cret\ne@example.com,\"s3\u{7}cret\"\n";
        let problems = Passwords::parse(text.as_bytes()).unwrap_err();
        assert_eq!(
            problems,
            [
                "line 2: the address already has a password",
                "line 3: the first column is not an e-mail address",
                "line 4: the password is empty",
                "line 5: expected `email,password`; put quotes around a password that contains a comma",
                "line 6: expected `email,password`; put quotes around a password that contains a comma",
                "line 7: the password contains a control character",
            ]
        );
        assert!(Passwords::parse(b"a@example.com,\xff\xfe\n").is_err());
    }

    #[test]
    fn a_file_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passwords.csv");
        std::fs::write(&path, "a@example.com,s3cret\n").unwrap();
        for (mode, refused) in [
            (0o644, true),
            (0o640, true),
            (0o604, true),
            (0o600, false),
            (0o400, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = Passwords::read(&path, Accept::Files);
            assert_eq!(
                matches!(read, Err(PasswordsError::ReadableByOthers { .. })),
                refused,
                "{mode:o}"
            );
        }
        assert!(matches!(
            Passwords::read(&folder.path().join("none"), Accept::Files),
            Err(PasswordsError::Unreadable { .. })
        ));
    }
}
