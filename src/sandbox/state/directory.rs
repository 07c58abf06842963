//! Data Center's user directory: groups, application roles and the seats they take.

use super::account::{AGENTS, Account};

/// The group of those who administer Jira.
pub(in crate::sandbox) const ADMINISTRATORS: &str = "jira-administrators";

/// A licensed application: whoever is in its group has its role, and takes one of its seats.
#[derive(Debug)]
pub(in crate::sandbox) struct Application {
    /// What calls name it by.
    pub(in crate::sandbox) key: &'static str,
    /// What people call it.
    pub(in crate::sandbox) name: &'static str,
    /// The group that gives its role.
    pub(in crate::sandbox) group: &'static str,
}

/// The applications of the site.
pub(in crate::sandbox) static APPLICATIONS: [Application; 2] = [
    Application {
        key: "jira-software",
        name: "Jira Software",
        group: "jira-software-users",
    },
    Application {
        key: "jira-servicedesk",
        name: "Jira Service Management",
        group: AGENTS,
    },
];

impl Application {
    /// The one that new accounts get unless their creator says otherwise.
    pub(in crate::sandbox) fn default_one() -> &'static Self {
        &APPLICATIONS[0]
    }
}

/// An account the platform is asked for.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct NewUser {
    pub(in crate::sandbox) username: String,
    pub(in crate::sandbox) email: String,
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) password: String,
}

/// Another account has the username.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct NameTaken;

impl Account {
    /// The applications it takes a seat of.
    pub(in crate::sandbox) fn applications(&self) -> impl Iterator<Item = &'static Application> {
        APPLICATIONS
            .iter()
            .filter(|application| self.groups.contains(application.group))
    }
}
