//! Plans the account and the desks of one entry.

use super::contents::{Note, NoteKind};
use super::planner::Planner;
use crate::model::account::{Account, Handle};
use crate::model::desk::DeskKey;
use crate::model::held::{HeldReason, IneffectiveChange};
use crate::model::identity::Identity;
use crate::model::ledger::{Fact, Value};
use crate::model::observed::{Deployment, Staff};
use crate::model::roster::{Customer, InitialPassword};
use crate::model::step::{AccountChanges, Action, AddressChange, Cause, NameChange, StepAccount};

impl Planner<'_> {
    /// Plans one entry; returns false if it is held.
    pub(super) fn plan_entry(&mut self, customer: &Customer, identity: Identity<'_>) -> bool {
        let held = match (identity, self.ledger.refused_candidates(customer.email.key())) {
            (Identity::Account(account), _) => {
                return self.plan_existing_account(customer, account, AccountChanges::default());
            }
            (Identity::PreviousEmail(account), _) => return self.plan_change_of_address(customer, account),
            (Identity::Held(HeldReason::Deactivated(id)), _) if self.policy.reactivate && !self.is_cloud() => {
                match self.observed.accounts.get(&id) {
                    Some(account) => {
                        // It may have a previous address.
                        let shows = account.email_key();
                        let address = shows.is_some_and(|key| key != *customer.email.key());
                        let changes = AccountChanges {
                            reactivate: true,
                            address: address.then(|| change_to_roster_address(customer, account)),
                            ..AccountChanges::default()
                        };
                        return self.plan_existing_account(customer, account, changes);
                    }
                    None => HeldReason::Deactivated(id),
                }
            }
            (Identity::Held(reason), _) => reason,
            (Identity::Absent | Identity::NeedsLookup(_), Some(candidates)) => {
                HeldReason::ExistsNotShown(candidates.to_vec())
            }
            (Identity::Absent | Identity::NeedsLookup(_), None) => match self.reason_not_to_create(customer) {
                Some(reason) => reason,
                None => {
                    self.plan_creation(customer);
                    return true;
                }
            },
        };
        self.hold(Some(&customer.email), None, held);
        false
    }

    /// Plans an account that has a previous address of the person: it gets the new one.
    fn plan_change_of_address(&mut self, customer: &Customer, account: &Account) -> bool {
        let changes = AccountChanges {
            address: Some(change_to_roster_address(customer, account)),
            ..AccountChanges::default()
        };
        self.plan_existing_account(customer, account, changes)
    }

    /// Plans an existing account: its changes, then its desks. Returns false if a change is held.
    fn plan_existing_account(&mut self, customer: &Customer, account: &Account, changes: AccountChanges) -> bool {
        if !changes.is_empty() && self.is_protected(account) {
            self.hold(
                Some(&customer.email),
                None,
                HeldReason::NotACustomer(account.id.clone()),
            );
            return false;
        }
        let key = customer.email.key().clone();
        self.plan.accounts.insert(key, account.into());
        let changes = self.with_rename_if_roster_edited(customer, account, changes);
        let who = match changes.is_empty() {
            true => Some(StepAccount::Existing(account.into())),
            false => self.plan_update(customer, account, changes),
        };
        let Some(who) = who else { return false };
        for key in &customer.desks {
            let Some(desk) = self.observed.desk(key) else { continue };
            if !self.observed.has_access(desk, account) {
                self.plan_add(customer, who.clone(), key, desk.phantoms().contains(&account.handle));
            } else if self.needs_role_reading(key, desk) && !self.ledger.was_seen_on(&key.into(), customer.email.key())
            {
                self.plan.desks_with_unread_role.insert(key.clone());
            }
        }
        true
    }

    /// Plans the changes. Returns the account to add, or nothing if a change that must come first is held.
    fn plan_update(&mut self, customer: &Customer, account: &Account, changes: AccountChanges) -> Option<StepAccount> {
        let before_adding = changes.address.is_some() || changes.reactivate;
        let key = customer.email.key().clone();
        let cause = match &changes.name {
            // A name changes only after an edit of the file.
            Some(_) if !before_adding => Cause::Edit,
            _ => self
                .ledger
                .cause(&Fact::Account(key), &Value::Present, customer.containers()),
        };
        let paused = self.is_all_paused(&customer.desks);
        let action = Action::UpdateCustomer {
            email: customer.email.clone(),
            account: account.into(),
            changes,
        };
        if action.effect().is_some_and(|deed| self.is_without_effect(deed)) {
            let change = if before_adding {
                IneffectiveChange::Account
            } else {
                IneffectiveChange::Name
            };
            self.hold(Some(&customer.email), None, HeldReason::NoEffect(change));
            return (!before_adding).then(|| StepAccount::Existing(account.into()));
        }
        let updated = self.push_step(action, cause, paused);
        Some(match before_adding {
            true => StepAccount::MadeBy(updated),
            false => StepAccount::Existing(account.into()),
        })
    }

    /// Adds a change of name if the file's name changed since the last agreement; a name changed in Jira is only noted.
    /// On Cloud no API changes it (docs/jira.md#cloud-no-changes).
    fn with_rename_if_roster_edited(
        &mut self,
        customer: &Customer,
        account: &Account,
        mut changes: AccountChanges,
    ) -> AccountChanges {
        let Some(name) = customer.name.as_ref().filter(|name| name.as_str() != account.name) else {
            return changes;
        };
        // One edit can change both address and name.
        let addresses = std::iter::once(&customer.email).chain(&customer.previously);
        let settled = addresses
            .filter_map(|email| self.ledger.agreed_value(&Fact::Name(email.key().clone())))
            .next();
        let edited = matches!(settled, Some(Value::Name(settled)) if settled != name.as_str());
        if edited && !self.is_cloud() && !self.is_protected(account) {
            changes.name = Some(NameChange {
                before: account.name.clone(),
                after: name.as_str().to_owned(),
            });
        } else {
            self.plan.notes.push(Note {
                email: Some(customer.email.to_string()),
                account: account.id.clone(),
                desk: None,
                kind: NoteKind::NameInJira(account.name.clone()),
            });
        }
        changes
    }

    /// Whether the account must not be changed: an agent, an administrator, quietdesk's own, or possibly one. While its
    /// role is unread it counts as a customer: a plan that changes accounts reads their roles first (see
    /// `engine::pass`).
    fn is_protected(&self, account: &Account) -> bool {
        match self.observed.staff.get(&account.id) {
            Some(Staff::Yes | Staff::Unknown) => true,
            Some(Staff::No) | None => false,
        }
    }

    fn plan_creation(&mut self, customer: &Customer) {
        let desks: Vec<_> = customer
            .desks
            .iter()
            .filter(|key| self.observed.desk(key).is_some())
            .cloned()
            .collect();
        if desks.is_empty() && !customer.desks.is_empty() {
            return;
        }
        let fact = Fact::Account(customer.email.key().clone());
        let cause = self.ledger.cause(&fact, &Value::Present, customer.containers());
        let paused = self.is_all_paused(&desks);
        let action = Action::CreateCustomer {
            email: customer.email.clone(),
            name: customer.name_for_creation().to_owned(),
            desks: desks.clone(),
            password: customer.initial_password.filter(|_| !self.is_cloud()),
        };
        let made = self.push_step(action, cause, paused);
        for key in &desks {
            self.plan_add(customer, StepAccount::MadeBy(made), key, false);
        }
    }

    /// Returns why no account can be created for an address that no account shows. An account known to have had it may
    /// have changed it, and must not be created twice.
    fn reason_not_to_create(&self, customer: &Customer) -> Option<HeldReason> {
        let known = self.ledger.known_account(customer.email.key());
        match known.and_then(|id| self.observed.accounts.get(id)) {
            Some(account) if !account.active => Some(HeldReason::Deactivated(account.id.clone())),
            Some(account) => Some(HeldReason::AddressChanged(account.id.clone())),
            None => self.reason_against_password(customer),
        }
    }

    /// Returns why an account with a first password cannot be created.
    fn reason_against_password(&self, customer: &Customer) -> Option<HeldReason> {
        let wanted = customer.initial_password.filter(|_| !self.is_cloud())?;
        if let Some(account) = self.ledger.seat_given() {
            return Some(HeldReason::LicenseUnverified(account.to_owned()));
        }
        let missing =
            wanted == InitialPassword::Provided && !self.policy.provided_passwords.contains(customer.email.key());
        missing.then_some(HeldReason::PasswordMissing)
    }

    /// Plans an add. `is_listed`: the desk's list shows the account already, as a phantom.
    fn plan_add(&mut self, customer: &Customer, who: StepAccount, desk: &DeskKey, is_listed: bool) {
        let fact = Fact::Membership(desk.into(), customer.email.key().clone());
        let cause = self.ledger.cause(&fact, &Value::Present, [desk.into()]);
        let action = Action::AddToDesk {
            email: customer.email.clone(),
            who,
            desk: desk.clone(),
        };
        if action.effect().is_some_and(|deed| self.is_without_effect(deed)) {
            let account = self.plan.accounts.get(customer.email.key()).filter(|_| is_listed);
            let account = account.and_then(|account| self.observed.accounts.get(&account.id));
            return match account {
                Some(account) => self.push_note(account, desk, NoteKind::AddedWithoutEffect),
                None => self.hold(
                    Some(&customer.email),
                    Some(desk),
                    HeldReason::NoEffect(IneffectiveChange::Add),
                ),
            };
        }
        self.push_step(action, cause, self.is_paused(desk));
    }

    /// Whether all these desks are paused; false for none.
    fn is_all_paused<'d>(&self, desks: impl IntoIterator<Item = &'d DeskKey>) -> bool {
        let mut desks = desks.into_iter().peekable();
        desks.peek().is_some() && desks.all(|key| self.is_paused(key))
    }

    /// Warns that Cloud has no first passwords (docs/jira.md#first-password).
    pub(super) fn warn_of_passwords(&mut self) {
        let with = self
            .roster
            .customers
            .values()
            .filter(|customer| customer.initial_password.is_some());
        let with = with.count();
        if with > 0 && self.plan.site.deployment == Deployment::Cloud {
            self.plan.warnings.push(format!(
                "Jira Cloud has no first passwords: ignoring `initial_password` (entries: {with})"
            ));
        }
    }
}

/// Returns the change of an account's previous address to the new one. A username equal to the old address changes too,
/// unless the roster pins the account by it.
fn change_to_roster_address(customer: &Customer, account: &Account) -> AddressChange {
    let named_by_it = account.email_key().is_some_and(|key| account.has_username(&key));
    let follows = named_by_it && customer.account.is_none();
    AddressChange {
        before: account.email.clone().unwrap_or_default(),
        after: customer.email.clone(),
        username: follows.then(|| Handle(customer.email.as_str().to_owned())),
    }
}
