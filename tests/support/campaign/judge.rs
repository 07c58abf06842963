//! What must hold after every pass, whatever went wrong with it.

use std::collections::BTreeSet;

use quietdesk::engine::pass::Preview;
use quietdesk::model::account::Handle;
use quietdesk::model::observed;
use quietdesk::model::roster::Membership;
use quietdesk::model::step::Action;
use quietdesk::sandbox::{AccountSnapshot, PersonKind, Snapshot};

use super::drawn::canonical;
use super::{DESKS, Life, Pass};

impl Life {
    /// Checks what must hold after any pass.
    pub(super) fn judge(&mut self, pass: &Pass, rival: &Pass) {
        let after = self.world.sandbox.snapshot();
        self.remember_listed(&pass.roster, &after);
        let sandbox = &self.world.sandbox;
        self.must(sandbox.outbox().is_empty(), "no mail is sent");
        self.must(sandbox.seats() == 0, "no seat is taken");
        self.must(
            sandbox.violations().is_empty(),
            &format!("no violation: {:?}", sandbox.violations()),
        );
        let plans = pass.seen.iter().chain(&rival.seen).chain(&self.killed);
        let plans = plans.map(|seen| seen.approved.plan());
        let steps: Vec<_> = plans.flat_map(|plan| plan.steps.iter().cloned()).collect();
        for desk in DESKS {
            let (was, is) = (&pass.before.desks[desk], &after.desks[desk]);
            let adds = steps
                .iter()
                .filter(|step| matches!(&step.action, Action::AddToDesk { desk: on, .. } if on.as_str() == desk));
            let moved = |id: &&String| !pass.meddled.iter().any(|act| act.moves(desk, id));
            let added = is.customers.difference(&was.customers).filter(moved).count();
            self.must(
                added <= adds.count(),
                &format!("{added} came to {desk}, and the plan had fewer"),
            );
            let removals: BTreeSet<_> = steps
                .iter()
                .filter_map(|step| step.action.removal())
                .filter(|(on, _)| on.to_stored() == desk)
                .map(|(_, account)| account.id.0.clone())
                .collect();
            let left = was.customers.difference(&is.customers).filter(moved);
            let left: Vec<_> = left.cloned().collect();
            for id in &left {
                self.must(removals.contains(id), &format!("{id} left {desk} without a step"));
                self.check_removal_is_allowed(pass, pass.is_full || rival.seen.is_some(), desk, id);
            }
            let set = steps
                .iter()
                .any(|step| matches!(&step.action, Action::SetAccess { desk: of, .. } if of.as_str() == desk));
            self.must(
                was.access == is.access || set || pass.meddled.iter().any(|act| act.opens(desk)),
                &format!("the access of {desk} changed without a step"),
            );
            let gone = left.iter().map(|id| (self.now, desk, id.clone()));
            self.removed.extend(gone);
            // The guards count what the pass read, and a list can miss a row without any sign.
            let seen = pass.seen.as_ref().and_then(|seen| members_seen(seen, desk));
            self.check_guard_limits(desk, seen.as_ref().unwrap_or(&was.customers), left.len());
        }
        for (id, account) in &pass.before.accounts {
            let changes = steps
                .iter()
                .any(|step| matches!(&step.action, Action::UpdateCustomer { account, .. } if account.id.0 == *id));
            let is = after.accounts.get(id);
            let changes = changes || pass.meddled.iter().any(|act| act.changes(id));
            self.must(changes || is == Some(account), &format!("{id} changed without a step"));
        }
        self.check_no_duplicate_accounts(pass, &after);
    }

