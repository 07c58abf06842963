//! Where quietdesk remembers: which state directory a command uses, decided once and the same for every command.
//!
//! `--state-dir`, else systemd's, else the state of the site in the usual places, by whatever address of it: those of
//! services first, so that root's commands serve the service. Where no state knows an address, Jira is asked which site
//! that is. Owns that two states of one site are found out.

mod known;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::{info, warn};

use self::known::{Known, all, below_users, folder_name, services};
use super::Failure;
use super::args::ConnectionArgs;
use super::exit::Exit;
use crate::engine::state::StateError;
use crate::jira::{BaseUrl, JiraRead, Settings};

/// Where systemd says it is, where the unit asks for one.
const SYSTEMD: &str = "STATE_DIRECTORY";

/// A state directory, which need not be there yet.
#[derive(Debug)]
pub(super) struct Place {
    /// The folder.
    pub folder: PathBuf,
    /// The address that was typed.
    url: Option<String>,
    how: How,
    /// What is known of whoever's state is there.
    known: Option<Known>,
    /// What Jira named itself by, where it had to be asked.
    asked: Option<String>,
    warned: AtomicBool,
}

/// How the folder was decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// By name.
    Named,
    /// By systemd.
    Systemd,
    /// It is where a state of the site was found.
    Found,
    /// It is where the user's own state of the site is to be.
    New,
}

/// What keeps a place from being used.
#[derive(Debug, thiserror::Error)]
enum PlaceError {
    #[error("no state directory is named: give --state-dir, or --url and set HOME")]
    NoFolder,
    #[error("there are states of several sites here; say which with --url or --state-dir: {0}")]
    Several(String),
    #[error(
        "there is no state directory {}; name the one that `apply` or `run` uses, with --state-dir or --url{hint}",
        folder.display()
    )]
    Missing { folder: PathBuf, hint: &'static str },
    #[error(transparent)]
    Unusable(Arc<StateError>),
    #[error(
        "{site} has two states, {} and {}, and each knows only a part; nothing was changed. Stop every quietdesk of this \
         site, keep the one that is in use, move the other out of this folder, and start again; or name the one to use \
         with --state-dir", first.display(), second.display()
    )]
    Two {
        site: String,
        first: PathBuf,
        second: PathBuf,
    },
    #[error(
        "the state directory {} belongs to {site}, and Jira does not answer at {url}, so that nobody can say whether it is \
         the same; try again, give --url {site}, or name another directory with --state-dir", folder.display()
    )]
    Unasked {
        folder: PathBuf,
        site: String,
        url: String,
        source: crate::jira::ConnectError,
    },
}

fn invalid(error: PlaceError) -> Failure {
    Failure::new(Exit::Invalid, error)
}

impl Place {
    /// The folder named, else systemd's, else that of a state of the site, else where the user's own is to be. Asks nobody.
    ///
    /// # Errors
    /// When there is none, or it cannot be told which, with exit code 3.
    pub(super) fn find(named: Option<&Path>, url: Option<&str>) -> Result<Self, Failure> {
        let by_systemd = || {
            let folders = std::env::var_os(SYSTEMD)?;
            std::env::split_paths(&folders).next()
        };
        let (folder, how) = match named {
            Some(folder) => (folder.to_owned(), How::Named),
            None => match by_systemd() {
                Some(folder) => (folder, How::Systemd),
                None => return Self::search(url),
            },
        };
        Ok(Self::of(folder, how, url, None))
    }

    fn search(url: Option<&str>) -> Result<Self, Failure> {
        let states = all();
        let found = match url {
            Some(url) => states.into_iter().find(|known| known.is_of(url)),
            None if states.len() > 1 => {
                let names = states
                    .iter()
                    .map(|it| format!("{} ({})", it.identity(), it.folder.display()));
                return Err(invalid(PlaceError::Several(names.collect::<Vec<_>>().join(", "))));
            }
            None => states.into_iter().next(),
        };
        if let Some(problem) = found.as_ref().and_then(|known| known.unusable.clone()) {
            return Err(invalid(PlaceError::Unusable(problem)));
        }
        match (found, below_users(), url) {
            (Some(known), _, _) => Ok(Self::of(known.folder.clone(), How::Found, url, Some(known))),
            (None, Some(base), Some(url)) => Ok(Self::of(base.join(folder_name(url)), How::New, Some(url), None)),
            (None, _, _) => Err(invalid(PlaceError::NoFolder)),
        }
    }

