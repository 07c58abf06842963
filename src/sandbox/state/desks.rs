//! Looking up desks, and changing their customers and access settings.

use std::collections::BTreeSet;

use super::super::config::Deployment;
use super::super::seed::{DeskAccess, PersonKind, SeedDesk};
use super::account::AccountNumber;
use super::desk::{AddResult, Desk, DeskIsOpen, Settings};
use super::site::State;

impl State {
    /// Creates a desk and returns its id.
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
                listed_only: BTreeSet::new(),
                agents: BTreeSet::new(),
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

    /// Looks up a desk by id.
    pub(in crate::sandbox) fn desk(&self, id: u32) -> Option<&Desk> {
        self.desks.get(&id)
    }

    /// Looks up a desk by its id, its project's key or its project's id.
    pub(in crate::sandbox) fn find_desk(&self, name: &str) -> Option<&Desk> {
        let number = name.parse::<u32>().ok();
        let by_id = number.and_then(|id| self.desks.get(&id));
        let by_project = || self.desks.values().find(|desk| Some(desk.project_id()) == number);
        by_id.or_else(|| self.desk_by_key(name)).or_else(by_project)
    }

    /// Looks up a desk by its project's key.
    pub(in crate::sandbox) fn desk_by_key(&self, key: &str) -> Option<&Desk> {
        self.desks.values().find(|desk| desk.key == key)
    }

    /// Adds those of the accounts that can be added (docs/jira.md#add-partly); none if the desk does not exist.
    ///
    /// `names` are ids on Cloud, usernames on Data Center.
    pub(in crate::sandbox) fn add_customers(&mut self, desk: u32, names: &[String]) -> AddResult {
        let mut added = AddResult::default();
        let found: Vec<_> = names.iter().map(|name| self.account_named(name)).collect();
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
            if (kind != PersonKind::Agent || self.rules.agents_are_listed) && desk.add_customer(no) {
                added.new.push(no);
            }
        }
        added
    }

    /// Adds a group to the customers or removes it; returns whether that changed the desk.
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

    /// Removes accounts from a desk's list; returns how many were on it.
    pub(in crate::sandbox) fn remove_customers(
        &mut self,
        desk: u32,
        accounts: &[AccountNumber],
    ) -> Result<usize, DeskIsOpen> {
        let stays_listed = self.removed_stay_listed();
        let Some(desk) = self.desks.get_mut(&desk) else {
            return Ok(0);
        };
        match desk.settings.access() {
            DeskAccess::Open | DeskAccess::Public => Err(DeskIsOpen),
            DeskAccess::Restricted => Ok(accounts
                .iter()
                .filter(|&&no| desk.remove_customer(no, stays_listed))
                .count()),
        }
    }

    /// Adds an account to a desk's list or removes it, without Jira's checks; returns whether that changed the list.
    pub(in crate::sandbox) fn force_member(&mut self, desk: u32, no: AccountNumber, member: bool) -> bool {
        let stays_listed = self.removed_stay_listed();
        let desk = self.desks.get_mut(&desk);
        desk.is_some_and(|desk| match member {
            true => desk.add_customer(no),
            false => desk.remove_customer(no, stays_listed),
        })
    }

    fn removed_stay_listed(&self) -> bool {
        self.rules.removed_stay_listed && self.deployment == Deployment::Cloud
    }

    /// Cloud: shows an account in the lists of the desks that it may browse through a group.
    pub(super) fn list_by_group(&mut self, no: AccountNumber) {
        let Some(account) = self.accounts.get(&no) else { return };
        if self.rules.people_by_group_are_listed && self.deployment == Deployment::Cloud {
            let browsed = |desk: &&mut Desk| !account.groups.is_disjoint(&desk.browsing);
            self.desks.values_mut().filter(browsed).for_each(|desk| {
                desk.listed_only.insert(no);
            });
        }
    }

    /// Replaces a desk's access settings; returns whether that changed them.
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
