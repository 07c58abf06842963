//! What a pass saw of Jira, typed about doubt: nothing here can be mistaken for more certainty than there was.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::account::{Account, AccountId, AccountKind, Handle};
use super::container::Container;
use super::desk::DeskKey;
use super::email::EmailKey;

/// Nobody: for desks whose role is not believed.
static NOBODY: BTreeSet<Handle> = BTreeSet::new();

/// Which Jira this is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Site {
    /// The base address, without a slash at its end.
    pub url: String,
    /// Cloud or Data Center.
    pub deployment: Deployment,
    /// The version Jira states.
    pub version: String,
}

/// The two kinds of Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deployment {
    /// Atlassian's own hosting.
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

/// Everything one pass saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Which Jira.
    pub site: Site,
    /// Every account met in a listing or by a lookup, once.
    pub accounts: BTreeMap<AccountId, Account>,
    /// The roster's desks. A desk the roster names and Jira does not show is [`DeskReading::Missing`].
    pub desks: BTreeMap<DeskKey, DeskReading>,
    /// What asking for an e-mail gave; an e-mail not in here was not asked for.
    pub lookups: BTreeMap<EmailKey, Lookup>,
    /// What asking for a pinned account gave; a handle not in here was not asked for.
    pub pins: BTreeMap<Handle, Option<AccountId>>,
    /// The groups of the accounts that were asked for theirs.
    pub groups: BTreeMap<Handle, BTreeSet<String>>,
    /// Which accounts are more than customers, quietdesk's own among them; who is not in here was not asked for.
    pub staff: BTreeMap<AccountId, Staff>,
    /// Accounts that were asked for by their id, and that Jira does not have.
    pub gone: BTreeSet<AccountId>,
    /// Who was asked for by what a desk's list names, and what became of whom Jira did not say.
    pub unanswered: BTreeSet<Handle>,
    /// Facts about the whole site that a reader of the plan should know.
    pub warnings: Vec<String>,
}

impl Observed {
    /// Whether an account may raise requests on a desk already, as far as that is known.
    #[must_use]
    pub fn has_access(&self, desk: &ObservedDesk, account: &Account) -> bool {
        desk.has_access(&account.handle, self.groups.get(&account.handle))
    }

    /// A desk that was read.
    #[must_use]
    pub fn desk(&self, key: &DeskKey) -> Option<&ObservedDesk> {
        match self.desks.get(key)? {
            DeskReading::Read(desk) => Some(desk),
            DeskReading::Missing | DeskReading::Unreadable { .. } => None,
        }
    }

    /// The list of a container, where it was read. None of an organization is read yet.
    #[must_use]
    pub fn list_of(&self, container: &Container) -> Option<&ObservedDesk> {
        self.desk(container.desk()?)
    }

    /// All lists that were read.
    pub fn lists(&self) -> impl Iterator<Item = (Container, &ObservedDesk)> {
        let desks = self.desks.keys();
        desks.filter_map(|key| Some((key.into(), self.desk(key)?)))
    }

    /// The accounts by what calls send.
    #[must_use]
    pub fn by_handle(&self) -> BTreeMap<&Handle, &Account> {
        let accounts = self.accounts.values();
        accounts.map(|account| (&account.handle, account)).collect()
    }
}

/// Whether an account is more than a customer's: an agent's, an administrator's, or quietdesk's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staff {
    /// It is.
    Yes,
    /// It is nothing but a customer's.
    No,
    /// Jira did not say.
    Unknown,
}

/// What was seen of one desk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one a desk, and nearly all of them were read"
)]
pub enum DeskReading {
    /// No service desk with this key is visible to quietdesk's account.
    Missing,
    /// It is there, but its customers could not be listed.
    Unreadable {
        /// What Jira said.
        reason: String,
    },
    /// It was read.
    Read(ObservedDesk),
}

/// One desk that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedDesk {
    /// The desk's own id, a string of digits (docs/jira.md#desks-list).
    pub id: String,
    /// Who is on its list of customers, by what Jira lists them by: Cloud's list holds account ids, Data Center's role
    /// user names.
    pub members: BTreeSet<Handle>,
    /// Whether that is all of them.
    pub completeness: Completeness,
    /// How open it is.
    pub access: AccessReading,
    /// The groups whose members are customers as well: Data Center.
    pub groups: BTreeSet<String>,
    /// Who reaches the desk through another project role (agents, administrators); nothing where that was not asked.
    pub team: Option<Team>,
    /// Whether the site lets the desk be public.
    pub may_be_public: bool,
    /// The number of its portal, where it was told.
    pub portal: Option<u64>,
    /// The id of the role its customers have, a string of digits: Data Center; on Cloud where it was asked for.
    pub role: Option<String>,
    /// What that role says of the list: Cloud.
    pub witness: Witness,
}

