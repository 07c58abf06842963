//! Jira as one pass read it. The types keep incomplete and untrusted results apart from known ones.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::account::{Account, AccountId, AccountKind, Handle};
use super::container::Container;
use super::desk::DeskKey;
use super::email::EmailKey;

/// Phantoms of a desk without a trusted customer role.
static NO_HANDLES: BTreeSet<Handle> = BTreeSet::new();

/// Identity of a Jira site.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Site {
    /// The base URL, without a trailing slash.
    pub url: String,
    /// Cloud or Data Center.
    pub deployment: Deployment,
    /// The version Jira reports.
    pub version: String,
}

/// Deployment type of Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deployment {
    /// Hosted by Atlassian.
    Cloud,
    /// Hosted by the customer.
    DataCenter,
}

impl std::fmt::Display for Deployment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cloud => "Cloud",
            Self::DataCenter => "Data Center",
        })
    }
}

/// Everything one pass read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The site.
    pub site: Site,
    /// Every account from a listing or a lookup, once.
    pub accounts: BTreeMap<AccountId, Account>,
    /// The roster's desks. A desk that Jira does not show is [`DeskReading::Missing`].
    pub desks: BTreeMap<DeskKey, DeskReading>,
    /// Results of e-mail lookups. An e-mail without a result was not looked up.
    pub lookups: BTreeMap<EmailKey, Lookup>,
    /// Results of looking up pinned accounts. A handle without a result was not looked up.
    pub pins: BTreeMap<Handle, Option<AccountId>>,
    /// The groups of accounts, where they were read.
    pub groups: BTreeMap<Handle, BTreeSet<String>>,
    /// Whether an account is staff; quietdesk's own account is. An account without a value was not checked.
    pub staff: BTreeMap<AccountId, Staff>,
    /// Accounts that were looked up by id and do not exist.
    pub missing_accounts: BTreeSet<AccountId>,
    /// Handles from desk lists that were looked up without a result.
    pub unresolved: BTreeSet<Handle>,
    /// Warnings about the site, shown with the plan.
    pub warnings: Vec<String>,
}

impl Observed {
    /// Returns whether an account is known to have access to a desk.
    #[must_use]
    pub fn has_access(&self, desk: &ObservedDesk, account: &Account) -> bool {
        desk.has_access(&account.handle, self.groups.get(&account.handle))
    }

    /// Returns a desk, if it was read.
    #[must_use]
    pub fn desk(&self, key: &DeskKey) -> Option<&ObservedDesk> {
        match self.desks.get(key)? {
            DeskReading::Read(desk) => Some(desk),
            DeskReading::Missing | DeskReading::Unreadable { .. } => None,
        }
    }

    /// Returns the list of a container, if it was read. Organizations are not read yet.
    #[must_use]
    pub fn list_of(&self, container: &Container) -> Option<&ObservedDesk> {
        self.desk(container.desk()?)
    }

    /// Returns all lists that were read.
    pub fn lists(&self) -> impl Iterator<Item = (Container, &ObservedDesk)> {
        let desks = self.desks.keys();
        desks.filter_map(|key| Some((key.into(), self.desk(key)?)))
    }

    /// Returns the accounts by handle.
    #[must_use]
    pub fn accounts_by_handle(&self) -> BTreeMap<&Handle, &Account> {
        let accounts = self.accounts.values();
        accounts.map(|account| (&account.handle, account)).collect()
    }
}

/// Whether an account is more than a customer: an agent, an administrator, or quietdesk's own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staff {
    /// Staff.
    Yes,
    /// Customer-only.
    No,
    /// Not shown by Jira.
    Unknown,
}

/// Result of reading one desk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one value per desk, nearly always Read")]
pub enum DeskReading {
    /// No service desk with this key is visible to quietdesk's account.
    Missing,
    /// The desk exists, but its customers could not be listed.
    Unreadable {
        /// Jira's error.
        reason: String,
    },
    /// The desk was read.
    Read(ObservedDesk),
}

/// A desk that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedDesk {
    /// The desk id, a string of digits (docs/jira.md#desks-list).
    pub id: String,
    /// The customers on the desk: account ids from the customer list on Cloud, usernames from the role on Data Center.
    pub members: BTreeSet<Handle>,
    /// Whether `members` is complete.
    pub completeness: Completeness,
    /// The access mode.
    pub access: AccessReading,
    /// Groups that make their members customers (Data Center).
    pub groups: BTreeSet<String>,
    /// Members of other project roles (agents, administrators); `None` if not read.
    pub project_roles: Option<ProjectRoleMembers>,
    /// Whether the site allows public desks.
    pub can_be_public: bool,
    /// The portal number, if known.
    pub portal: Option<u64>,
    /// The id of the customer role, a string of digits: on Data Center, and on Cloud if the role was read.
    pub customer_role: Option<String>,
    /// The customer role's evidence about the list (Cloud).
    pub role_reading: RoleReading,
}

