//! Removals from desks, and every reason to keep an account, one at a time.

use super::*;
use crate::model::ledger::Parts;
use crate::model::observed::{Completeness, Staff};
use crate::model::roster::{Customer, Membership};

const BOB: &str = "bob@example.com";

fn of(membership: Membership, mut roster: Roster) -> Roster {
    roster.desks.entry(desk_key("SUP")).or_default().membership = membership;
    roster
}

fn ada() -> Customer {
    customer("ada@example.com", &["SUP"])
}

/// Returns a ledger in which an earlier roster listed Bob on SUP, with his account if known.
fn listed_once(bob: Option<&str>) -> Ledger {
    let mut parts = Ledger::kept().parts().clone();
    parts.completed.insert(container("SUP"));
    parts.history.applied_counts.insert(container("SUP"), 2);
    let id = bob.map(|id| AccountId(id.into()));
    parts.claimed.insert((container("SUP"), email_key(BOB)), id);
    Ledger::from_parts(parts)
}

/// Returns a site with Bob on SUP, who is only a customer.
fn there() -> Observed {
    staff(
        with_account(cloud_site(&["SUP"]), account("bob", BOB), &["SUP"]),
        Staff::No,
    )
}

fn staff(mut observed: Observed, staff: Staff) -> Observed {
    observed.staff.insert(AccountId("bob".into()), staff);
    observed
}

fn unasked(mut observed: Observed) -> Observed {
    observed.staff.clear();
    observed
}

fn words(roster: &Roster, observed: &Observed, ledger: &Ledger) -> String {
    in_words(&plan(roster, observed, ledger, &Policy::default()))
}

fn left(roster: &Roster, observed: &Observed, ledger: &Ledger) -> bool {
    let plan = plan(roster, observed, ledger, &Policy::default());
    plan.departed.contains(&(container("SUP"), email_key(BOB)))
}

const LEAVES: &str = "remove bob@example.com from SUP";

#[test]
fn who_leaves_is_who_was_listed_or_anybody() {
    let empty = || roster(&["SUP"], []);
    let known = listed_once(Some("bob"));
    let unknown = Ledger::kept();
    let mut never_applied = known.parts().clone();
    never_applied.history.applied_counts.clear();
    let never_applied = Ledger::from_parts(never_applied);
    use Membership::{Additive, Exact, Owned};
    for (membership, ledger, expected) in [
        (Additive, &known, ""),
        (Owned, &known, LEAVES),
        (Owned, &unknown, ""),
        (Owned, &never_applied, ""),
        (Exact, &known, LEAVES),
        (Exact, &unknown, LEAVES),
    ] {
        let words = words(&of(membership, empty()), &there(), ledger);
        assert_eq!(words, expected, "{membership:?}");
    }
    // A listed person stays, also with another spelling.
    let listed = roster(&["SUP"], [customer("BOB@Example.com", &["SUP"])]);
    for membership in [Additive, Owned, Exact] {
        assert_eq!(words(&of(membership, listed.clone()), &there(), &known), "");
    }
    // An entry for another desk does not keep the person on this one.
    let elsewhere = of(Owned, roster(&["OPS", "SUP"], [customer(BOB, &["OPS"])]));
    let mut observed = there();
    observed
        .desks
        .extend(with_account(cloud_site(&["OPS"]), account("bob", BOB), &["OPS"]).desks);
    assert_eq!(words(&elsewhere, &observed, &known), LEAVES);
}

