//! Selects the state directory of a command, by the same rules for every command.
//!
//! `--state-dir`, else systemd's, else the site's state in the default locations, by any address of the site: those of
//! services first, so that root's commands use the service's state. If no state knows an address, asks Jira which site
//! it is. Owns the detection of two states of one site.

mod known_states;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::{info, warn};

use self::known_states::{KnownState, all_states, folder_name, services_folder, user_states_folder};
use super::Failure;
use super::args::ConnectionArgs;
use super::exit::Exit;
use crate::engine::state::StateError;
use crate::jira::{BaseUrl, JiraRead, Settings};

/// Environment variable that systemd sets for units with `StateDirectory=`.
const SYSTEMD: &str = "STATE_DIRECTORY";

/// The selected state directory, which need not exist yet.
#[derive(Debug)]
pub(super) struct StateDir {
    pub folder: PathBuf,
    /// The URL given on the command line.
    url: Option<String>,
    selection: Selection,
    /// The existing state in the folder.
    state: Option<KnownState>,
    /// The base URL that Jira reported, if it had to be asked.
    reported_url: Option<String>,
    warned: AtomicBool,
}

/// How the folder was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selection {
    /// By `--state-dir`.
    StateDirFlag,
    /// By systemd.
    Systemd,
    /// By an existing state of the site.
    ExistingState,
    /// By the default location of a new state of the user.
    UserDefault,
}

/// Why no state directory could be selected.
#[derive(Debug, thiserror::Error)]
enum StateDirError {
    #[error("no state directory: give --state-dir, or give --url and set HOME")]
    NoFolder,
    #[error("several sites have a state directory; choose one with --url or --state-dir: {0}")]
    SeveralSites(String),
    #[error(
        "the state directory {} does not exist; give the one `apply` or `run` uses, with --state-dir or --url{hint}",
        folder.display()
    )]
    Missing { folder: PathBuf, hint: &'static str },
    #[error(transparent)]
    Unusable(Arc<StateError>),
    #[error(
        "{site} has two state directories, {} and {}, each with only a part of the history; nothing was changed. Stop \
         every quietdesk of this site, keep the one in use, move the other out of this folder, and start again; or \
         choose one with --state-dir", first.display(), second.display()
    )]
    DuplicateStateCheck {
        site: String,
        first: PathBuf,
        second: PathBuf,
    },
    #[error(
        "the state directory {} belongs to {site}, and Jira at {url} does not respond to confirm that it is the same \
         site; try again, give --url {site}, or choose another directory with --state-dir", folder.display()
    )]
    SiteUnknown {
        folder: PathBuf,
        site: String,
        url: String,
        source: crate::jira::ConnectError,
    },
}

fn invalid(error: StateDirError) -> Failure {
    Failure::new(Exit::Invalid, error)
}

impl StateDir {
    /// Selects the folder given, else systemd's, else that of a state of the site, else the user's default. Makes no
    /// request.
    ///
    /// # Errors
    /// When there is none, or several match, with exit code 3.
    pub(super) fn find(named: Option<&Path>, url: Option<&str>) -> Result<Self, Failure> {
        let by_systemd = || {
            let folders = std::env::var_os(SYSTEMD)?;
            std::env::split_paths(&folders).next()
        };
        let (folder, how) = match named {
            Some(folder) => (folder.to_owned(), Selection::StateDirFlag),
            None => match by_systemd() {
                Some(folder) => (folder, Selection::Systemd),
                None => return Self::search(url),
            },
        };
        Ok(Self::new(folder, how, url, None))
    }

    fn search(url: Option<&str>) -> Result<Self, Failure> {
        let states = all_states();
        let found = match url {
            Some(url) => states.into_iter().find(|known| known.has_address(url)),
            None if states.len() > 1 => {
                let names = states
                    .iter()
                    .map(|it| format!("{} ({})", it.identity(), it.folder.display()));
                return Err(invalid(StateDirError::SeveralSites(
                    names.collect::<Vec<_>>().join(", "),
                )));
            }
            None => states.into_iter().next(),
        };
        if let Some(problem) = found.as_ref().and_then(|known| known.unusable.clone()) {
            return Err(invalid(StateDirError::Unusable(problem)));
        }
        match (found, user_states_folder(), url) {
            (Some(known), _, _) => Ok(Self::new(
                known.folder.clone(),
                Selection::ExistingState,
                url,
                Some(known),
            )),
            (None, Some(base), Some(url)) => Ok(Self::new(
                base.join(folder_name(url)),
                Selection::UserDefault,
                Some(url),
                None,
            )),
            (None, _, _) => Err(invalid(StateDirError::NoFolder)),
        }
    }