/// What the role of a desk's customers says of its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Witness {
    /// It was not asked.
    #[default]
    NotAsked,
    /// It cannot be believed, or cannot be read.
    Doubted {
        /// Why.
        reason: String,
    },
    /// It is believed.
    Believed {
        /// Who is listed without a place in it: they are not among [`ObservedDesk::members`].
        phantoms: BTreeSet<Handle>,
    },
}

/// Who reaches a desk through a project role other than that of its customers: agents, administrators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// Who has such a role.
    pub members: BTreeSet<Handle>,
    /// The groups that have one. On Cloud they are not read.
    pub groups: BTreeSet<String>,
    /// The roles could not be read: others may be in it.
    pub unread: bool,
}

impl ObservedDesk {
    /// Who is on its list and was seen to be off the desk.
    #[must_use]
    pub fn phantoms(&self) -> &BTreeSet<Handle> {
        match &self.witness {
            Witness::Believed { phantoms } => phantoms,
            Witness::NotAsked | Witness::Doubted { .. } => &NOBODY,
        }
    }

    /// Whether its list shows somebody, on the desk or not.
    #[must_use]
    pub fn lists(&self, handle: &Handle) -> bool {
        self.members.contains(handle) || self.phantoms().contains(handle)
    }

    /// How many its list shows, on the desk or not.
    #[must_use]
    pub fn listed(&self) -> usize {
        self.members.len() + self.phantoms().len()
    }

    /// Whether somebody may raise requests here already: as a customer, or through another project role; by a group only
    /// where the account's own `groups` are known.
    #[must_use]
    pub fn has_access(&self, handle: &Handle, groups: Option<&BTreeSet<String>>) -> bool {
        let in_team = || self.team.as_ref().is_some_and(|team| team.lets_in(handle, groups));
        let by_group = || groups.is_some_and(|groups| !groups.is_disjoint(&self.groups));
        self.members.contains(handle) || in_team() || by_group()
    }

    /// Whether any group lets its members in, as far as that is known.
    #[must_use]
    pub fn has_groups(&self) -> bool {
        !self.groups.is_empty() || self.team.as_ref().is_some_and(|team| !team.groups.is_empty())
    }
}

impl Team {
    /// Whether somebody is in it; by a group only where the account's own `groups` are known.
    #[must_use]
    pub fn lets_in(&self, handle: &Handle, groups: Option<&BTreeSet<String>>) -> bool {
        self.members.contains(handle) || groups.is_some_and(|groups| !groups.is_disjoint(&self.groups))
    }
}

/// Whether a listing can be trusted to be whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Every page fitted to the next.
    Complete,
    /// Rows were repeated or skipped while it was read: good enough to add, never to remove.
    Partial {
        /// What did not fit.
        gap: String,
    },
    /// Only some people were asked for: says nothing of anybody else.
    Narrow,
}

impl Completeness {
    /// Whether it is all there is.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Complete => true,
            Self::Partial { .. } | Self::Narrow => false,
        }
    }

    /// Whether only some people were asked for.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        match self {
            Self::Narrow => true,
            Self::Complete | Self::Partial { .. } => false,
        }
    }
}

/// How open a desk is, as far as that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessReading {
    /// The roster does not manage it.
    NotAsked,
    /// Read.
    Known(Access),
    /// The settings path did not answer in a way that can be trusted (docs/jira.md#access-path).
    Unreadable {
        /// What Jira said.
        reason: String,
    },
}

/// What is known about who has an e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Nobody that could be seen. A create settles it: Jira answers 409 where somebody has it after all.
    Absent,
    /// Exactly one active account shows exactly this address.
    One(AccountId),
    /// The only account that shows this address is deactivated.
    Inactive(AccountId),
    /// Several active accounts show it (one portal-only and one Atlassian account,
    /// docs/jira.md#two-accounts-one-email), or an app does.
    Many(Vec<AccountId>),
    /// Nobody shows it, but it is somebody's user name, and that account shows another address: Data Center, where a new
    /// account would be named so.
    Taken(AccountId),
    /// Nobody shows it, but accounts that hide theirs were found by it. A search matches prefixes of names as well, so
    /// even a lone hit is not an identity (docs/jira.md#search-prefix).
    Hidden(Vec<AccountId>),
}