#[test]
fn every_reason_to_stay() {
    let known = listed_once(Some("bob"));
    let exact = || of(Membership::Exact, roster(&["SUP"], [ada()]));
    let ada_too = |observed| with_account(observed, account("ada", "ada@example.com"), &["SUP"]);
    let bob = |change: fn(&mut Account)| {
        let mut bob = account("bob", BOB);
        change(&mut bob);
        staff(with_account(cloud_site(&["SUP"]), bob, &["SUP"]), Staff::No)
    };
    let id = || AccountId("bob".into());
    let read_as = |completeness| {
        let mut observed = there();
        desk_mut(&mut observed, "SUP").completeness = completeness;
        observed
    };
    let open = {
        let mut observed = there();
        desk_mut(&mut observed, "SUP").access = AccessReading::Known(Access::Open);
        observed
    };
    let unobserved = {
        let mut observed = there();
        observed.accounts.clear();
        observed
    };
    let mut unanswered = unobserved.clone();
    unanswered.unresolved.insert(Handle("bob".into()));
    let keeping = |mut roster: Roster| {
        roster.desks.entry(desk_key("SUP")).or_default().keep = vec![BOB.to_owned()];
        roster
    };
    let hidden = |account: &mut Account| account.email = None;
    for (case, roster, observed, expected) in [
        ("no reason", exact(), there(), LEAVES.to_owned()),
        ("keep", keeping(exact()), there(), "note bob on SUP: Kept".to_owned()),
        ("not asked", exact(), unasked(there()), "ask bob on SUP".to_owned()),
        (
            "an agent",
            exact(),
            staff(there(), Staff::Yes),
            "note bob on SUP: NotACustomer".to_owned(),
        ),
        (
            "an app",
            exact(),
            bob(|bob| bob.kind = AccountKind::App),
            "note bob on SUP: NotACustomer".to_owned(),
        ),
        (
            "role unknown",
            exact(),
            staff(there(), Staff::Unknown),
            format!("hold SUP: {}", HeldReason::CandidateStaffUnknown(id())),
        ),
        (
            "hidden e-mail",
            exact(),
            bob(hidden),
            format!("hold SUP: {}", HeldReason::CandidateHidden(id())),
        ),
        (
            "an agent with a hidden e-mail",
            exact(),
            staff(bob(hidden), Staff::Yes),
            "note bob on SUP: NotACustomer".to_owned(),
        ),
        ("unknown", exact(), unobserved.clone(), "ask bob on SUP".to_owned()),
        (
            "unknown, paused",
            with_paused("SUP", exact()),
            unobserved,
            String::new(),
        ),
        (
            "no answer",
            exact(),
            unanswered,
            format!("hold SUP: {}", HeldReason::CandidateStaffUnknown(id())),
        ),
        (
            "an open desk",
            exact(),
            open.clone(),
            "note bob on SUP: StaysOpen".to_owned(),
        ),
        (
            "a desk that gets restricted before",
            with_access(Access::Restricted, "SUP", exact()),
            open.clone(),
            format!("set access of SUP from open to restricted; {LEAVES}"),
        ),
        (
            "a paused desk that would get restricted",
            with_paused("SUP", with_access(Access::Restricted, "SUP", exact())),
            open,
            format!("(paused) set access of SUP from open to restricted; (paused) {LEAVES}"),
        ),
        (
            "paused",
            with_paused("SUP", exact()),
            there(),
            format!("(paused) {LEAVES}"),
        ),
        (
            "paused, not asked",
            with_paused("SUP", exact()),
            unasked(there()),
            format!("(paused) {LEAVES}"),
        ),
        ("read narrowly", exact(), read_as(Completeness::Narrow), String::new()),
        (
            "read in part",
            exact(),
            read_as(Completeness::Partial { gap: "a gap".into() }),
            LEAVES.to_owned(),
        ),
    ] {
        assert_eq!(words(&roster, &ada_too(observed), &known), expected, "{case}");
    }
    let mut parts = known.parts().clone();
    parts.accepted_effects.insert(Effect::Remove(container("SUP"), id()), 2);
    assert_eq!(
        words(&exact(), &ada_too(there()), &Ledger::from_parts(parts)),
        format!(
            "hold bob@example.com: {}",
            HeldReason::NoEffect(IneffectiveChange::Remove)
        )
    );
}

