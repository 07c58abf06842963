//! The state directories on this machine, and the site of each.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::state::{KnownSite, StateError, known_site, site_of_ledger, site_of_unsafe_directory};

/// Parent folder of the state directories of systemd services, one per site.
const SERVICES: &str = "/var/lib/quietdesk";
/// Environment variable that overrides [`SERVICES`].
const SERVICES_FOLDER_VARIABLE: &str = "QUIETDESK_SERVICES";

/// An existing, readable state directory.
#[derive(Clone, Debug)]
pub(super) struct KnownState {
    /// The path as found.
    pub folder: PathBuf,
    /// The canonical path.
    canonical_path: PathBuf,
    site: KnownSite,
    /// Why it exists but cannot be used. No new state may be started in its place.
    pub unusable: Option<Arc<StateError>>,
}

impl KnownState {
    /// Returns the state in a folder, or `None` if there is none or this user may not read it.
    pub(super) fn load(folder: &Path) -> Option<Self> {
        let (site, unusable) = match known_site(folder) {
            Ok(Some(site)) => (site, None),
            // From an earlier version, or one that never reached Jira: its ledger names the site it was created for.
            Ok(None) => {
                let recorded = site_of_ledger(folder)?;
                let site = KnownSite {
                    identity: recorded.clone(),
                    addresses: vec![recorded],
                };
                (site, None)
            }
            Err(problem @ StateError::Unsafe { .. }) => (site_of_unsafe_directory(folder)?, Some(Arc::new(problem))),
            Err(_) => return None,
        };
        Some(Self {
            canonical_path: folder.canonicalize().ok()?,
            folder: folder.to_owned(),
            site,
            unusable,
        })
    }

    /// Returns whether `address` is a known URL of its site.
    pub(super) fn has_address(&self, address: &str) -> bool {
        self.site.is_at(address)
    }

    /// Returns whether both belong to the same site, as far as they record it.
    pub(super) fn is_same_site_as(&self, other: &Self) -> bool {
        let mut addresses = other.site.addresses.iter().chain([&other.site.identity]);
        addresses.any(|address| self.has_address(address))
    }

    /// Returns the base URL that its site reports for itself.
    pub(super) fn identity(&self) -> &str {
        &self.site.identity
    }

    /// Returns the URL recorded in its files.
    pub(super) fn recorded_url(&self) -> &str {
        self.site.addresses.first().unwrap_or(&self.site.identity)
    }

    /// Returns whether it is in this folder, after resolving links.
    pub(super) fn is_in(&self, folder: &Path) -> bool {
        folder.canonicalize().is_ok_and(|real| real == self.canonical_path)
    }

    /// Returns whether it has the same parent folder as `folder`.
    pub(super) fn is_sibling_of(&self, folder: &Path) -> bool {
        folder
            .canonicalize()
            .is_ok_and(|real| real.parent() == self.canonical_path.parent())
    }
}

/// Returns every state in the default locations: those of services first, then the user's own.
pub(super) fn all_states() -> Vec<KnownState> {
    let mut all: Vec<KnownState> = Vec::new();
    for base in [Some(services_folder()), user_states_folder()].into_iter().flatten() {
        let inside = base.read_dir().into_iter().flatten().flatten();
        let mut folders: Vec<_> = inside.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        // Before there was one folder per site, a service's state was the parent folder itself.
        for folder in std::iter::once(base).chain(folders) {
            if let Some(known) = KnownState::load(&folder)
                && !all.iter().any(|other| other.canonical_path == known.canonical_path)
            {
                all.push(known);
            }
        }
    }
    all
}

/// Returns the parent folder of the states of services.
pub(super) fn services_folder() -> PathBuf {
    std::env::var_os(SERVICES_FOLDER_VARIABLE).map_or_else(|| SERVICES.into(), PathBuf::from)
}

/// Returns the parent folder of the user's states, or `None` without a home directory.
pub(super) fn user_states_folder() -> Option<PathBuf> {
    let absolute = |name: &str, below: &str| {
        let base = PathBuf::from(std::env::var_os(name)?);
        base.is_absolute().then(|| base.join(below))
    };
    let base = absolute("XDG_STATE_HOME", "").or_else(|| absolute("HOME", ".local/state"))?;
    Some(base.join("quietdesk"))
}

/// Converts a URL to a folder name.
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
