//! Data Center's user directory: groups, application roles and the seats they take.

use super::account::{AGENTS, Account};

/// The group of Jira's administrators.
pub(in crate::sandbox) const ADMINISTRATORS: &str = "jira-administrators";

/// A licensed application: each account in its group has its role, and takes one of its seats.
#[derive(Debug)]
pub(in crate::sandbox) struct Application {
    /// Its key in requests.
    pub(in crate::sandbox) key: &'static str,
    /// Its display name.
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
    /// The application that new accounts get by default.
    pub(in crate::sandbox) fn default_application() -> &'static Self {
        &APPLICATIONS[0]
    }
}

/// An account to create through the platform's API.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct NewUser {
    pub(in crate::sandbox) username: String,
    pub(in crate::sandbox) email: String,
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) password: String,
}

/// The error for a username that another account has.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct NameTaken;

impl Account {
    /// The applications of which it takes a seat.
    pub(in crate::sandbox) fn applications(&self) -> impl Iterator<Item = &'static Application> {
        APPLICATIONS
            .iter()
            .filter(|application| self.groups.contains(application.group))
    }
}
