//! Desks: who is on them and how open they are.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::config::Deployment;
use super::super::seed::{DeskAccess, PersonKind, SeedDesk};
use super::{No, State};

/// One service desk.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Desk {
    /// The id of the desk.
    pub(in crate::sandbox) id: u32,
    /// The key of its project.
    pub(in crate::sandbox) key: String,
    /// The name of its project.
    pub(in crate::sandbox) name: String,
    /// The access settings.
    pub(in crate::sandbox) settings: Settings,
    /// The customers, in the order of their accounts: a listing walks it by position.
    pub(super) customers: Vec<No>,
    /// Cloud: whom the list of customers shows, whether they are or not.
    pub(super) shown: BTreeSet<No>,
    /// The agents.
    pub(super) team: BTreeSet<No>,
    /// Data Center: the groups whose members are customers too.
    pub(super) groups: BTreeSet<String>,
    /// Cloud: the groups that may browse the project.
    pub(super) browsing: BTreeSet<String>,
}

/// The access settings that can be written (jira-facts §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Settings {
    /// `serviceDeskOpenAccess`.
    pub(in crate::sandbox) open: bool,
    /// `serviceDeskPublicSignup`.
    pub(in crate::sandbox) signup: bool,
    /// `manageEnabled`.
    pub(in crate::sandbox) manage: bool,
    /// `autocompleteEnabled`.
    pub(in crate::sandbox) autocomplete: bool,
    /// One more, made up.
    pub(in crate::sandbox) another: bool,
}

impl Settings {
    /// The access mode they amount to (jira-facts §3, M).
    pub(in crate::sandbox) fn access(self) -> DeskAccess {
        match (self.signup, self.open) {
            (true, _) => DeskAccess::Public,
            (false, true) => DeskAccess::Open,
            (false, false) => DeskAccess::Restricted,
        }
    }

    /// The same settings with another access mode.
    pub(in crate::sandbox) fn with_access(self, access: DeskAccess) -> Self {
        let (open, signup) = match access {
            DeskAccess::Restricted => (false, false),
            DeskAccess::Open => (true, false),
            DeskAccess::Public => (true, true),
        };
        Self { open, signup, ..self }
    }
}

/// What adding to a desk did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Added {
    /// Who was not on the desk's list before.
    pub(in crate::sandbox) new: Vec<No>,
    /// Who may be on it, whether they were or not.
    pub(in crate::sandbox) valid: Vec<No>,
    /// What no account is called.
    pub(in crate::sandbox) unknown: Vec<String>,
    /// What accounts are called that cannot be customers: deactivated ones and apps.
    pub(in crate::sandbox) refused: Vec<String>,
}

/// Jira removes nobody from a desk that anyone with an account reaches anyway.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct DeskIsOpen;

impl Desk {
    /// The id of its project.
    pub(in crate::sandbox) fn project_id(&self) -> u32 {
        10_000 + self.id
    }

    /// The customers, in the order a listing shows.
    pub(in crate::sandbox) fn customers(&self) -> &[No] {
        &self.customers
    }

    /// Everybody the list of customers shows, in its order.
    pub(in crate::sandbox) fn listed(&self) -> Cow<'_, [No]> {
        if self.shown.is_empty() {
            return Cow::Borrowed(&self.customers);
        }
        let all: BTreeSet<No> = self.customers.iter().chain(&self.shown).copied().collect();
        Cow::Owned(all.into_iter().collect())
    }

    /// The agents.
    pub(in crate::sandbox) fn team(&self) -> &BTreeSet<No> {
        &self.team
    }

    /// Data Center: the groups whose members are customers too.
    pub(in crate::sandbox) fn customer_groups(&self) -> &BTreeSet<String> {
        &self.groups
    }

    /// Whether the list of customers has this account.
    pub(super) fn lists(&self, no: No) -> bool {
        self.shown.contains(&no) || self.customers.binary_search(&no).is_ok()
    }

    /// Puts an account on the list; false if it was there.
    pub(super) fn enter(&mut self, no: No) -> bool {
        let place = self.customers.binary_search(&no);
        if let Err(place) = place {
            self.customers.insert(place, no);
        }
        place.is_err()
    }

    /// Takes an account's place away; false if it had none. The list may go on showing it.
    pub(super) fn leave(&mut self, no: No, stays_listed: bool) -> bool {
        let place = self.customers.binary_search(&no);
        if let Ok(place) = place {
            self.customers.remove(place);
            self.shown.extend(stays_listed.then_some(no));
        }
        place.is_ok()
    }

    /// The account is there no more.
    pub(super) fn forget(&mut self, no: No) {
        self.leave(no, false);
        self.shown.remove(&no);
        self.team.remove(&no);
    }
}

impl State {
    /// Makes a desk and returns its id.
    pub(super) fn make_desk(&mut self, desk: &SeedDesk) -> u32 {
        let id = self.desks.len() as u32 + 1;
        let settings = Settings {
            open: false,
            signup: false,
            manage: true,
            autocomplete: false,
            another: true,
        };
        self.desks.insert(
            id,
            Desk {
                id,
                key: desk.key.clone(),
                name: desk.name.clone(),
                settings: settings.with_access(desk.access),
                customers: Vec::new(),
                shown: BTreeSet::new(),
                team: BTreeSet::new(),
                groups: desk.customer_groups.iter().cloned().collect(),
                browsing: desk.browsing_groups.iter().cloned().collect(),
            },
        );
        id
    }

