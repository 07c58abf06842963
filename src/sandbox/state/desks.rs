//! What changes who is on a desk and how open it is.

use std::collections::BTreeSet;

use super::super::config::Deployment;
use super::super::seed::{DeskAccess, PersonKind, SeedDesk};
use super::account::No;
use super::desk::{Added, Desk, DeskIsOpen, Settings};
use super::site::State;

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

    /// Adds whoever of these can be added (docs/jira.md#add-partly). No desk: nobody.
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
