//! Where quietdesk remembers: `--state-dir`, systemd's state directory, or the user's own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Failure;
use super::args::ConnectionArgs;
use super::exit::Exit;
use crate::engine::state::{Opener, Rotation, State, StateError, approvals, read_ledger};
use crate::jira::{BaseUrl, Settings};
use crate::model::ledger::Ledger;

/// Where systemd says it is, where the unit asks for one.
const SYSTEMD: &str = "STATE_DIRECTORY";

/// There is no place to remember anything.
#[derive(Debug, thiserror::Error)]
#[error("no state directory is named: give --state-dir, or --url and set HOME")]
struct NoFolder;

/// Opens the state of a site for writing. A simulated Jira has none unless one is named: nothing is left behind.
///
/// # Errors
/// When another quietdesk writes there, it belongs to another site, or cannot be used.
pub(super) fn open(
    args: &ConnectionArgs,
    site: &Settings,
    command: &str,
    rotation: Rotation,
) -> Result<Option<State>, Failure> {
    let Some(folder) = folder(args, site)? else {
        return Ok(None);
    };
    let opener = Opener {
        rotation,
        ..Opener::new(command, Timestamp::now)
    };
    let opened = State::open(&folder, &site.url.to_string(), opener);
    opened.map(Some).map_err(failure)
}

/// What is remembered of a site, beside whoever writes there. Makes nothing.
///
/// # Errors
/// As [`open`].
pub(super) fn read(args: &ConnectionArgs, site: &Settings) -> Result<Option<Ledger>, Failure> {
    match folder(args, site) {
        Ok(Some(folder)) => read_ledger(&folder, &site.url.to_string()).map_err(failure),
        // Whoever only looks needs no memory.
        Ok(None) | Err(_) => Ok(None),
    }
}

/// The command that lists who is to be handed off; nothing where nothing is remembered.
pub(super) fn hand_off_command(args: &ConnectionArgs, site: &Settings) -> Option<String> {
    let folder = folder(args, site).ok()??;
    let url = site.url.to_string();
    // Below the user's own folder the address says which one it is.
    let below_users = folder_below_users(Some(&url)).ok();
    let place = match below_users.is_some_and(|own| own == folder) {
        true => format!("--url {url}"),
        false => format!("--state-dir {}", for_a_shell(&folder)),
    };
    Some(format!("quietdesk handoff {place}"))
}

fn folder(args: &ConnectionArgs, site: &Settings) -> Result<Option<PathBuf>, Failure> {
    if args.sandbox && args.state_dir.is_none() {
        return Ok(None);
    }
    folder_of(args.state_dir.as_deref(), Some(&site.url.to_string())).map(Some)
}

/// The state directory named, else systemd's, else the site's own below the user's.
///
/// # Errors
/// When there is none, with exit code 3.
pub(super) fn folder_of(named: Option<&Path>, url: Option<&str>) -> Result<PathBuf, Failure> {
    if let Some(folder) = named {
        return Ok(folder.to_owned());
    }
    let folders = std::env::var_os(SYSTEMD);
    if let Some(folder) = folders.and_then(|folders| std::env::split_paths(&folders).next()) {
        return Ok(folder);
    }
    folder_below_users(url)
}

fn folder_below_users(url: Option<&str>) -> Result<PathBuf, Failure> {
    let absolute = |name: &str, below: &str| {
        let base = PathBuf::from(std::env::var_os(name)?);
        base.is_absolute().then(|| base.join(below))
    };
    let base = absolute("XDG_STATE_HOME", "").or_else(|| absolute("HOME", ".local/state"));
    let (Some(base), Some(url)) = (base, url) else {
        return Err(Failure::new(Exit::Invalid, NoFolder));
    };
    // One for each site, since state belongs to one.
    Ok(base.join("quietdesk").join(site_name(url)))
}

/// Nothing was ever remembered there: more likely the wrong place than the truth.
#[derive(Debug, thiserror::Error)]
#[error("there is no state directory {}; name the one that `apply` or `run` uses, with --state-dir or --url", .0.display())]
struct NoState(PathBuf);

/// The same, which must be there already.
///
/// # Errors
/// When it is not, or the address is none, with exit code 3.
pub(super) fn existing(named: Option<&Path>, url: Option<&str>) -> Result<PathBuf, Failure> {
    let url = url.map(BaseUrl::parse).transpose();
    let url = url.map_err(|error| Failure::new(Exit::Invalid, error))?;
    let url = url.map(|url| url.to_string());
    let folder = folder_of(named, url.as_deref())?;
    match folder.is_dir() {
        true => Ok(folder),
        false => Err(Failure::new(Exit::Invalid, NoState(folder))),
    }
}

/// What is approved of, for whoever only looks; nothing where that cannot be read.
pub(super) fn approved(args: &ConnectionArgs, site: &Settings, ledger: &Ledger, now: i64) -> BTreeSet<String> {
    let folder = folder(args, site).ok().flatten();
    let approved = folder.and_then(|folder| approvals(&folder, ledger.history(), now).ok());
    approved.unwrap_or_default().into_keys().collect()
}

/// A path as it is typed.
fn for_a_shell(path: &Path) -> String {
    let text = path.display().to_string();
    match text.chars().all(|c| c.is_alphanumeric() || "/._-+:@,".contains(c)) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// An address as the name of a folder.
fn site_name(url: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '-' {
            c
        } else {
            '_'
        }
    };
    let name: String = url.rsplit("://").next().unwrap_or(url).chars().map(plain).collect();
    name.trim_matches(['.', '_']).to_owned()
}

/// A state that cannot be used, with its exit code.
pub(super) fn failure(error: StateError) -> Failure {
    let exit = match &error {
        StateError::Unsafe { .. } | StateError::OtherSite { .. } | StateError::Newer { .. } => Exit::Invalid,
        // These may mend themselves, so that a service manager may try again.
        StateError::InUse { .. } | StateError::File { .. } | StateError::Damaged { .. } | StateError::Busy { .. } => {
            Exit::Internal
        }
    };
    Failure::new(exit, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_as_it_is_typed() {
        assert_eq!(for_a_shell(Path::new("/var/lib/quietdesk")), "/var/lib/quietdesk");
        assert_eq!(for_a_shell(Path::new("it's here")), r"'it'\''s here'");
    }

    #[test]
    fn an_address_as_a_folder() {
        assert_eq!(site_name("https://acme.atlassian.net"), "acme.atlassian.net");
        assert_eq!(
            site_name("https://jira.example.com:8443/jira/"),
            "jira.example.com_8443_jira"
        );
        assert_eq!(site_name("http://../../x"), "x");
    }
}
