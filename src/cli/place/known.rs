//! The states that are on this machine, and whose they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::state::{KnownSite, StateError, known_site, recorded_site, site_of_unsafe};

/// Where systemd keeps the states of services, each below it in a folder of its own.
const SERVICES: &str = "/var/lib/quietdesk";
/// Says that it is elsewhere.
const SERVICES_VARIABLE: &str = "QUIETDESK_SERVICES";

/// A state that is there and can be read.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Where it is, as it is told.
    pub folder: PathBuf,
    /// Where that leads.
    real: PathBuf,
    site: KnownSite,
    /// Why it cannot be used although it is there: another one must not be begun in its place.
    pub unusable: Option<Arc<StateError>>,
}

impl Known {
    /// The state in a folder; nothing where there is none, or it is not to be read by whoever runs this.
    pub(super) fn at(folder: &Path) -> Option<Self> {
        let (site, unusable) = match known_site(folder) {
            Ok(Some(site)) => (site, None),
            // An earlier version's, or one that never reached Jira: its ledger says what it was begun for.
            Ok(None) => {
                let recorded = recorded_site(folder)?;
                let site = KnownSite {
                    identity: recorded.clone(),
                    addresses: vec![recorded],
                };
                (site, None)
            }
            Err(problem @ StateError::Unsafe { .. }) => (site_of_unsafe(folder)?, Some(Arc::new(problem))),
            Err(_) => return None,
        };
        Some(Self {
            real: folder.canonicalize().ok()?,
            folder: folder.to_owned(),
            site,
            unusable,
        })
    }

    /// Whether an address is one of its site.
    pub(super) fn is_of(&self, address: &str) -> bool {
        self.site.is_at(address)
    }

    /// Whether both are of one site, as far as they know it.
    pub(super) fn is_of_site_of(&self, other: &Self) -> bool {
        let mut addresses = other.site.addresses.iter().chain([&other.site.identity]);
        addresses.any(|address| self.is_of(address))
    }

    /// The name its site has for itself.
    pub(super) fn identity(&self) -> &str {
        &self.site.identity
    }

    /// The address that its files name.
    pub(super) fn address(&self) -> &str {
        self.site.addresses.first().unwrap_or(&self.site.identity)
    }

    /// Whether it is in this folder, by whatever name.
    pub(super) fn is_in(&self, folder: &Path) -> bool {
        folder.canonicalize().is_ok_and(|real| real == self.real)
    }

    /// Whether it stands beside this folder.
    pub(super) fn is_beside(&self, folder: &Path) -> bool {
        folder
            .canonicalize()
            .is_ok_and(|real| real.parent() == self.real.parent())
    }
}

/// Every state in the usual places: those of services first, then the user's own.
pub(super) fn all() -> Vec<Known> {
    let mut all: Vec<Known> = Vec::new();
    for base in [Some(services()), below_users()].into_iter().flatten() {
        let inside = base.read_dir().into_iter().flatten().flatten();
        let mut folders: Vec<_> = inside.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        // Before there was one folder for each site, a service's state was the folder itself.
        for folder in std::iter::once(base).chain(folders) {
            if let Some(known) = Known::at(&folder)
                && !all.iter().any(|other| other.real == known.real)
            {
                all.push(known);
            }
        }
    }
    all
}

/// Where the states of services are.
pub(super) fn services() -> PathBuf {
    std::env::var_os(SERVICES_VARIABLE).map_or_else(|| SERVICES.into(), PathBuf::from)
}

/// Where the user's own are; nothing where no home is known.
pub(super) fn below_users() -> Option<PathBuf> {
    let absolute = |name: &str, below: &str| {
        let base = PathBuf::from(std::env::var_os(name)?);
        base.is_absolute().then(|| base.join(below))
    };
    let base = absolute("XDG_STATE_HOME", "").or_else(|| absolute("HOME", ".local/state"))?;
    Some(base.join("quietdesk"))
}

/// An address as the name of a folder.
pub(super) fn folder_name(url: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_as_a_folder() {
        assert_eq!(folder_name("https://acme.atlassian.net"), "acme.atlassian.net");
        assert_eq!(
            folder_name("https://jira.example.com:8443/jira/"),
            "jira.example.com_8443_jira"
        );
        assert_eq!(folder_name("http://../../x"), "x");
    }
}