/// Evidence of a desk's customer role about its customer list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RoleReading {
    /// The role was not read.
    #[default]
    NotRead,
    /// The role is not trusted or cannot be read.
    Untrusted {
        /// The reason.
        reason: String,
    },
    /// The role is trusted.
    Trusted {
        /// Listed accounts without the role; not part of [`ObservedDesk::members`].
        phantoms: BTreeSet<Handle>,
    },
}

/// Members of a desk's other project roles: agents, administrators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectRoleMembers {
    /// Accounts with such a role.
    pub members: BTreeSet<Handle>,
    /// Groups with such a role. Not read on Cloud.
    pub groups: BTreeSet<String>,
    /// The roles could not be read: there may be more members.
    pub is_incomplete: bool,
}

impl ObservedDesk {
    /// Returns the accounts that are on the list but not on the desk.
    #[must_use]
    pub fn phantoms(&self) -> &BTreeSet<Handle> {
        match &self.role_reading {
            RoleReading::Trusted { phantoms } => phantoms,
            RoleReading::NotRead | RoleReading::Untrusted { .. } => &NO_HANDLES,
        }
    }

    /// Returns whether the list shows an account, including phantoms.
    #[must_use]
    pub fn is_on_list(&self, handle: &Handle) -> bool {
        self.members.contains(handle) || self.phantoms().contains(handle)
    }

    /// Returns the length of the list, including phantoms.
    #[must_use]
    pub fn list_size(&self) -> usize {
        self.members.len() + self.phantoms().len()
    }

    /// Returns whether an account has access to the desk: as a customer or through another project role. Groups count
    /// only if the account's own `groups` are known.
    #[must_use]
    pub fn has_access(&self, handle: &Handle, groups: Option<&BTreeSet<String>>) -> bool {
        let in_team = || {
            self.project_roles
                .as_ref()
                .is_some_and(|team| team.contains(handle, groups))
        };
        let by_group = || groups.is_some_and(|groups| !groups.is_disjoint(&self.groups));
        self.members.contains(handle) || in_team() || by_group()
    }

    /// Returns whether any group is known to have access.
    #[must_use]
    pub fn has_groups(&self) -> bool {
        !self.groups.is_empty() || self.project_roles.as_ref().is_some_and(|team| !team.groups.is_empty())
    }
}

impl ProjectRoleMembers {
    /// Returns whether an account has one of the roles. Groups count only if the account's own `groups` are known.
    #[must_use]
    pub fn contains(&self, handle: &Handle, groups: Option<&BTreeSet<String>>) -> bool {
        self.members.contains(handle) || groups.is_some_and(|groups| !groups.is_disjoint(&self.groups))
    }
}

/// Completeness of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// All pages were consistent.
    Complete,
    /// Rows were repeated or skipped between pages. Usable for adding, never for removing.
    Partial {
        /// The inconsistency found.
        gap: String,
    },
    /// Only some people were looked up; others are unknown.
    Narrow,
}

impl Completeness {
    /// Returns whether the listing is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Complete => true,
            Self::Partial { .. } | Self::Narrow => false,
        }
    }

    /// Returns whether only some people were looked up.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        match self {
            Self::Narrow => true,
            Self::Complete | Self::Partial { .. } => false,
        }
    }
}

/// Result of reading a desk's access mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessReading {
    /// The roster does not manage it.
    NotRead,
    /// The access mode.
    Known(Access),
    /// No valid response from the settings path (docs/jira.md#access-path).
    Unreadable {
        /// Jira's error.
        reason: String,
    },
}

/// Result of looking up the account of an e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// No visible account. A create settles it: Jira returns 409 if an account has the e-mail after all.
    Absent,
    /// Exactly one active account shows this e-mail.
    Found(AccountId),
    /// The only account that shows this e-mail is deactivated.
    Inactive(AccountId),
    /// Several active accounts show the e-mail (one portal-only and one Atlassian account,
    /// docs/jira.md#two-accounts-one-email), or an app does.
    Several(Vec<AccountId>),
    /// The e-mail is the username of an account that shows a different one. On Data Center, a new account would need
    /// that username.
    UsernameTaken(AccountId),
    /// Only accounts with a hidden e-mail were found. A search also matches prefixes of names, so even a single result
    /// does not identify the person (docs/jira.md#search-prefix).
    Hidden(Vec<AccountId>),
}