/// A desk that goes from public to open stays open.
#[test]
fn a_public_desk_that_becomes_open_refuses_removals() {
    let mut observed = there();
    observed.site.deployment = Deployment::DataCenter;
    desk_mut(&mut observed, "SUP").access = AccessReading::Known(Access::Public);
    let wanted = with_access(Access::Open, "SUP", of(Membership::Exact, roster(&["SUP"], [])));
    assert_eq!(
        words(&wanted, &observed, &Ledger::kept()),
        "set access of SUP from public to open; note bob on SUP: StaysOpen"
    );
}

/// Candidates of held entries and pinned accounts are not removed.
#[test]
fn candidates_of_held_entries_stay() {
    let exact = |entry| of(Membership::Exact, roster(&["SUP"], [entry]));
    let two = with_account(there(), account("bob2", BOB), &["SUP"]);
    let words_of = |entry, observed: &Observed| words(&exact(entry), observed, &Ledger::kept());
    let several = HeldReason::SeveralAccounts(vec![AccountId("bob".into()), AccountId("bob2".into())]);
    assert_eq!(
        words_of(customer(BOB, &["SUP"]), &two),
        format!("hold bob@example.com: {several}")
    );
    let deactivated = Account {
        active: false,
        ..account("bob", BOB)
    };
    let mut gone = with_account(cloud_site(&["SUP"]), deactivated, &["SUP"]);
    gone.lookups.insert(email_key(BOB), Lookup::Absent);
    assert_eq!(
        words_of(customer(BOB, &["SUP"]), &gone),
        "hold bob@example.com: the account is deactivated"
    );
    // An entry with a pin to an account with another address is held, and the account stays.
    let other = with_account(cloud_site(&["SUP"]), account("bob", "other@example.com"), &["SUP"]);
    let held = format!(
        "hold bob@example.com: {}",
        HeldReason::PinShowsAnother(Handle("bob".into()))
    );
    assert_eq!(words_of(with_pin("bob", customer(BOB, &["SUP"])), &other), held);
}

/// A removed person counts as on the desk until the account is known to be off it.
#[test]
fn who_is_off_the_desk_is_forgotten_only_when_that_is_sure() {
    let owned = of(Membership::Owned, roster(&["SUP"], [ada()]));
    let additive = of(Membership::Additive, roster(&["SUP"], [ada()]));
    let off = |mut observed: Observed| {
        desk_mut(&mut observed, "SUP").members.clear();
        observed
    };
    let server = |mut observed: Observed| {
        observed.site.deployment = Deployment::DataCenter;
        observed
    };
    let partial = |mut observed: Observed| {
        desk_mut(&mut observed, "SUP").completeness = Completeness::Partial { gap: "a gap".into() };
        observed
    };
    let looked_up = |mut observed: Observed| {
        observed.lookups.insert(email_key(BOB), Lookup::Absent);
        observed
    };
    let deleted = |mut observed: Observed| {
        observed.missing_accounts.insert(AccountId("bob".into()));
        observed
    };
    let empty = cloud_site(&["SUP"]);
    let (by_id, by_address) = (listed_once(Some("bob")), listed_once(None));
    for (case, observed, ledger, expected) in [
        ("there", there(), &by_id, false),
        ("off", off(there()), &by_id, true),
        ("off, by its address", off(there()), &by_address, true),
        ("off, on Data Center", server(off(there())), &by_id, true),
        ("off, in part", partial(off(there())), &by_id, false),
        ("no account, Cloud", empty.clone(), &by_id, true),
        ("no account, Cloud, in part", partial(empty.clone()), &by_id, false),
        ("no account, Data Center", server(empty.clone()), &by_id, false),
        ("deleted, Data Center", server(deleted(empty.clone())), &by_id, true),
        (
            "deleted, Data Center, in part",
            partial(server(deleted(empty.clone()))),
            &by_id,
            false,
        ),
        ("no id, Cloud", empty.clone(), &by_address, true),
        ("no id, Data Center", server(empty.clone()), &by_address, false),
        (
            "no id, looked up, Data Center",
            server(looked_up(empty)),
            &by_address,
            true,
        ),
    ] {
        assert_eq!(left(&owned, &observed, ledger), expected, "{case}");
        assert_eq!(left(&additive, &observed, ledger), expected, "{case}");
    }
}