    fn of(folder: PathBuf, how: How, url: Option<&str>, known: Option<Known>) -> Self {
        Self {
            known: known.or_else(|| Known::at(&folder)),
            folder,
            url: url.map(str::to_owned),
            how,
            asked: None,
            warned: AtomicBool::new(false),
        }
    }

    /// The same for commands that ask Jira nothing: the state must be there already. Says which it is.
    ///
    /// # Errors
    /// When it is not, there are two, or the address is none, with exit code 3.
    pub(super) fn existing(named: Option<&Path>, url: Option<&str>) -> Result<Self, Failure> {
        let url = url.map(BaseUrl::parse).transpose();
        let url = url.map_err(|error| Failure::new(Exit::Invalid, error))?;
        let place = Self::find(named, url.map(|url| url.to_string()).as_deref())?;
        if !place.folder.is_dir() {
            let hint = match services().is_dir() && place.how == How::New {
                true => "; a service's is root's to see: try it with sudo",
                false => "",
            };
            return Err(invalid(PlaceError::Missing {
                folder: place.folder,
                hint,
            }));
        }
        place.meet(None)?;
        Ok(place)
    }

    /// The same for commands that go on to ask Jira. Where no state knows the address, Jira is asked which site it is.
    /// Nothing where nothing is to be remembered. Whoever waits for nobody (`run`) is not kept from starting by a Jira that
    /// does not answer.
    ///
    /// # Errors
    /// When there are two states of the site, or it cannot be told whose it is.
    pub(super) async fn settle(args: &ConnectionArgs, site: &Settings, waits: bool) -> Result<Option<Self>, Failure> {
        let Some(mut place) = Self::of_connection(args, site)? else {
            return Ok(None);
        };
        if place.is_in_doubt() {
            place.ask(site, waits).await?;
        }
        place.meet(None)?;
        Ok(Some(place))
    }

