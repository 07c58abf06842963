//! Containers: a service desk or an organization. Lists, claims, guards, counts and ledger facts treat both alike.

use std::borrow::Cow;
use std::fmt;

use super::desk::DeskKey;
use super::organization::OrganizationName;

/// A group of customers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Container {
    /// A service desk and its customer list.
    Desk(DeskKey),
    /// An organization and its members.
    Organization(OrganizationName),
}

/// Prefix of a stored organization name. No project key starts with it.
const ORGANIZATION: &str = "organization ";

/// A text that [`Container::to_stored`] cannot have produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is neither a project key nor an organization name")]
pub struct InvalidContainer;

impl Container {
    /// Returns the key if this is a desk.
    #[must_use]
    pub fn desk(&self) -> Option<&DeskKey> {
        match self {
            Self::Desk(key) => Some(key),
            Self::Organization(_) => None,
        }
    }

    /// Returns the form that is stored in the ledger; [`Container::from_stored`] parses it.
    #[must_use]
    pub fn to_stored(&self) -> Cow<'_, str> {
        match self {
            Self::Desk(key) => key.as_str().into(),
            Self::Organization(name) => format!("{ORGANIZATION}{name}").into(),
        }
    }

    /// Parses the output of [`Container::to_stored`].
    ///
    /// # Errors
    /// [`InvalidContainer`] if the text is in neither stored form.
    pub fn from_stored(text: &str) -> Result<Self, InvalidContainer> {
        match text.strip_prefix(ORGANIZATION) {
            Some(name) => OrganizationName::parse(name).map(Self::Organization),
            None => DeskKey::parse(text).ok().map(Self::Desk),
        }
        .ok_or(InvalidContainer)
    }
}

impl From<DeskKey> for Container {
    fn from(key: DeskKey) -> Self {
        Self::Desk(key)
    }
}

impl From<&DeskKey> for Container {
    fn from(key: &DeskKey) -> Self {
        Self::Desk(key.clone())
    }
}

impl fmt::Display for Container {
    /// Writes the desk key or the organization name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Desk(key) => key.fmt(f),
            Self::Organization(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_read_as_it_was_written_down() {
        let desk = Container::Desk(DeskKey::parse("SUP").unwrap());
        let organization = Container::Organization(OrganizationName::parse("SUP").unwrap());
        assert_ne!(
            desk.to_stored(),
            organization.to_stored(),
            "a desk and an organization of one name"
        );
        for container in [desk, organization] {
            assert_eq!(Container::from_stored(&container.to_stored()), Ok(container.clone()));
            assert_eq!(container.to_string(), "SUP");
        }
        for wrong in ["", "sup", "organization", "organization "] {
            assert_eq!(Container::from_stored(wrong), Err(InvalidContainer), "{wrong:?}");
        }
    }
}
