//! Which people must be off a desk at the end of a life, computed from what is in Jira and in the file, without the
//! code under test.

use std::collections::BTreeSet;

use quietdesk::engine::pass::Preview;
use quietdesk::model::held::Held;
use quietdesk::model::observed::DeskReading;
use quietdesk::model::plan::{NoteKind, Plan};
use quietdesk::model::roster::{Membership, Roster};
use quietdesk::model::step::Action;
use quietdesk::sandbox::{AccountSnapshot, DeskAccess, PersonKind, Snapshot};

use super::drawn::canonical;
use super::{DESKS, Life, Pass};

impl Life {
    /// After an undisturbed pass: everyone on a desk where the applied roster lists them is owned by the roster from
    /// then on, until they are off the desk at some moment.
    pub(super) fn remember_applied(&mut self, pass: &Pass, after: &Snapshot, is_undisturbed: bool) {
        // An edit without changes reads nothing: only what a pass read was applied.
        let is_undisturbed = is_undisturbed && pass.seen.as_ref().is_some_and(|seen| pass.is_full || has_steps(seen));
        for desk in DESKS {
            let on = &after.desks[desk].customers;
            let applied = self.applied.entry(desk).or_default();
            // An account reactivated between the readings of the list and of the account counts as off the desk.
            let is_steady = |id: &String| !pass.meddled.iter().any(|act| act.changes(id));
            let stays = |id: &String| on.contains(id) && pass.before.desks[desk].customers.contains(id);
            applied.retain(|id| stays(id) && is_steady(id));
            if !is_undisturbed {
                continue;
            }
            let was_read = pass.seen.as_ref().is_some_and(|seen| reads_whole(seen, desk));
            let listed = on.iter().filter(|id| {
                if !was_read && !added(pass, desk).contains(*id) {
                    return false;
                }
                let account = &after.accounts[*id];
                let has_moved = pass.meddled.iter().any(|act| act.moves(desk, id) || act.changes(id));
                is_plain(after, account) && !has_moved && lists(&pass.roster, &account.email, desk)
            });
            applied.extend(listed.cloned());
        }
    }

    /// Other people moved accounts between passes.
    pub(super) fn forget_absent(&mut self) {
        let now = self.world.sandbox.snapshot();
        for desk in DESKS {
            let on = &now.desks[desk].customers;
            self.applied.entry(desk).or_default().retain(|id| on.contains(id));
        }
    }

    /// Everyone who should have left is gone, or is held by name.
    pub(super) fn check_removals_are_complete(&self, roster: &Roster, last: &Preview) {
        if self.is_masked {
            return;
        }
        let plan = last.approved.plan();
        let now = self.world.sandbox.snapshot();
        for desk in DESKS {
            let (_, spec) = roster.desks.iter().find(|(key, _)| key.as_str() == desk).unwrap();
            if spec.paused || now.desks[desk].access != DeskAccess::Restricted {
                continue;
            }
            let empty = BTreeSet::new();
            let applied = self.applied.get(desk).unwrap_or(&empty);
            for id in &now.desks[desk].customers {
                let account = &now.accounts[id];
                let (email, key) = (&account.email, canonical(&account.email));
                let is_wanted = lists(roster, email, desk)
                    || spec.keep.iter().any(|kept| canonical(kept) == key)
                    || is_older(roster, email);
                if is_wanted || !is_plain(&now, account) {
                    continue;
                }
                let has_expired = roster.expired.values().any(|entry| {
                    canonical(entry.email.key().as_str()) == key && entry.desks.iter().any(|on| on.as_str() == desk)
                });
                let has_to_go = has_expired
                    || match spec.membership {
                        Membership::Additive => false,
                        Membership::Owned => applied.contains(id),
                        Membership::Exact => true,
                    };
                // A guard's finding waits for an approval.
                let findings = last.approved.findings().iter();
                let mut containers = findings.map(|finding| finding.container.as_ref());
                let is_refused = containers.any(|of| of.is_none_or(|container| container.to_stored() == desk));
                let is_candidate = |held: &Held| held.reason.candidates().iter().any(|candidate| candidate.0 == *id);
                let is_held = is_held(plan, desk, &key) || plan.held.iter().any(is_candidate);
                let waits = is_refused || is_held || waits(roster, plan, desk, id);
                self.must(
                    !has_to_go || waits || self.looks_like_a_phantom(plan, desk, id),
                    &format!("{id} ({email}) is still on {desk}, and nothing holds it"),
                );
            }
        }
    }
}

