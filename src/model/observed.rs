//! What a pass saw of Jira, typed about doubt: nothing here can be mistaken for more certainty than there was.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::account::{Account, AccountId, AccountKind, Handle};
use super::desk::DeskKey;
use super::email::EmailKey;

/// Which Jira this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The base address, without a slash at its end.
    pub url: String,
    /// Cloud or Data Center.
    pub deployment: Deployment,
    /// The version Jira states.
    pub version: String,
}

/// The two kinds of Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deployment {
    /// Atlassian's own hosting.
    Cloud,
    /// Hosted by the customer.
    DataCenter,
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
    /// Facts about the whole site that a reader of the plan should know.
    pub warnings: Vec<String>,
}

impl Observed {
    /// The accounts by what calls send.
    #[must_use]
    pub fn by_handle(&self) -> BTreeMap<&Handle, &Account> {
        let accounts = self.accounts.values();
        accounts.map(|account| (&account.handle, account)).collect()
    }
}

/// What was seen of one desk.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The desk's own id, a string of digits (jira-facts §1, H).
    pub id: String,
    /// Who is on its list of customers, by what Jira lists them by: Cloud's list holds account ids, Data Center's role
    /// user names.
    pub members: BTreeSet<Handle>,
    /// Whether that is all of them.
    pub completeness: Completeness,
    /// How open it is.
    pub access: AccessReading,
    /// Accounts that reach the desk through another project role (agents, administrators); nothing where that was
    /// not asked.
    pub team: Option<BTreeSet<Handle>>,
}

impl ObservedDesk {
    /// Whether an account may raise requests here already: as a customer, or through another project role.
    #[must_use]
    pub fn has_access(&self, account: &Account) -> bool {
        let handle = &account.handle;
        self.members.contains(handle) || self.team.as_ref().is_some_and(|team| team.contains(handle))
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
    /// The settings path did not answer in a way that can be trusted (jira-facts §3, I).
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
    /// Several active accounts show it (one portal-only and one Atlassian account, jira-facts §4, H), or an app does.
    Many(Vec<AccountId>),
    /// Nobody shows it, but accounts that hide theirs were found by it. A search matches prefixes of names as well, so
    /// even a lone hit is not an identity (jira-facts §4).
    Hidden(Vec<AccountId>),
}

impl Lookup {
    /// Judges the accounts a search for `wanted` found. Accounts that show another address are not candidates.
    ///
    /// One active account that shows the address is the person, whatever else was found with a hidden one: this is
    /// also all that a desk's list can tell.
    #[must_use]
    pub fn judge<'a>(wanted: &EmailKey, found: impl IntoIterator<Item = &'a Account>) -> Self {
        let (mut exact, mut hidden) = (Vec::new(), Vec::new());
        for account in found {
            match account.email_key() {
                Some(key) if key == *wanted => exact.push(account),
                Some(_) => {}
                None => hidden.push(account),
            }
        }
        let ids = |accounts: &[&Account]| {
            let ids: BTreeSet<_> = accounts.iter().map(|account| account.id.clone()).collect();
            ids.into_iter().collect::<Vec<_>>()
        };
        let active: Vec<_> = exact.iter().copied().filter(|account| account.active).collect();
        match (ids(&active).as_slice(), exact.first(), hidden.is_empty()) {
            ([one], _, _) if active[0].kind != AccountKind::App => Self::One(one.clone()),
            ([], Some(inactive), _) => Self::Inactive(inactive.id.clone()),
            ([], None, true) => Self::Absent,
            ([], None, false) => Self::Hidden(ids(&hidden)),
            (several, _, _) => Self::Many(several.to_vec()),
        }
    }
}