    fn of_connection(args: &ConnectionArgs, site: &Settings) -> Result<Option<Self>, Failure> {
        if args.sandbox && args.state_dir.is_none() {
            return Ok(None);
        }
        match Self::find(args.state_dir.as_deref(), Some(&site.url.to_string())) {
            // Looking on needs no memory; a command that needs one says so when it opens it.
            Err(failure) if matches!(failure.error.downcast_ref(), Some(PlaceError::NoFolder)) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Whether it cannot be told from the address whose state it is.
    fn is_in_doubt(&self) -> bool {
        let url = self.url.as_deref().unwrap_or_default();
        match (&self.known, self.how) {
            (Some(known), _) => !known.is_of(url),
            (None, How::New) => !self.folder.exists() && !all().is_empty(),
            (None, How::Named | How::Systemd | How::Found) => false,
        }
    }

    /// Asks Jira by which name it goes, and takes the state of that one.
    async fn ask(&mut self, site: &Settings, waits: bool) -> Result<(), Failure> {
        let mut settings = site.clone();
        if !waits {
            settings.patience = settings.patience.min(std::time::Duration::from_secs(20));
        }
        let own = match JiraRead::reach(settings).await {
            Ok(jira) => jira.own_address().to_owned(),
            Err(unreached) => {
                let exit = Exit::of_connect_error(&unreached.error);
                return match (&self.known, exit) {
                    _ if site.stop.is_cancelled() => Ok(()),
                    (Some(known), Exit::Unreachable) => Err(Failure::new(
                        exit,
                        PlaceError::Unasked {
                            folder: self.folder.clone(),
                            site: known.identity().to_owned(),
                            url: site.url.to_string(),
                            source: unreached.error,
                        },
                    )),
                    (None, Exit::Unreachable) if waits => Err(Failure::new(exit, unreached.error)),
                    // Told by whoever signs in or opens the state.
                    _ => Ok(()),
                };
            }
        };
        match &self.known {
            Some(known) if known.is_of(&own) => self.asked = Some(own),
            Some(_) => {}
            None => {
                if let Some(known) = all().into_iter().find(|known| known.is_of(&own)) {
                    if let Some(problem) = known.unusable {
                        return Err(invalid(PlaceError::Unusable(problem)));
                    }
                    (self.folder, self.how) = (known.folder.clone(), How::Found);
                    (self.known, self.asked) = (Some(known), Some(own));
                }
            }
        }
        Ok(())
    }

    /// Jira was reached, and names itself by `own`: no other state may be this site's.
    ///
    /// # Errors
    /// When one stands beside this one, with exit code 3.
    pub(super) fn reached(&self, own: &str) -> Result<(), Failure> {
        self.meet(Some(own))
    }

    /// Looks for other states of the site. One beside this one is an error, unless this one was named; one elsewhere is
    /// told.
    fn meet(&self, own: Option<&str>) -> Result<(), Failure> {
        let is_of_site = |other: &Known| {
            let by_address = [self.url.as_deref(), own].into_iter().flatten();
            let by_site = self.known.as_ref().filter(|known| self.is_believed(known));
            by_address.into_iter().any(|address| other.is_of(address))
                || by_site.is_some_and(|known| known.is_of_site_of(other))
        };
        let others = all().into_iter().filter(|other| !other.is_in(&self.folder));
        for other in others.filter(is_of_site) {
            if self.how != How::Named && other.is_beside(&self.folder) {
                return Err(invalid(PlaceError::Two {
                    site: own.unwrap_or_else(|| other.identity()).to_owned(),
                    first: self.folder.clone(),
                    second: other.folder,
                }));
            }
            if !self.warned.swap(true, Ordering::Relaxed) {
                warn!(
                    used = %self.folder.display(),
                    other = %other.folder.display(),
                    "this site has another state, which is not used; move it away once nobody uses it"
                );
            }
        }
        Ok(())
    }

    /// Whether what is in the folder is this site's, as far as anybody knows.
    fn is_believed(&self, known: &Known) -> bool {
        self.asked.is_some() || self.url.as_deref().is_none_or(|url| known.is_of(url))
    }

    /// The address that the state's files name: one and the same, whatever address is typed.
    pub(super) fn address(&self) -> &str {
        let known = self.known.as_ref().filter(|known| self.is_believed(known));
        known.map_or_else(|| self.url.as_deref().unwrap_or_default(), Known::address)
    }

    /// What Jira named itself by, and the address it was reached by, where the state does not know that yet.
    pub(super) fn news(&self) -> Option<(&str, &str)> {
        Some((self.asked.as_deref()?, self.url.as_deref()?))
    }

    /// Whether an address leads to the site of this state.
    pub(super) fn leads_to(&self, address: &str) -> bool {
        let known = self.known.as_ref().filter(|known| self.is_believed(known));
        known.is_some_and(|known| known.is_of(address))
    }

    /// The flag that leads any command of whoever may read it to this state.
    pub(super) fn flag(&self) -> String {
        let by_address = |url: &str| match self.how {
            How::Found | How::New => true,
            // Below the user's own folder the address says which one it is.
            How::Named | How::Systemd => below_users().is_some_and(|base| base.join(folder_name(url)) == self.folder),
        };
        match self.url.as_deref().filter(|url| by_address(url)) {
            Some(url) => format!("--url {}", for_a_shell(url)),
            None => format!("--state-dir {}", for_a_shell(&self.folder.display().to_string())),
        }
    }

    /// The flag that leads to the state of the site at an address; nothing where there is no such state here.
    pub(super) fn flag_of(url: &str) -> Option<String> {
        let place = Self::find(None, Some(url)).ok()?;
        place.known.is_some().then(|| place.flag())
    }

    /// Says which site this is about, by whose token, and where what is known of it is.
    pub(super) fn tell(&self, user: Option<&str>) {
        let known = self.known.as_ref().filter(|known| self.is_believed(known));
        let url = self.url.as_deref().unwrap_or_default();
        let site = known.map_or(url, Known::identity);
        let by = Some(url).filter(|url| *url != site);
        let state = self.folder.display();
        match known {
            Some(_) => info!(site, by, user, %state, "the site, and its state"),
            None => info!(site, user, %state, "the site; nothing is remembered of it yet"),
        }
    }

    /// The same in words, for commands that are over at once.
    pub(super) fn in_words(&self) -> String {
        let site = self.known.as_ref().map(|known| format!(" of {}", known.identity()));
        format!("state{}: {}", site.unwrap_or_default(), self.folder.display())
    }
}

/// A word as it is typed.
fn for_a_shell(text: &str) -> String {
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
        assert_eq!(for_a_shell("/var/lib/quietdesk"), "/var/lib/quietdesk");
        assert_eq!(for_a_shell("it's here"), r"'it'\''s here'");
    }
}