#[test]
fn who_expired_leaves() {
    let bob = || customer(BOB, &["SUP"]);
    let expired = |entry: Customer| {
        let mut roster = roster(&["OPS", "SUP"], [ada()]);
        roster.expired.insert(entry.email.key().clone(), entry);
        roster
    };
    let two_desks = |account: Account| {
        let mut observed = with_account(cloud_site(&["OPS", "SUP"]), account, &["OPS", "SUP"]);
        observed.lookups.insert(email_key(BOB), Lookup::Absent);
        let observed = with_account(observed, self::account("ada", "ada@example.com"), &["SUP"]);
        staff(observed, Staff::No)
    };
    let plain = two_desks(account("bob", BOB));
    let none = Ledger::not_kept();
    assert_eq!(
        words(&expired(bob()), &plain, &none),
        LEAVES,
        "the other desk is not the entry's"
    );
    let plan = plan(&expired(bob()), &plain, &none, &Policy::default());
    assert_eq!(plan.steps[0].cause, Cause::Expired);
    let off = Account {
        active: false,
        ..account("bob", BOB)
    };
    assert_eq!(words(&expired(bob()), &two_desks(off), &none), LEAVES, "deactivated");
    let moved = two_desks(account("bob", "robert@example.com"));
    let fact = Fact::Account(email_key(BOB));
    let mut parts = Ledger::kept().parts().clone();
    parts.agreed.insert(fact, Value::Account(AccountId("bob".into())));
    assert_eq!(
        words(&expired(bob()), &moved, &Ledger::from_parts(parts)),
        "remove robert@example.com from SUP",
        "known from the ledger"
    );
    assert_eq!(words(&expired(bob()), &moved, &none), "", "no account known");
    let two = with_account(plain, account("bob2", BOB), &[]);
    let several = HeldReason::SeveralAccounts(vec![AccountId("bob".into()), AccountId("bob2".into())]);
    assert_eq!(
        words(&expired(bob()), &two, &none),
        format!("hold bob@example.com: {several}")
    );
    let mut nowhere = two;
    desk_mut(&mut nowhere, "SUP").members.remove(&Handle("bob".into()));
    assert_eq!(words(&expired(bob()), &nowhere, &none), "", "neither is on the desk");
    // Another entry with the same account keeps it on the desk.
    let mut roster = expired(with_pin("bob", bob()));
    let heir = with_pin("bob", customer("robert@example.com", &["SUP"]));
    roster.customers.insert(heir.email.key().clone(), heir);
    assert_eq!(words(&roster, &moved, &none), "");
}

