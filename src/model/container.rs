//! What people can belong to: a service desk or an organization. Lists, claims, guards, counts and remembered facts are the
//! same for both.

use std::borrow::Cow;
use std::fmt;

use super::desk::DeskKey;
use super::organization::OrganizationName;

/// Something that people belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Container {
    /// A desk, with its list of customers.
    Desk(DeskKey),
    /// An organization, with its members.
    Organization(OrganizationName),
}

/// What an organization's name is written down with. No project key begins so.
const ORGANIZATION: &str = "organization ";

/// A text that is no [`Container::stored`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is neither a project key nor the name of an organization")]
pub struct NotAContainer;

impl Container {
    /// The desk, where it is one.
    #[must_use]
    pub fn desk(&self) -> Option<&DeskKey> {
        match self {
            Self::Desk(key) => Some(key),
            Self::Organization(_) => None,
        }
    }

    /// How it is written down: what [`Container::restored`] reads.
    #[must_use]
    pub fn stored(&self) -> Cow<'_, str> {
        match self {
            Self::Desk(key) => key.as_str().into(),
            Self::Organization(name) => format!("{ORGANIZATION}{name}").into(),
        }
    }

    /// What was written down.
    ///
    /// # Errors
    /// [`NotAContainer`] where nothing is written so.
    pub fn restored(text: &str) -> Result<Self, NotAContainer> {
        match text.strip_prefix(ORGANIZATION) {
            Some(name) => OrganizationName::parse(name).map(Self::Organization),
            None => DeskKey::parse(text).ok().map(Self::Desk),
        }
        .ok_or(NotAContainer)
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
    /// The key, or the name.
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
            desk.stored(),
            organization.stored(),
            "a desk and an organization of one name"
        );
        for container in [desk, organization] {
            assert_eq!(Container::restored(&container.stored()), Ok(container.clone()));
            assert_eq!(container.to_string(), "SUP");
        }
        for wrong in ["", "sup", "organization", "organization "] {
            assert_eq!(Container::restored(wrong), Err(NotAContainer), "{wrong:?}");
        }
    }
}
