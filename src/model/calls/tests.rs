use super::*;
use crate::model::access::Access;
use crate::model::fixtures::{
    account, cloud_site, customer, data_center_site, desk_mut, roster, with_access, with_account,
};
use crate::model::ledger::Ledger;
use crate::model::observed::{AccessReading, Observed, Staff};
use crate::model::plan::plan;
use crate::model::policy::Policy;
use crate::model::roster::{Membership, Roster};

fn calls_for(roster: &Roster, observed: &Observed) -> Calls {
    calls(&plan(roster, observed, &Ledger::not_kept(), &Policy::default()))
}

fn sizes(calls: &[Call]) -> Vec<(&'static str, usize)> {
    let sizes = calls.iter().map(|call| match call {
        Call::Create(_) => ("create", 1),
        Call::Update(_) => ("update", 1),
        Call::Add { steps, .. } => ("add", steps.len()),
        Call::Remove { steps, .. } => ("remove", steps.len()),
        Call::SetAccess(_) => ("access", 1),
    });
    sizes.collect()
}

#[test]
fn batches_are_full_but_for_the_last_of_each_desk() {
    let desks = ["OPS", "SUP"];
    let mut seen = cloud_site(&desks);
    let mut wanted = roster(&desks, []);
    for n in 0..53 {
        let email = format!("new{n}@example.com");
        seen = with_account(seen, account(&format!("new{n}"), &email), &[]);
        let on: &[&str] = if n < 2 { &desks } else { &["SUP"] };
        let entry = customer(&email, on);
        wanted.customers.insert(entry.email.key().clone(), entry);
    }
    for n in 0..51 {
        let gone = account(&format!("gone{n}"), &format!("gone{n}@example.com"));
        seen.staff.insert(gone.id.clone(), Staff::No);
        seen = with_account(seen, gone, &["OPS"]);
    }
    wanted
        .desks
        .entry(crate::model::fixtures::desk_key("OPS"))
        .or_default()
        .membership = Membership::Exact;
    let calls = calls_for(&wanted, &seen);
    assert_eq!(sizes(&calls.people), [("add", 50), ("add", 2), ("add", 3)]);
    assert_eq!(sizes(&calls.removals), [("remove", 50), ("remove", 1)]);
    let ids = calls.iter().flat_map(|call| match call {
        Call::Add { steps, .. } | Call::Remove { steps, .. } => steps.clone(),
        Call::Create(_) | Call::Update(_) | Call::SetAccess(_) => Vec::new(),
    });
    let mut ids: Vec<_> = ids.collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 55 + 51, "every step is in one call");
}

/// A full batch leaves no incomplete one.
#[test]
fn a_batch_that_is_just_full_is_one_call() {
    let people = (0..50).map(|n| (format!("n{n}"), format!("n{n}@example.com")));
    let (mut seen, mut entries) = (cloud_site(&["SUP"]), Vec::new());
    for (id, email) in people {
        seen = with_account(seen, account(&id, &email), &[]);
        entries.push(customer(&email, &["SUP"]));
    }
    assert_eq!(
        sizes(&calls_for(&roster(&["SUP"], entries), &seen).people),
        [("add", 50)]
    );
}

#[test]
fn tightenings_come_before_removals_and_loosenings_after() {
    let desks = ["A", "B", "C"];
    let mut seen = data_center_site(&desks);
    let is = |seen: &mut Observed, desk, access| desk_mut(seen, desk).access = AccessReading::Known(access);
    is(&mut seen, "A", Access::Open);
    is(&mut seen, "B", Access::Restricted);
    is(&mut seen, "C", Access::Public);
    let wanted = with_access(Access::Restricted, "A", roster(&desks, []));
    let wanted = with_access(Access::Open, "B", wanted);
    let wanted = with_access(Access::Open, "C", wanted);
    let calls = calls_for(&wanted, &seen);
    assert_eq!(
        (calls.tightening.len(), calls.loosening.len(), calls.count()),
        (2, 1, 3)
    );
    let last = calls.iter().last();
    assert_eq!(last, calls.loosening.first());
}