/// While this machine's clock is far from Jira's, an entry expired by only one of them is held, in every membership
/// mode; one that expired before stays expired.
#[test]
fn until_is_held_while_the_clocks_are_far_apart() {
    let until = |day: &str| Customer {
        until: Some(day.parse().unwrap()),
        ..customer(BOB, &["SUP"])
    };
    let held = format!("hold {BOB}: {}", HeldReason::ClockOff(None));
    let came = Ledger::from_parts(Parts {
        until_came: Some("2026-02-01".parse().unwrap()),
        ..Ledger::kept().parts().clone()
    });
    let none_came = Ledger::kept();
    for membership in [Membership::Additive, Membership::Owned, Membership::Exact] {
        // By Jira's clock it is 2 February; by this machine's, which is days off, 1 February or 5 February.
        for (day, ahead, ledger, expected) in [
            ("2026-02-02", 0, &none_came, LEAVES),
            ("2026-02-02", 3600, &none_came, LEAVES),
            ("2026-02-02", 3 * 86_400, &none_came, &held),
            ("2026-02-02", -86_400, &none_came, &held),
            ("2026-02-04", 3 * 86_400, &none_came, &held),
            ("2026-02-09", 3 * 86_400, &none_came, ""),
            ("2026-02-01", 3 * 86_400, &came, LEAVES),
            ("2026-02-02", 3 * 86_400, &came, &held),
        ] {
            let policy = Policy {
                now: 1_770_033_600 + ahead,
                clock_offset: Some(ahead),
                ..Policy::default()
            };
            let today = jiff::Timestamp::from_second(policy.now).unwrap();
            let today = today.to_zoned(jiff::tz::TimeZone::UTC).date();
            let roster = of(membership, roster(&["SUP"], [until(day)])).as_of(ledger.effective_day(today));
            let plan = plan(&roster, &there(), ledger, &policy);
            assert_eq!(in_words(&plan), expected, "{day}, {ahead} s ahead, {membership:?}");
            assert_eq!(plan.warnings.len(), usize::from(ahead.abs() > 3600));
        }
    }
}

/// On Cloud a new address is a new account: the old one is removed only after the new one was added.
#[test]
fn on_cloud_the_old_account_leaves_after_the_new_one_came() {
    let entry = || with_previous_emails(&["bob@old.example"], customer(BOB, &["OPS", "SUP"]));
    let wanted = roster(&["OPS", "SUP"], [entry()]);
    let old = || account("old", "bob@old.example");
    let customer_only = |mut observed: Observed| {
        for id in ["old", "bob"] {
            observed.staff.insert(AccountId(id.into()), Staff::No);
        }
        observed.lookups.insert(email_key(BOB), Lookup::Absent);
        observed
    };
    let desks = || cloud_site(&["OPS", "SUP"]);
    let none = Ledger::not_kept();
    let made = customer_only(with_account(desks(), old(), &["SUP"]));
    assert_eq!(
        words(&wanted, &made, &none),
        "create bob@example.com; add bob@example.com to OPS; add bob@example.com to SUP; remove bob@old.example from SUP"
    );
    let after = |observed: &Observed| {
        let steps = plan(&wanted, observed, &none, &Policy::default()).steps;
        let after = steps.iter().filter(|step| step.action.removal().is_some()).map(|step| {
            let Action::RemoveFromDesk { desk, after, .. } = &step.action else {
                panic!("{step}");
            };
            (desk.to_string(), after.iter().map(|step| step.0).collect())
        });
        after.collect::<Vec<(String, Vec<u32>)>>()
    };
    assert_eq!(after(&made), [("SUP".to_owned(), vec![2, 3])]);
    let added = customer_only(with_account(
        with_account(desks(), old(), &["OPS", "SUP"]),
        account("bob", BOB),
        &["SUP"],
    ));
    assert_eq!(
        after(&added),
        [("OPS".to_owned(), vec![1]), ("SUP".to_owned(), vec![1])],
        "no removal before the new account is on all desks"
    );
    // The new account has access to SUP through a role, but is not on its list: the old one stays.
    let mut by_team = customer_only(with_account(
        with_account(desks(), old(), &["SUP"]),
        account("bob", BOB),
        &["OPS"],
    ));
    desk_mut(&mut by_team, "SUP").project_roles = Some(ProjectRoleMembers {
        members: [Handle("bob".into())].into(),
        ..ProjectRoleMembers::default()
    });
    assert_eq!(after(&by_team), []);
    // A pinned account is not an old one.
    let same = with_pin("old", entry());
    let pinned = roster(&["OPS", "SUP"], [same]);
    assert_eq!(
        words(
            &pinned,
            &customer_only(with_account(desks(), old(), &["OPS", "SUP"])),
            &none
        ),
        ""
    );
    // Paused: listed apart, and the old account stays.
    let paused = words(&with_paused("SUP", with_paused("OPS", wanted.clone())), &made, &none);
    assert_eq!(paused.matches("(paused)").count(), 3, "{paused}");
    assert!(
        paused.ends_with("note old on SUP: WaitsForAdd(DeskKey(\"OPS\"))"),
        "{paused}"
    );
}