impl Lookup {
    /// Judges the accounts a search for `wanted` found. Accounts that show another address are not candidates; one that
    /// shows it in another spelling is the person.
    ///
    /// One active account that shows the address is the person, whatever else was found with a hidden one: this is
    /// also all that a desk's list can tell.
    #[must_use]
    pub fn judge<'a>(wanted: &EmailKey, found: impl IntoIterator<Item = &'a Account>) -> Self {
        let (mut exact, mut hidden, mut named) = (Vec::new(), Vec::new(), None);
        for account in found {
            match account.email_key() {
                Some(key) if key == *wanted => exact.push(account),
                Some(_) if account.is_named(wanted) => named = Some(account),
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
            ([one], _, _, _) if active[0].kind != AccountKind::App => Self::One(one.clone()),
            ([], Some(inactive), _, _) => Self::Inactive(inactive.id.clone()),
            ([], None, Some(named), _) => Self::Taken(named.id.clone()),
            ([], None, None, true) => Self::Absent,
            ([], None, None, false) => Self::Hidden(ids(&hidden)),
            (several, _, _, _) => Self::Many(several.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures::{account, reading, site};

    fn groups(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// By the list, by another role, by a group of either; by a group only where the account's own are known.
    #[test]
    fn every_way_onto_a_desk() {
        let ada = Handle("ada".into());
        let mut observed = site(&["SUP"]);
        let desk = reading(&mut observed, "SUP");
        desk.team = None;
        assert!(!desk.has_access(&ada, None) && !desk.has_access(&ada, Some(&groups(&["staff"]))));
        assert!(!desk.has_groups());

        desk.groups = groups(&["staff"]);
        assert!(desk.has_groups());
        assert!(desk.has_access(&ada, Some(&groups(&["staff", "x"]))));
        assert!(!desk.has_access(&ada, Some(&groups(&["x"]))) && !desk.has_access(&ada, None));

        desk.groups.clear();
        desk.team = Some(Team::default());
        assert!(!desk.has_groups() && !desk.has_access(&ada, Some(&groups(&["staff"]))));
        desk.team = Some(Team {
            groups: groups(&["agents"]),
            ..Team::default()
        });
        assert!(desk.has_groups());
        assert!(desk.has_access(&ada, Some(&groups(&["agents"]))));
        assert!(!desk.has_access(&ada, Some(&groups(&["x"]))) && !desk.has_access(&ada, None));
        desk.team.as_mut().unwrap().members.insert(ada.clone());
        assert!(desk.has_access(&ada, None));

        desk.team = None;
        desk.members.insert(ada.clone());
        assert!(desk.has_access(&ada, None));
    }

    /// Each kind of account a search can find, alone and beside another.
    #[test]
    fn what_a_search_says_of_an_address() {
        let wanted = EmailKey::of("ada@example.com");
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
            (vec![called.clone()], Lookup::Taken(id("9"))),
            (vec![ada("1"), called], Lookup::One(id("1"))),
            (vec![ada("1"), other(), hidden()], Lookup::One(id("1"))),
            (vec![ada("1"), off("2")], Lookup::One(id("1"))),
            (vec![off("2")], Lookup::Inactive(id("2"))),
            (vec![app("3")], Lookup::Many(vec![id("3")])),
            (vec![ada("1"), ada("2")], Lookup::Many(vec![id("1"), id("2")])),
            (vec![hidden(), other()], Lookup::Hidden(vec![id("5")])),
        ] {
            assert_eq!(Lookup::judge(&wanted, &found), expected, "{found:?}");
        }
    }

    #[test]
    fn how_far_a_list_can_be_trusted() {
        let partial = Completeness::Partial { gap: "a gap".into() };
        let told = [Completeness::Complete, partial, Completeness::Narrow].map(|is| (is.is_complete(), is.is_narrow()));
        assert_eq!(told, [(true, false), (false, false), (false, true)]);
        let words = [Deployment::Cloud, Deployment::DataCenter].map(|deployment| deployment.to_string());
        assert!(words.iter().all(|word| !word.is_empty()) && words[0] != words[1]);
    }
}
