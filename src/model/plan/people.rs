//! What is to be done about one person.

use super::contents::{Note, NoteKind};
use super::planner::Planner;
use crate::model::account::{Account, Handle};
use crate::model::desk::DeskKey;
use crate::model::held::{Change, HeldReason};
use crate::model::identity::Identity;
use crate::model::ledger::{Fact, Value};
use crate::model::observed::{Deployment, Staff};
use crate::model::roster::{Customer, InitialPassword};
use crate::model::step::{Action, AddressChange, Cause, Changes, NameChange, Who};

impl Planner<'_> {
    /// Plans one entry; false where it is held.
    pub(super) fn person(&mut self, customer: &Customer, identity: Identity<'_>) -> bool {
        let held = match (identity, self.ledger.refused(customer.email.key())) {
            (Identity::Account(account), _) => return self.known(customer, account, Changes::default()),
            (Identity::Former(account), _) => return self.former(customer, account),
            (Identity::Held(HeldReason::Deactivated(id)), _) if self.policy.reactivate && !self.is_cloud() => {
                match self.observed.accounts.get(&id) {
                    Some(account) => {
                        // It may be the one with an older address.
                        let shows = account.email_key();
                        let address = shows.is_some_and(|key| key != *customer.email.key());
                        let changes = Changes {
                            reactivate: true,
                            address: address.then(|| new_address(customer, account)),
                            ..Changes::default()
                        };
                        return self.known(customer, account, changes);
                    }
                    None => HeldReason::Deactivated(id),
                }
            }
            (Identity::Held(reason), _) => reason,
            (Identity::Absent | Identity::Unasked(_), Some(candidates)) => {
                HeldReason::ExistsUnseen(candidates.to_vec())
            }
            (Identity::Absent | Identity::Unasked(_), None) => match self.cannot_be_made(customer) {
                Some(reason) => reason,
                None => {
                    self.absent(customer);
                    return true;
                }
            },
        };
        self.hold(Some(&customer.email), None, held);
        false
    }

    /// The account has an older address of the person: it gets the new one.
    fn former(&mut self, customer: &Customer, account: &Account) -> bool {
        let changes = Changes {
            address: Some(new_address(customer, account)),
            ..Changes::default()
        };
        self.known(customer, account, changes)
    }

    /// There is an account, to which something may have to be done before it can join its desks; false where that is not
    /// quietdesk's to do.
    fn known(&mut self, customer: &Customer, account: &Account, changes: Changes) -> bool {
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
        let changes = self.with_name(customer, account, changes);
        let who = match changes.is_empty() {
            true => Some(Who::Existing(account.into())),
            false => self.update(customer, account, changes),
        };
        let Some(who) = who else { return false };
        for key in &customer.desks {
            let Some(desk) = self.observed.desk(key) else { continue };
            if !self.observed.has_access(desk, account) {
                self.add(customer, who.clone(), key, desk.phantoms().contains(&account.handle));
            } else if self.is_unwitnessed(key, desk) && !self.ledger.saw_on(&key.into(), customer.email.key()) {
                self.plan.unwitnessed.insert(key.clone());
            }
        }
        true
    }

    /// Whom to add then; nobody where the change is held, and nobody can be added without it.
    fn update(&mut self, customer: &Customer, account: &Account, changes: Changes) -> Option<Who> {
        let before_adding = changes.address.is_some() || changes.reactivate;
        let key = customer.email.key().clone();
        let cause = match &changes.name {
            // A new name is only given where the file's changed.
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
        if action.deed().is_some_and(|deed| self.is_without_effect(deed)) {
            let change = if before_adding { Change::Account } else { Change::Name };
            self.hold(Some(&customer.email), None, HeldReason::NoEffect(change));
            return (!before_adding).then(|| Who::Existing(account.into()));
        }
        let updated = self.step(action, cause, paused);
        Some(match before_adding {
            true => Who::MadeBy(updated),
            false => Who::Existing(account.into()),
        })
    }

    /// A name is changed where the file's name changed since it was last settled; what a person changed is noted, not
    /// fought. On Cloud no API changes it (docs/jira.md#cloud-no-changes).
    fn with_name(&mut self, customer: &Customer, account: &Account, mut changes: Changes) -> Changes {
        let Some(name) = customer.name.as_ref().filter(|name| name.as_str() != account.name) else {
            return changes;
        };
        // A new address and a new name can come in one edit.
        let addresses = std::iter::once(&customer.email).chain(&customer.previously);
        let settled = addresses
            .filter_map(|email| self.ledger.agreed(&Fact::Name(email.key().clone())))
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

    /// Agents, administrators and quietdesk's own account are nobody's to change, nor is whoever may be one. Who was not
    /// asked for yet counts as a customer: a plan that would change somebody asks (see `engine::pass`).
    fn is_protected(&self, account: &Account) -> bool {
        match self.observed.staff.get(&account.id) {
            Some(Staff::Yes | Staff::Unknown) => true,
            Some(Staff::No) | None => false,
        }
    }

    fn absent(&mut self, customer: &Customer) {
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
        let made = self.step(action, cause, paused);
        for key in &desks {
            self.add(customer, Who::MadeBy(made), key, false);
        }
    }

    /// Why no account can be made for an address that nobody shows. The one that had it may only have changed it: whoever
    /// that was is not made a second time.
    fn cannot_be_made(&self, customer: &Customer) -> Option<HeldReason> {
        let known = self.ledger.known(customer.email.key());
        match known.and_then(|id| self.observed.accounts.get(id)) {
            Some(account) if !account.active => Some(HeldReason::Deactivated(account.id.clone())),
            Some(account) => Some(HeldReason::AddressChanged(account.id.clone())),
            None => self.cannot_have_a_password(customer),
        }
    }

    /// Why an account that is to have a first password cannot be made.
    fn cannot_have_a_password(&self, customer: &Customer) -> Option<HeldReason> {
        let wanted = customer.initial_password.filter(|_| !self.is_cloud())?;
        if let Some(account) = self.ledger.seat_given() {
            return Some(HeldReason::SeatGiven(account.to_owned()));
        }
        let missing = wanted == InitialPassword::Provided && !self.policy.provided.contains(customer.email.key());
        missing.then_some(HeldReason::PasswordMissing)
    }

    /// Adds somebody to a desk whose list may show them already, without a place there.
    fn add(&mut self, customer: &Customer, who: Who, desk: &DeskKey, is_listed: bool) {
        let fact = Fact::Membership(desk.into(), customer.email.key().clone());
        let cause = self.ledger.cause(&fact, &Value::Present, [desk.into()]);
        let action = Action::AddToDesk {
            email: customer.email.clone(),
            who,
            desk: desk.clone(),
        };
        if action.deed().is_some_and(|deed| self.is_without_effect(deed)) {
            let account = self.plan.accounts.get(customer.email.key()).filter(|_| is_listed);
            let account = account.and_then(|account| self.observed.accounts.get(&account.id));
            return match account {
                Some(account) => self.note(account, desk, NoteKind::AddedInVain),
                None => self.hold(Some(&customer.email), Some(desk), HeldReason::NoEffect(Change::Add)),
            };
        }
        self.step(action, cause, self.is_paused(desk));
    }

    /// Whether all desks an account is needed for are paused; nobody is needed for none.
    fn is_all_paused<'d>(&self, desks: impl IntoIterator<Item = &'d DeskKey>) -> bool {
        let mut desks = desks.into_iter().peekable();
        desks.peek().is_some() && desks.all(|key| self.is_paused(key))
    }

    /// On Cloud nobody can be given a password (docs/jira.md#first-password).
    pub(super) fn warn_of_passwords(&mut self) {
        let with = self
            .roster
            .customers
            .values()
            .filter(|customer| customer.initial_password.is_some());
        let with = with.count();
        if with > 0 && self.plan.site.deployment == Deployment::Cloud {
            self.plan.warnings.push(format!(
                "Jira Cloud has no first passwords: `initial_password` of {with} entries does nothing here"
            ));
        }
    }
}

/// The new address of an account that has an older one. Its user name follows where it was that address, unless the roster
/// names the account by it.
fn new_address(customer: &Customer, account: &Account) -> AddressChange {
    let named_by_it = account.email_key().is_some_and(|key| account.is_named(&key));
    let follows = named_by_it && customer.account.is_none();
    AddressChange {
        before: account.email.clone().unwrap_or_default(),
        after: customer.email.clone(),
        username: follows.then(|| Handle(customer.email.as_str().to_owned())),
    }
}