/// On Data Center the account stays on the desk with its new address: `exact` does not remove it.
#[test]
fn on_data_center_an_older_address_is_no_stranger() {
    let entry = with_previous_emails(&["bob@old.example"], customer(BOB, &["SUP"]));
    let wanted = of(Membership::Exact, roster(&["SUP"], [entry]));
    let mut observed = with_account(data_center_site(&["SUP"]), account("bob", "bob@old.example"), &["SUP"]);
    observed.lookups.insert(email_key(BOB), Lookup::Absent);
    // Deactivated: the entry is held, and the account stays.
    let mut off = observed.clone();
    off.accounts.get_mut(&AccountId("bob".into())).unwrap().active = false;
    off.lookups.insert(email_key("bob@old.example"), Lookup::Absent);
    for observed in [staff(observed.clone(), Staff::No), observed.clone(), off] {
        let words = words(&wanted, &observed, &Ledger::kept());
        assert!(!words.contains("remove") && !words.contains("ask"), "{words}");
    }
    // The new address was not looked up yet.
    let mut unasked = staff(observed.clone(), Staff::No);
    unasked.lookups.clear();
    assert!(!words(&wanted, &unasked, &Ledger::kept()).contains("remove"));
    // From a desk that the entry does not list, it is removed.
    let elsewhere = with_previous_emails(&["bob@old.example"], customer(BOB, &["OPS"]));
    let elsewhere = of(Membership::Exact, roster(&["OPS", "SUP"], [elsewhere]));
    let mut both = staff(observed.clone(), Staff::No);
    both.desks.extend(cloud_site(&["OPS"]).desks);
    assert!(words(&elsewhere, &both, &Ledger::kept()).contains("remove bob@old.example from SUP"));
    let unclear = staff(observed, Staff::Unknown);
    let words = words(&wanted, &unclear, &Ledger::kept());
    assert!(!words.contains("remove") && !words.contains("SUP:"), "{words}");
}

/// On Data Center an account with a previous address is left alone if the roster pins another one.
#[test]
fn on_data_center_no_account_is_replaced() {
    let entry = with_pin(
        "bob",
        with_previous_emails(&["bob@old.example"], customer(BOB, &["SUP"])),
    );
    let mut observed = with_account(data_center_site(&["SUP"]), account("bob", BOB), &["SUP"]);
    observed = with_account(observed, account("old", "bob@old.example"), &["SUP"]);
    for id in ["bob", "old"] {
        observed.staff.insert(AccountId(id.into()), Staff::No);
    }
    assert_eq!(words(&roster(&["SUP"], [entry]), &observed, &Ledger::kept()), "");
}

/// The cause of a removal by `exact`.
#[test]
fn why_a_stranger_leaves() {
    let exact = of(Membership::Exact, roster(&["SUP"], []));
    let cause = |ledger: &Ledger| plan(&exact, &there(), ledger, &Policy::default()).steps[0].cause;
    assert_eq!(cause(&Ledger::kept()), Cause::First);
    assert_eq!(cause(&listed_once(None)), Cause::Edit);
    assert_eq!(cause(&Ledger::from_base(&exact)), Cause::Drift);
    assert_eq!(cause(&Ledger::from_base(&roster(&["SUP"], []))), Cause::Edit);
}