    fn new(folder: PathBuf, how: Selection, url: Option<&str>, known: Option<KnownState>) -> Self {
        Self {
            state: known.or_else(|| KnownState::load(&folder)),
            folder,
            url: url.map(str::to_owned),
            selection: how,
            reported_url: None,
            warned: AtomicBool::new(false),
        }
    }

    /// Like [`StateDir::find`], for commands that make no requests: the state must exist.
    ///
    /// # Errors
    /// When it does not exist, there are two, or the URL is invalid, with exit code 3.
    pub(super) fn find_existing(named: Option<&Path>, url: Option<&str>) -> Result<Self, Failure> {
        let url = url.map(BaseUrl::parse).transpose();
        let url = url.map_err(|error| Failure::new(Exit::Invalid, error))?;
        let place = Self::find(named, url.map(|url| url.to_string()).as_deref())?;
        if !place.folder.is_dir() {
            let hint = match services_folder().is_dir() && place.selection == Selection::UserDefault {
                true => "; only root can read the state of a service: try sudo",
                false => "",
            };
            return Err(invalid(StateDirError::Missing {
                folder: place.folder,
                hint,
            }));
        }
        place.check_other_states(None)?;
        Ok(place)
    }

    /// Like [`StateDir::find`], for commands that make requests. If no state knows the URL, asks Jira which site it is.
    /// Returns `None` if no state is kept. With `waits` false (`run`), a Jira that does not respond is no error.
    ///
    /// # Errors
    /// When there are two states of the site, or its site is unknown.
    pub(super) async fn resolve(args: &ConnectionArgs, site: &Settings, waits: bool) -> Result<Option<Self>, Failure> {
        let Some(mut place) = Self::from_connection(args, site)? else {
            return Ok(None);
        };
        if place.is_site_uncertain() {
            place.identify_site(site, waits).await?;
        }
        place.check_other_states(None)?;
        Ok(Some(place))
    }