    /// All desks, by id.
    pub(in crate::sandbox) fn desks(&self) -> impl ExactSizeIterator<Item = &Desk> {
        self.desks.values()
    }

    /// A desk by its id.
    pub(in crate::sandbox) fn desk(&self, id: u32) -> Option<&Desk> {
        self.desks.get(&id)
    }

    /// The desk a path names by its own id, its project's key or its project's id.
    pub(in crate::sandbox) fn desk_called(&self, name: &str) -> Option<&Desk> {
        let number = name.parse::<u32>().ok();
        let by_id = number.and_then(|id| self.desks.get(&id));
        let by_project = || self.desks.values().find(|desk| Some(desk.project_id()) == number);
        by_id.or_else(|| self.desk_by_key(name)).or_else(by_project)
    }

    /// A desk by its project's key.
    pub(in crate::sandbox) fn desk_by_key(&self, key: &str) -> Option<&Desk> {
        self.desks.values().find(|desk| desk.key == key)
    }

    /// Adds whoever of these can be added (jira-facts §7, H: the valid ones are added all the same). No desk: nobody.
    ///
    /// `names` are what the deployment calls accounts by: ids on Cloud, usernames on Data Center.
    pub(in crate::sandbox) fn add_customers(&mut self, desk: u32, names: &[String]) -> Added {
        let mut added = Added::default();
        let found: Vec<_> = names.iter().map(|name| self.called(name)).collect();
        let Some(desk) = self.desks.get_mut(&desk) else {
            return added;
        };
        for (name, no) in names.iter().zip(found) {
            let Some(no) = no else {
                added.unknown.push(name.clone());
                continue;
            };
            let account = self.accounts.get(&no);
            let (kind, active) = account.map_or((PersonKind::App, false), |a| (a.kind, a.active));
            let app = kind == PersonKind::App && self.deployment == Deployment::Cloud;
            if !active || (app && !self.rules.apps_can_be_added) {
                added.refused.push(name.clone());
                continue;
            }
            added.valid.push(no);
            if (kind != PersonKind::Agent || self.rules.agents_are_listed) && desk.enter(no) {
                added.new.push(no);
            }
        }
        added
    }

    /// Puts a group among the customers or takes it away; true if that changed the desk.
    pub(in crate::sandbox) fn set_customer_group(&mut self, desk: u32, group: &str, member: bool) -> bool {
        let desk = self.desks.get_mut(&desk);
        desk.is_some_and(|desk| {
            if member {
                desk.groups.insert(group.to_owned())
            } else {
                desk.groups.remove(group)
            }
        })
    }

    /// Removes these from a desk's list and says how many were on it.
    pub(in crate::sandbox) fn remove_customers(&mut self, desk: u32, accounts: &[No]) -> Result<usize, DeskIsOpen> {
        let stays_listed = self.removed_stay_listed();
        let Some(desk) = self.desks.get_mut(&desk) else {
            return Ok(0);
        };
        match desk.settings.access() {
            DeskAccess::Open | DeskAccess::Public => Err(DeskIsOpen),
            DeskAccess::Restricted => Ok(accounts.iter().filter(|&&no| desk.leave(no, stays_listed)).count()),
        }
    }

    /// Puts an account on a desk's list or takes it off, whatever Jira would say. True if that changed the list.
    pub(in crate::sandbox) fn force_member(&mut self, desk: u32, no: No, member: bool) -> bool {
        let stays_listed = self.removed_stay_listed();
        let desk = self.desks.get_mut(&desk);
        desk.is_some_and(|desk| match member {
            true => desk.enter(no),
            false => desk.leave(no, stays_listed),
        })
    }

    fn removed_stay_listed(&self) -> bool {
        self.rules.removed_stay_listed && self.deployment == Deployment::Cloud
    }

    /// Cloud: the lists of the desks that an account may browse by a group show it.
    pub(super) fn show_by_group(&mut self, no: No) {
        let Some(account) = self.accounts.get(&no) else { return };
        if self.rules.people_by_group_are_listed && self.deployment == Deployment::Cloud {
            let browsed = |desk: &&mut Desk| !account.groups.is_disjoint(&desk.browsing);
            self.desks.values_mut().filter(browsed).for_each(|desk| {
                desk.shown.insert(no);
            });
        }
    }

    /// Replaces a desk's access settings; true if that changed them.
    pub(in crate::sandbox) fn set_settings(&mut self, desk: u32, settings: Settings) -> bool {
        let Some(desk) = self.desks.get_mut(&desk) else {
            return false;
        };
        let changed = desk.settings != settings;
        let closed = settings.access() == DeskAccess::Restricted && desk.settings.access() != DeskAccess::Restricted;
        desk.settings = settings;
        if closed && self.rules.closing_removes {
            desk.customers.clear();
        }
        changed
    }
}