/// A move: the person is removed only after being added where the roster lists them.
#[test]
fn who_moves_leaves_after_the_add() {
    let moved = || roster(&["PRIV", "SUP"], [customer(BOB, &["PRIV"])]);
    let wanted = of(Membership::Owned, moved());
    let on_sup = || {
        let observed = with_account(cloud_site(&["PRIV", "SUP"]), account("bob", BOB), &["SUP"]);
        staff(observed, Staff::No)
    };
    let after = |wanted: &Roster, observed: &Observed| {
        let plan = plan(wanted, observed, &listed_once(Some("bob")), &Policy::default());
        let removals = plan.steps.iter().filter_map(|step| match &step.action {
            Action::RemoveFromDesk { after, .. } => Some(after.iter().map(|step| step.0).collect::<Vec<_>>()),
            Action::CreateCustomer { .. }
            | Action::UpdateCustomer { .. }
            | Action::AddToDesk { .. }
            | Action::SetAccess { .. } => None,
        });
        (removals.collect::<Vec<_>>(), in_words(&plan))
    };
    let (removals, words) = after(&wanted, &on_sup());
    assert_eq!(removals, [vec![1]], "{words}");
    assert_eq!(words, "add bob@example.com to PRIV; remove bob@example.com from SUP");
    // Already there.
    let mut there = on_sup();
    desk_mut(&mut there, "PRIV").members.insert(Handle("bob".into()));
    assert_eq!(after(&wanted, &there), (vec![vec![]], LEAVES.to_owned()));
    // The add is not planned: the new desk is missing or paused, or Jira accepted the add twice without effect.
    let mut missing = on_sup();
    missing
        .desks
        .insert(desk_key("PRIV"), crate::model::observed::DeskReading::Missing);
    for (wanted, observed) in [
        (wanted.clone(), missing),
        (with_paused("PRIV", wanted.clone()), on_sup()),
    ] {
        let (removals, words) = after(&wanted, &observed);
        assert_eq!(removals, Vec::<Vec<u32>>::new(), "{words}");
        assert!(words.contains("note bob on SUP: WaitsForAdd"), "{words}");
    }
    let mut parts = listed_once(Some("bob")).parts().clone();
    parts
        .accepted_effects
        .insert(Effect::Add(container("PRIV"), email_key(BOB)), 2);
    let plan = plan(&wanted, &on_sup(), &Ledger::from_parts(parts), &Policy::default());
    assert!(
        in_words(&plan).contains("note bob on SUP: WaitsForAdd"),
        "{}",
        in_words(&plan)
    );
    // The entry itself is held: its pinned account does not exist.
    let mut held = wanted.clone();
    held.customers
        .insert(email_key(BOB), with_pin("ghost", customer(BOB, &["PRIV"])));
    let mut observed = on_sup();
    observed.pins.insert(Handle("ghost".into()), None);
    let (removals, words) = after(&held, &observed);
    assert_eq!(removals, Vec::<Vec<u32>>::new(), "{words}");
    // People who left the file, or with an entry for no desk, do not wait.
    for customers in [vec![], vec![customer(BOB, &[])]] {
        let gone = of(Membership::Owned, roster(&["PRIV", "SUP"], customers));
        assert_eq!(after(&gone, &on_sup()), (vec![vec![]], LEAVES.to_owned()));
    }
}

/// A pin identifies the account; it does not keep the account on desks that its entry does not list.
#[test]
fn a_pinned_account_leaves_what_its_entry_does_not_list() {
    let entry = with_pin("bob", customer(BOB, &["PRIV"]));
    let wanted = of(Membership::Owned, roster(&["PRIV", "SUP"], [entry]));
    let mut observed = with_account(cloud_site(&["PRIV", "SUP"]), account("bob", BOB), &["PRIV", "SUP"]);
    observed
        .pins
        .insert(Handle("bob".into()), Some(AccountId("bob".into())));
    assert_eq!(
        words(&wanted, &staff(observed, Staff::No), &listed_once(Some("bob"))),
        LEAVES
    );
}