    pub(super) fn check_no_duplicate_accounts(&self, pass: &Pass, after: &Snapshot) {
        let before = &pass.before;
        // Another spelling of an address is recognized only if visible: Jira refuses only the same spelling.
        let is_visible = |account: &AccountSnapshot| account.active && !account.email_hidden && !self.is_masked;
        let having = |snapshot: &Snapshot, one: &AccountSnapshot| {
            let same = |other: &&AccountSnapshot| {
                let can_be_seen = is_visible(one) && is_visible(other);
                other.email.eq_ignore_ascii_case(&one.email)
                    || (can_be_seen && canonical(&other.email) == canonical(&one.email))
            };
            snapshot.accounts.values().filter(same).count()
        };
        for account in after.accounts.values() {
            // An address that was shown or hidden while the pass ran could not be recognized throughout.
            let mut same = after
                .accounts
                .iter()
                .filter(|(_, other)| canonical(&other.email) == canonical(&account.email));
            if same.any(|(id, _)| pass.meddled.iter().any(|act| act.changes(id))) {
                continue;
            }
            let (was, is) = (having(before, account), having(after, account));
            self.must(
                is <= was.max(1),
                &format!("{} had {was} accounts, and has {is}", account.email),
            );
        }
    }

    fn check_removal_is_allowed(&self, pass: &Pass, is_full: bool, desk: &'static str, id: &str) {
        let account = &pass.before.accounts[id];
        let spec = pass.roster.desks.iter().find(|(key, _)| key.as_str() == desk);
        let (_, spec) = spec.unwrap();
        let address = canonical(&account.email);
        let say = |what: &str| format!("{id} ({address}) left {desk}: {what}");
        self.must(!spec.paused, &say("it is paused"));
        // The address may have been shown while the pass ran.
        let is_hidden = account.email_hidden && !pass.meddled.iter().any(|act| act.changes(id));
        self.must(!is_hidden, &say("the address is hidden"));
        self.must(
            !matches!(account.kind, PersonKind::Agent | PersonKind::App),
            &say("it is more than a customer"),
        );
        let kept = spec.keep.iter().any(|kept| canonical(kept) == address);
        self.must(!kept, &say("it is kept"));
        let listed = pass.roster.customers.values().any(|customer| {
            canonical(customer.email.key().as_str()) == address && customer.desks.iter().any(|key| key.as_str() == desk)
        });
        self.must(!listed, &say("it is listed"));
        let owned = self.listed_once.get(desk).is_some_and(|ids| ids.contains(id));
        let exact = spec.membership == Membership::Exact && is_full;
        self.must(owned || exact, &say("no roster ever listed it"));
    }

    /// Never more removals than the settings allow, in any 24 hours.
    fn check_guard_limits(&self, desk: &str, seen: &BTreeSet<String>, left: usize) {
        let lately = self
            .removed
            .iter()
            .filter(|(at, of, _)| *of == desk && self.now.duration_since(*at).as_secs() < 24 * 60 * 60);
        // However often a person is put back by hand, or still listed, it is one person who leaves.
        let gone: BTreeSet<_> = lately.map(|(_, _, id)| id).collect();
        let (count, of) = (gone.len(), gone.union(&seen.iter().collect()).count());
        // Two memories count independently.
        if left == 0 || self.rivals {
            return;
        }
        self.must(
            count <= self.guards.max_removals,
            &format!("{count} left {desk} in a day"),
        );
        self.must(
            of < 10 || count * 100 <= self.guards.max_removal_percent * of,
            &format!("{count} of {of} left {desk} in a day"),
        );
    }
}

/// The accounts that a pass read on a desk.
fn members_seen(seen: &Preview, desk: &str) -> Option<BTreeSet<String>> {
    let (_, reading) = seen.observed.desks.iter().find(|(key, _)| key.as_str() == desk)?;
    match reading {
        observed::DeskReading::Read(desk) => {
            let accounts = seen.observed.accounts_by_handle();
            let id = |handle: &Handle| {
                accounts
                    .get(handle)
                    .map_or(handle.0.clone(), |account| account.id.0.clone())
            };
            Some(desk.members.iter().map(id).collect())
        }
        observed::DeskReading::Missing | observed::DeskReading::Unreadable { .. } => None,
    }
}