impl Lookup {
    /// Classifies the accounts that a search for `wanted` returned. Accounts with a different e-mail are no candidates;
    /// another spelling of the same e-mail matches.
    ///
    /// A single active account that shows the e-mail matches regardless of accounts with hidden e-mails: a desk's list
    /// gives no more certainty than that.
    #[must_use]
    pub fn classify<'a>(wanted: &EmailKey, found: impl IntoIterator<Item = &'a Account>) -> Self {
        let (mut exact, mut hidden, mut named) = (Vec::new(), Vec::new(), None);
        for account in found {
            match account.email_key() {
                Some(key) if key == *wanted => exact.push(account),
                Some(_) if account.has_username(wanted) => named = Some(account),
                Some(_) => {}
                None => hidden.push(account),
            }
        }
        let ids = |accounts: &[&Account]| {
            let ids: BTreeSet<_> = accounts.iter().map(|account| account.id.clone()).collect();
            ids.into_iter().collect::<Vec<_>>()
        };
        let active: Vec<_> = exact.iter().copied().filter(|account| account.active).collect();
        match (ids(&active).as_slice(), exact.first(), named, hidden.is_empty()) {
            ([one], _, _, _) if active[0].kind != AccountKind::App => Self::Found(one.clone()),
            ([], Some(inactive), _, _) => Self::Inactive(inactive.id.clone()),
            ([], None, Some(named), _) => Self::UsernameTaken(named.id.clone()),
            ([], None, None, true) => Self::Absent,
            ([], None, None, false) => Self::Hidden(ids(&hidden)),
            (several, _, _, _) => Self::Several(several.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures::{account, cloud_site, desk_mut};

    fn groups(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// By the list, by another role, by a group of either; by a group only if the account's own groups are known.
    #[test]
    fn every_way_onto_a_desk() {
        let ada = Handle("ada".into());
        let mut observed = cloud_site(&["SUP"]);
        let desk = desk_mut(&mut observed, "SUP");
        desk.project_roles = None;
        assert!(!desk.has_access(&ada, None) && !desk.has_access(&ada, Some(&groups(&["staff"]))));
        assert!(!desk.has_groups());

        desk.groups = groups(&["staff"]);
        assert!(desk.has_groups());
        assert!(desk.has_access(&ada, Some(&groups(&["staff", "x"]))));
        assert!(!desk.has_access(&ada, Some(&groups(&["x"]))) && !desk.has_access(&ada, None));

        desk.groups.clear();
        desk.project_roles = Some(ProjectRoleMembers::default());
        assert!(!desk.has_groups() && !desk.has_access(&ada, Some(&groups(&["staff"]))));
        desk.project_roles = Some(ProjectRoleMembers {
            groups: groups(&["agents"]),
            ..ProjectRoleMembers::default()
        });
        assert!(desk.has_groups());
        assert!(desk.has_access(&ada, Some(&groups(&["agents"]))));
        assert!(!desk.has_access(&ada, Some(&groups(&["x"]))) && !desk.has_access(&ada, None));
        desk.project_roles.as_mut().unwrap().members.insert(ada.clone());
        assert!(desk.has_access(&ada, None));

        desk.project_roles = None;
        desk.members.insert(ada.clone());
        assert!(desk.has_access(&ada, None));
    }

    /// Each kind of account a search can return, alone and with others.
    #[test]
    fn what_a_search_says_of_an_address() {
        let wanted = EmailKey::from_address("ada@example.com");
        let ada = |id: &str| account(id, "ada@example.com");
        let other = || account("9", "eve@example.com");
        let called = Account {
            handle: Handle("Ada@example.com".into()),
            ..other()
        };
        let app = |id: &str| Account {
            kind: AccountKind::App,
            ..ada(id)
        };
        let off = |id: &str| Account {
            active: false,
            ..ada(id)
        };
        let hidden = || Account {
            email: None,
            ..account("5", "")
        };
        let id = |text: &str| AccountId(text.into());
        for (found, expected) in [
            (vec![], Lookup::Absent),
            (vec![other()], Lookup::Absent),
            (vec![called.clone()], Lookup::UsernameTaken(id("9"))),
            (vec![ada("1"), called], Lookup::Found(id("1"))),
            (vec![ada("1"), other(), hidden()], Lookup::Found(id("1"))),
            (vec![ada("1"), off("2")], Lookup::Found(id("1"))),
            (vec![off("2")], Lookup::Inactive(id("2"))),
            (vec![app("3")], Lookup::Several(vec![id("3")])),
            (vec![ada("1"), ada("2")], Lookup::Several(vec![id("1"), id("2")])),
            (vec![hidden(), other()], Lookup::Hidden(vec![id("5")])),
        ] {
            assert_eq!(Lookup::classify(&wanted, &found), expected, "{found:?}");
        }
    }

    #[test]
    fn how_far_a_list_can_be_trusted() {
        let partial = Completeness::Partial { gap: "a gap".into() };
        let kinds = [Completeness::Complete, partial, Completeness::Narrow];
        let flags = kinds.map(|kind| (kind.is_complete(), kind.is_narrow()));
        assert_eq!(flags, [(true, false), (false, false), (false, true)]);
        let words = [Deployment::Cloud, Deployment::DataCenter].map(|deployment| deployment.to_string());
        assert!(words.iter().all(|word| !word.is_empty()) && words[0] != words[1]);
    }
}