    fn from_connection(args: &ConnectionArgs, site: &Settings) -> Result<Option<Self>, Failure> {
        if args.sandbox && args.state_dir.is_none() {
            return Ok(None);
        }
        match Self::find(args.state_dir.as_deref(), Some(&site.url.to_string())) {
            // Reading needs no state; a command that needs one fails when it opens it.
            Err(failure) if matches!(failure.error.downcast_ref(), Some(StateDirError::NoFolder)) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Returns whether Jira must be asked which site the state belongs to.
    fn is_site_uncertain(&self) -> bool {
        let url = self.url.as_deref().unwrap_or_default();
        match (&self.state, self.selection) {
            (Some(known), _) => !known.has_address(url),
            (None, Selection::UserDefault) => !self.folder.exists() && !all_states().is_empty(),
            (None, Selection::StateDirFlag | Selection::Systemd | Selection::ExistingState) => false,
        }
    }

    /// Asks Jira for its base URL, and selects the state of that site.
    async fn identify_site(&mut self, site: &Settings, waits: bool) -> Result<(), Failure> {
        let mut settings = site.clone();
        if !waits {
            settings.patience = settings.patience.min(std::time::Duration::from_secs(20));
        }
        let own = match JiraRead::reach(settings).await {
            Ok(jira) => jira.base_url().to_owned(),
            Err(unreached) => {
                let exit = Exit::from_connect_error(&unreached.error);
                return match (&self.state, exit) {
                    _ if site.stop.is_cancelled() => Ok(()),
                    (Some(known), Exit::Unreachable) => Err(Failure::new(
                        exit,
                        StateDirError::SiteUnknown {
                            folder: self.folder.clone(),
                            site: known.identity().to_owned(),
                            url: site.url.to_string(),
                            source: unreached.error,
                        },
                    )),
                    (None, Exit::Unreachable) if waits => Err(Failure::new(exit, unreached.error)),
                    // Reported when signing in or opening the state.
                    _ => Ok(()),
                };
            }
        };
        match &self.state {
            Some(known) if known.has_address(&own) => self.reported_url = Some(own),
            Some(_) => {}
            None => {
                if let Some(known) = all_states().into_iter().find(|known| known.has_address(&own)) {
                    if let Some(problem) = known.unusable {
                        return Err(invalid(StateDirError::Unusable(problem)));
                    }
                    (self.folder, self.selection) = (known.folder.clone(), Selection::ExistingState);
                    (self.state, self.reported_url) = (Some(known), Some(own));
                }
            }
        }
        Ok(())
    }

    /// Checks, once Jira has reported its base URL `own`, that no other state belongs to this site.
    ///
    /// # Errors
    /// When one with the same parent folder does, with exit code 3.
    pub(super) fn check_reported_site(&self, own: &str) -> Result<(), Failure> {
        self.check_other_states(Some(own))
    }

    /// Looks for other states of the site. One with the same parent folder is an error, unless `--state-dir` was given;
    /// one elsewhere is logged.
    fn check_other_states(&self, own: Option<&str>) -> Result<(), Failure> {
        let is_of_site = |other: &KnownState| {
            let by_address = [self.url.as_deref(), own].into_iter().flatten();
            let by_site = self.state.as_ref().filter(|known| self.is_same_site(known));
            by_address.into_iter().any(|address| other.has_address(address))
                || by_site.is_some_and(|known| known.is_same_site_as(other))
        };
        let others = all_states().into_iter().filter(|other| !other.is_in(&self.folder));
        for other in others.filter(is_of_site) {
            if self.selection != Selection::StateDirFlag && other.is_sibling_of(&self.folder) {
                return Err(invalid(StateDirError::DuplicateStateCheck {
                    site: own.unwrap_or_else(|| other.identity()).to_owned(),
                    first: self.folder.clone(),
                    second: other.folder,
                }));
            }
            if !self.warned.swap(true, Ordering::Relaxed) {
                warn!(
                    used = %self.folder.display(),
                    other = %other.folder.display(),
                    "this site has another state directory, which is not used; move it away once it is no longer in use"
                );
            }
        }
        Ok(())
    }

    /// Returns whether the state in the folder is known to belong to this site.
    fn is_same_site(&self, known: &KnownState) -> bool {
        self.reported_url.is_some() || self.url.as_deref().is_none_or(|url| known.has_address(url))
    }

    /// Returns the URL recorded in the state's files: always the same, whichever URL is given.
    pub(super) fn recorded_url(&self) -> &str {
        let known = self.state.as_ref().filter(|known| self.is_same_site(known));
        known.map_or_else(|| self.url.as_deref().unwrap_or_default(), KnownState::recorded_url)
    }

    /// Returns the base URL that Jira reported and the URL it was reached by, if the state does not know them yet.
    pub(super) fn new_addresses(&self) -> Option<(&str, &str)> {
        Some((self.reported_url.as_deref()?, self.url.as_deref()?))
    }

    /// Returns whether an address belongs to the site of this state.
    pub(super) fn has_address(&self, address: &str) -> bool {
        let known = self.state.as_ref().filter(|known| self.is_same_site(known));
        known.is_some_and(|known| known.has_address(address))
    }

    /// Returns the flag that selects this state, for any user who may read it.
    pub(super) fn flag(&self) -> String {
        let by_address = |url: &str| match self.selection {
            Selection::ExistingState | Selection::UserDefault => true,
            // Below the user's own folder, the URL identifies it.
            Selection::StateDirFlag | Selection::Systemd => {
                user_states_folder().is_some_and(|base| base.join(folder_name(url)) == self.folder)
            }
        };
        match self.url.as_deref().filter(|url| by_address(url)) {
            Some(url) => format!("--url {}", quote_for_shell(url)),
            None => format!("--state-dir {}", quote_for_shell(&self.folder.display().to_string())),
        }
    }

    /// Returns the flag that selects the state of the site at a URL, or `None` if there is none here.
    pub(super) fn flag_for_url(url: &str) -> Option<String> {
        let place = Self::find(None, Some(url)).ok()?;
        place.state.is_some().then(|| place.flag())
    }

    /// Logs the site, the user of the token, and the state directory.
    pub(super) fn log(&self, user: Option<&str>) {
        let known = self.state.as_ref().filter(|known| self.is_same_site(known));
        let url = self.url.as_deref().unwrap_or_default();
        let site = known.map_or(url, KnownState::identity);
        let by = Some(url).filter(|url| *url != site);
        let state = self.folder.display();
        match known {
            Some(_) => info!(site, by, user, %state, "using this site and its state"),
            None => info!(site, user, %state, "using this site; no state of it yet"),
        }
    }

    /// Returns the site and the state directory as text, for commands that do not log.
    pub(super) fn description(&self) -> String {
        let site = self.state.as_ref().map(|known| format!(" of {}", known.identity()));
        format!("state{}: {}", site.unwrap_or_default(), self.folder.display())
    }
}

/// Quotes a word for a shell.
fn quote_for_shell(text: &str) -> String {
    match text.chars().all(|c| c.is_alphanumeric() || "/._-+:@,".contains(c)) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_as_it_is_typed() {
        assert_eq!(quote_for_shell("/var/lib/quietdesk"), "/var/lib/quietdesk");
        assert_eq!(quote_for_shell("it's here"), r"'it'\''s here'");
    }
}