impl Life {
    /// An account put on a desk by hand is not in a role that holds half, so it looks like one that a group puts on the
    /// list: it is noted.
    fn looks_like_a_phantom(&self, plan: &Plan, desk: &str, id: &str) -> bool {
        let is_noted = plan.notes.iter().any(|note| {
            let is_there = note.desk.as_ref().is_some_and(|key| key.as_str() == desk);
            is_there && note.account.0 == id && note.kind == NoteKind::ListedOnly
        });
        let by_hand = self.put.contains(&(desk.to_owned(), id.to_owned()));
        is_noted && by_hand && self.standing.contains(&"role:half")
    }
}

fn has_steps(seen: &Preview) -> bool {
    !seen.approved.plan().steps.is_empty()
}

/// Whether a pass read the whole list of a desk.
fn reads_whole(seen: &Preview, desk: &str) -> bool {
    let mut read = seen.observed.desks.iter().filter(|(key, _)| key.as_str() == desk);
    read.any(|(_, reading)| match reading {
        DeskReading::Read(desk) => desk.completeness.is_complete(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => false,
    })
}

/// The accounts that a pass added to a desk.
fn added(pass: &Pass, desk: &str) -> BTreeSet<String> {
    let (Some(seen), Some(outcomes)) = (&pass.seen, &pass.outcomes) else {
        return BTreeSet::new();
    };
    let steps = seen.approved.plan().steps.iter().filter(|step| match &step.action {
        Action::AddToDesk { desk: on, .. } => on.as_str() == desk && outcomes.has_succeeded(step.id),
        Action::CreateCustomer { .. }
        | Action::UpdateCustomer { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => false,
    });
    let ids = steps.filter_map(|step| Some(outcomes.results.get(&step.id)?.account.as_ref()?.id.0.clone()));
    ids.collect()
}

/// A visible, mere customer whose address no other account has.
fn is_plain(snapshot: &Snapshot, account: &AccountSnapshot) -> bool {
    let same = |other: &&AccountSnapshot| canonical(&other.email) == canonical(&account.email);
    account.active
        && !account.email_hidden
        && !matches!(account.kind, PersonKind::Agent | PersonKind::App)
        && snapshot.accounts.values().filter(same).count() == 1
}

fn lists(roster: &Roster, email: &str, desk: &str) -> bool {
    roster.customers.values().any(|customer| {
        canonical(customer.email.key().as_str()) == canonical(email)
            && customer.desks.iter().any(|key| key.as_str() == desk)
    })
}

/// Whether the address is an older one of a listed person, whose entry may be waiting for a decision.
fn is_older(roster: &Roster, email: &str) -> bool {
    let customers = roster.customers.values();
    let mut older = customers.flat_map(|customer| &customer.previously);
    older.any(|older| canonical(older.key().as_str()) == canonical(email))
}

/// Whether the person moves to another desk that is paused or held: they stay until they can be added there.
fn waits(roster: &Roster, plan: &Plan, desk: &str, id: &str) -> bool {
    plan.notes.iter().any(|note| {
        let is_about = note.account.0 == id && note.desk.as_ref().is_some_and(|key| key.as_str() == desk);
        let NoteKind::WaitsForAdd(other) = &note.kind else {
            return false;
        };
        let is_paused = roster.desks.get(other).is_some_and(|spec| spec.paused);
        let is_held = |held: &Held| {
            let of_desk = held.desk.as_ref().is_none_or(|key| key == other);
            let of_person = held.email.as_ref().map(ToString::to_string).as_deref() == note.email.as_deref();
            of_desk && (held.email.is_none() || of_person)
        };
        is_about && (is_paused || plan.held.iter().any(is_held))
    })
}

/// Whether an entry of the plan about this person, or about removals from this desk, is held. A person whose own entry
/// is held elsewhere stays until that is decided.
fn is_held(plan: &Plan, desk: &str, email: &str) -> bool {
    plan.held.iter().any(|held| {
        let of_person = held
            .email
            .as_ref()
            .is_some_and(|held| canonical(held.key().as_str()) == email);
        let of_desk = held.desk.as_ref().is_none_or(|key| key.as_str() == desk);
        of_person && of_desk
    })
}
