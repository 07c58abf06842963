//! Who leaves a desk, and who does not: every reason to stay, one at a time.

use super::*;
use crate::model::ledger::Parts;
use crate::model::observed::{Completeness, Staff};
use crate::model::roster::{Customer, Membership};

const BOB: &str = "bob@example.com";

fn of(membership: Membership, mut roster: Roster) -> Roster {
    roster.desks.entry(key("SUP")).or_default().membership = membership;
    roster
}

fn ada() -> Customer {
    customer("ada@example.com", &["SUP"])
}

/// An earlier roster listed Bob on SUP, with that account where it was known.
fn listed_once(bob: Option<&str>) -> Ledger {
    let mut parts = Ledger::kept().parts().clone();
    parts.completed.insert(container("SUP"));
    parts.history.applied.insert(container("SUP"), 2);
    let id = bob.map(|id| AccountId(id.into()));
    parts.claimed.insert((container("SUP"), email_key(BOB)), id);
    Ledger::restored(parts)
}

/// Bob is on SUP, and is nothing but a customer.
fn there() -> Observed {
    staff(with(site(&["SUP"]), account("bob", BOB), &["SUP"]), Staff::No)
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
    plan.left.contains(&(container("SUP"), email_key(BOB)))
}

const LEAVES: &str = "remove bob@example.com from SUP";

#[test]
fn who_leaves_is_who_was_listed_or_anybody() {
    let nobody = || roster(&["SUP"], []);
    let known = listed_once(Some("bob"));
    let unknown = Ledger::kept();
    let mut never_applied = known.parts().clone();
    never_applied.history.applied.clear();
    let never_applied = Ledger::restored(never_applied);
    use Membership::{Additive, Exact, Owned};
    for (membership, ledger, expected) in [
        (Additive, &known, ""),
        (Owned, &known, LEAVES),
        (Owned, &unknown, ""),
        (Owned, &never_applied, ""),
        (Exact, &known, LEAVES),
        (Exact, &unknown, LEAVES),
    ] {
        let words = words(&of(membership, nobody()), &there(), ledger);
        assert_eq!(words, expected, "{membership:?}");
    }
    // Whoever is listed stays, also under another spelling.
    let listed = roster(&["SUP"], [customer("BOB@Example.com", &["SUP"])]);
    for membership in [Additive, Owned, Exact] {
        assert_eq!(words(&of(membership, listed.clone()), &there(), &known), "");
    }
    // Being listed on another desk is no reason to stay on this one.
    let elsewhere = of(Owned, roster(&["OPS", "SUP"], [customer(BOB, &["OPS"])]));
    let mut observed = there();
    observed
        .desks
        .extend(with(site(&["OPS"]), account("bob", BOB), &["OPS"]).desks);
    assert_eq!(words(&elsewhere, &observed, &known), LEAVES);
}

#[test]
fn every_reason_to_stay() {
    let known = listed_once(Some("bob"));
    let exact = || of(Membership::Exact, roster(&["SUP"], [ada()]));
    let ada_too = |observed| with(observed, account("ada", "ada@example.com"), &["SUP"]);
    let bob = |change: fn(&mut Account)| {
        let mut bob = account("bob", BOB);
        change(&mut bob);
        staff(with(site(&["SUP"]), bob, &["SUP"]), Staff::No)
    };
    let id = || AccountId("bob".into());
    let read_as = |completeness| {
        let mut observed = there();
        reading(&mut observed, "SUP").completeness = completeness;
        observed
    };
    let open = {
        let mut observed = there();
        reading(&mut observed, "SUP").access = AccessReading::Known(Access::Open);
        observed
    };
    let unsaid = {
        let mut observed = there();
        observed.accounts.clear();
        observed
    };
    let mut unanswered = unsaid.clone();
    unanswered.unanswered.insert(Handle("bob".into()));
    let keeping = |mut roster: Roster| {
        roster.desks.entry(key("SUP")).or_default().keep = vec![BOB.to_owned()];
        roster
    };
    let hidden = |account: &mut Account| account.email = None;
    for (case, roster, observed, expected) in [
        ("he does", exact(), there(), LEAVES.to_owned()),
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
            "who knows",
            exact(),
            staff(there(), Staff::Unknown),
            format!("hold SUP: {}", HeldReason::LeaverUnread(id())),
        ),
        (
            "hides the address",
            exact(),
            bob(hidden),
            format!("hold SUP: {}", HeldReason::LeaverHidden(id())),
        ),
        (
            "an agent who hides it",
            exact(),
            staff(bob(hidden), Staff::Yes),
            "note bob on SUP: NotACustomer".to_owned(),
        ),
        ("never met", exact(), unsaid.clone(), "ask bob on SUP".to_owned()),
        ("never met, paused", pausing("SUP", exact()), unsaid, String::new()),
        (
            "no answer",
            exact(),
            unanswered,
            format!("hold SUP: {}", HeldReason::LeaverUnread(id())),
        ),
        (
            "an open desk",
            exact(),
            open.clone(),
            "note bob on SUP: StaysOpen".to_owned(),
        ),
        (
            "a desk that gets restricted before",
            wanting(Access::Restricted, "SUP", exact()),
            open.clone(),
            format!("set access of SUP from open to restricted; {LEAVES}"),
        ),
        (
            "a paused desk that would get restricted",
            pausing("SUP", wanting(Access::Restricted, "SUP", exact())),
            open,
            format!("(paused) set access of SUP from open to restricted; (paused) {LEAVES}"),
        ),
        ("paused", pausing("SUP", exact()), there(), format!("(paused) {LEAVES}")),
        (
            "paused, not asked",
            pausing("SUP", exact()),
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
    parts.accepted.insert(Deed::Remove(container("SUP"), id()), 2);
    assert_eq!(
        words(&exact(), &ada_too(there()), &Ledger::restored(parts)),
        format!("hold bob@example.com: {}", HeldReason::NoEffect(Change::Remove))
    );
}

/// A desk that goes from public to open stays open.
#[test]
fn a_public_desk_that_becomes_open_lets_nobody_leave() {
    let mut observed = there();
    observed.site.deployment = Deployment::DataCenter;
    reading(&mut observed, "SUP").access = AccessReading::Known(Access::Public);
    let wanted = wanting(Access::Open, "SUP", of(Membership::Exact, roster(&["SUP"], [])));
    assert_eq!(
        words(&wanted, &observed, &Ledger::kept()),
        "set access of SUP from public to open; note bob on SUP: StaysOpen"
    );
}

/// Nobody leaves whom a held entry may mean, nor whom an entry names by an account.
#[test]
fn whom_an_entry_may_mean_stays() {
    let exact = |entry| of(Membership::Exact, roster(&["SUP"], [entry]));
    let two = with(there(), account("bob2", BOB), &["SUP"]);
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
    let mut gone = with(site(&["SUP"]), deactivated, &["SUP"]);
    gone.lookups.insert(email_key(BOB), Lookup::Absent);
    assert_eq!(
        words_of(customer(BOB, &["SUP"]), &gone),
        "hold bob@example.com: the account is deactivated"
    );
    // A pin that shows another address is held, and its account stays.
    let other = with(site(&["SUP"]), account("bob", "other@example.com"), &["SUP"]);
    let held = format!(
        "hold bob@example.com: {}",
        HeldReason::PinShowsAnother(Handle("bob".into()))
    );
    assert_eq!(words_of(pinned("bob", customer(BOB, &["SUP"])), &other), held);
}

/// Until a removed person's account is known to be off the desk they count as there.
#[test]
fn who_is_off_the_desk_is_forgotten_only_when_that_is_sure() {
    let owned = of(Membership::Owned, roster(&["SUP"], [ada()]));
    let additive = of(Membership::Additive, roster(&["SUP"], [ada()]));
    let off = |mut observed: Observed| {
        reading(&mut observed, "SUP").members.clear();
        observed
    };
    let server = |mut observed: Observed| {
        observed.site.deployment = Deployment::DataCenter;
        observed
    };
    let partial = |mut observed: Observed| {
        reading(&mut observed, "SUP").completeness = Completeness::Partial { gap: "a gap".into() };
        observed
    };
    let looked_up = |mut observed: Observed| {
        observed.lookups.insert(email_key(BOB), Lookup::Absent);
        observed
    };
    let deleted = |mut observed: Observed| {
        observed.gone.insert(AccountId("bob".into()));
        observed
    };
    let empty = site(&["SUP"]);
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
        ("nobody known, Cloud", empty.clone(), &by_address, true),
        ("nobody known, Data Center", server(empty.clone()), &by_address, false),
        (
            "nobody known, asked, Data Center",
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
        let mut observed = with(site(&["OPS", "SUP"]), account, &["OPS", "SUP"]);
        observed.lookups.insert(email_key(BOB), Lookup::Absent);
        let observed = with(observed, self::account("ada", "ada@example.com"), &["SUP"]);
        staff(observed, Staff::No)
    };
    let plain = two_desks(account("bob", BOB));
    let none = Ledger::none();
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
        words(&expired(bob()), &moved, &Ledger::restored(parts)),
        "remove robert@example.com from SUP",
        "known of old"
    );
    assert_eq!(words(&expired(bob()), &moved, &none), "", "nobody known");
    let two = with(plain, account("bob2", BOB), &[]);
    let several = HeldReason::SeveralAccounts(vec![AccountId("bob".into()), AccountId("bob2".into())]);
    assert_eq!(
        words(&expired(bob()), &two, &none),
        format!("hold bob@example.com: {several}")
    );
    let mut nowhere = two;
    reading(&mut nowhere, "SUP").members.remove(&Handle("bob".into()));
    assert_eq!(words(&expired(bob()), &nowhere, &none), "", "neither is on the desk");
    // Somebody else's entry with the same account keeps it there.
    let mut roster = expired(pinned("bob", bob()));
    let heir = pinned("bob", customer("robert@example.com", &["SUP"]));
    roster.customers.insert(heir.email.key().clone(), heir);
    assert_eq!(words(&roster, &moved, &none), "");
}

/// While this machine's clock is far from Jira's, an `until` that has come by one of the two is held, whatever the
/// membership; one that came before that stays so.
#[test]
fn until_is_held_while_the_clocks_are_far_apart() {
    let until = |day: &str| Customer {
        until: Some(day.parse().unwrap()),
        ..customer(BOB, &["SUP"])
    };
    let held = format!("hold {BOB}: {}", HeldReason::ClockOff(None));
    let came = Ledger::restored(Parts {
        until_came: Some("2026-02-01".parse().unwrap()),
        ..Ledger::kept().parts().clone()
    });
    let nobody_came = Ledger::kept();
    for membership in [Membership::Additive, Membership::Owned, Membership::Exact] {
        // By Jira's clock it is 2 February; by this machine's, which is days off, 1 February or 5 February.
        for (day, ahead, ledger, expected) in [
            ("2026-02-02", 0, &nobody_came, LEAVES),
            ("2026-02-02", 3600, &nobody_came, LEAVES),
            ("2026-02-02", 3 * 86_400, &nobody_came, &held),
            ("2026-02-02", -86_400, &nobody_came, &held),
            ("2026-02-04", 3 * 86_400, &nobody_came, &held),
            ("2026-02-09", 3 * 86_400, &nobody_came, ""),
            ("2026-02-01", 3 * 86_400, &came, LEAVES),
            ("2026-02-02", 3 * 86_400, &came, &held),
        ] {
            let policy = Policy {
                now: 1_770_033_600 + ahead,
                clock_ahead: Some(ahead),
                ..Policy::default()
            };
            let today = jiff::Timestamp::from_second(policy.now).unwrap();
            let today = today.to_zoned(jiff::tz::TimeZone::UTC).date();
            let roster = of(membership, roster(&["SUP"], [until(day)])).on(ledger.day(today));
            let plan = plan(&roster, &there(), ledger, &policy);
            assert_eq!(in_words(&plan), expected, "{day}, {ahead} s ahead, {membership:?}");
            assert_eq!(plan.warnings.len(), usize::from(ahead.abs() > 3600));
        }
    }
}

/// On Cloud a new address is a new account: the old one leaves once the new one is there, and not before.
#[test]
fn on_cloud_the_old_account_leaves_after_the_new_one_came() {
    let entry = || previously(&["bob@old.example"], customer(BOB, &["OPS", "SUP"]));
    let wanted = roster(&["OPS", "SUP"], [entry()]);
    let old = || account("old", "bob@old.example");
    let customer_only = |mut observed: Observed| {
        for id in ["old", "bob"] {
            observed.staff.insert(AccountId(id.into()), Staff::No);
        }
        observed.lookups.insert(email_key(BOB), Lookup::Absent);
        observed
    };
    let desks = || site(&["OPS", "SUP"]);
    let none = Ledger::none();
    let made = customer_only(with(desks(), old(), &["SUP"]));
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
    let added = customer_only(with(
        with(desks(), old(), &["OPS", "SUP"]),
        account("bob", BOB),
        &["SUP"],
    ));
    assert_eq!(
        after(&added),
        [("OPS".to_owned(), vec![1]), ("SUP".to_owned(), vec![1])],
        "nothing is taken away before the new account is everywhere"
    );
    // The new account reaches SUP in another way, and is not on its list: the old one stays.
    let mut by_team = customer_only(with(with(desks(), old(), &["SUP"]), account("bob", BOB), &["OPS"]));
    reading(&mut by_team, "SUP").team = Some(Team {
        members: [Handle("bob".into())].into(),
        ..Team::default()
    });
    assert_eq!(after(&by_team), []);
    // An account that was always the person's is not an old one.
    let same = pinned("old", entry());
    let pinned = roster(&["OPS", "SUP"], [same]);
    assert_eq!(
        words(&pinned, &customer_only(with(desks(), old(), &["OPS", "SUP"])), &none),
        ""
    );
    // Paused: listed apart, and the old account stays.
    let paused = words(&pausing("SUP", pausing("OPS", wanted.clone())), &made, &none);
    assert_eq!(paused.matches("(paused)").count(), 3, "{paused}");
    assert!(
        paused.ends_with("note old on SUP: WaitsForAdd(DeskKey(\"OPS\"))"),
        "{paused}"
    );
}

/// On Data Center the account keeps its place under the new address: with `exact` it is no stranger.
#[test]
fn on_data_center_an_older_address_is_no_stranger() {
    let entry = previously(&["bob@old.example"], customer(BOB, &["SUP"]));
    let wanted = of(Membership::Exact, roster(&["SUP"], [entry]));
    let mut observed = with(data_center(&["SUP"]), account("bob", "bob@old.example"), &["SUP"]);
    observed.lookups.insert(email_key(BOB), Lookup::Absent);
    // Deactivated: the entry is held, and the account stays.
    let mut off = observed.clone();
    off.accounts.get_mut(&AccountId("bob".into())).unwrap().active = false;
    off.lookups.insert(email_key("bob@old.example"), Lookup::Absent);
    for observed in [staff(observed.clone(), Staff::No), observed.clone(), off] {
        let words = words(&wanted, &observed, &Ledger::kept());
        assert!(!words.contains("remove") && !words.contains("ask"), "{words}");
    }
    // Nobody was asked for the new address yet.
    let mut unasked = staff(observed.clone(), Staff::No);
    unasked.lookups.clear();
    assert!(!words(&wanted, &unasked, &Ledger::kept()).contains("remove"));
    // On a desk the entry does not list, it is a stranger like any other.
    let elsewhere = previously(&["bob@old.example"], customer(BOB, &["OPS"]));
    let elsewhere = of(Membership::Exact, roster(&["OPS", "SUP"], [elsewhere]));
    let mut both = staff(observed.clone(), Staff::No);
    both.desks.extend(site(&["OPS"]).desks);
    assert!(words(&elsewhere, &both, &Ledger::kept()).contains("remove bob@old.example from SUP"));
    let unclear = staff(observed, Staff::Unknown);
    let words = words(&wanted, &unclear, &Ledger::kept());
    assert!(!words.contains("remove") && !words.contains("SUP:"), "{words}");
}

/// On Data Center whoever has an older address beside the account the roster names is left alone.
#[test]
fn on_data_center_nobody_is_replaced() {
    let entry = pinned("bob", previously(&["bob@old.example"], customer(BOB, &["SUP"])));
    let mut observed = with(data_center(&["SUP"]), account("bob", BOB), &["SUP"]);
    observed = with(observed, account("old", "bob@old.example"), &["SUP"]);
    for id in ["bob", "old"] {
        observed.staff.insert(AccountId(id.into()), Staff::No);
    }
    assert_eq!(words(&roster(&["SUP"], [entry]), &observed, &Ledger::kept()), "");
}

/// Whether `exact` drifted or was edited.
#[test]
fn why_a_stranger_leaves() {
    let exact = of(Membership::Exact, roster(&["SUP"], []));
    let cause = |ledger: &Ledger| plan(&exact, &there(), ledger, &Policy::default()).steps[0].cause;
    assert_eq!(cause(&Ledger::kept()), Cause::First);
    assert_eq!(cause(&listed_once(None)), Cause::Edit);
    assert_eq!(cause(&Ledger::of_base(&exact)), Cause::Drift);
    assert_eq!(cause(&Ledger::of_base(&roster(&["SUP"], []))), Cause::Edit);
}

/// A move: nothing is taken away before the person is where the roster lists them.
#[test]
fn who_moves_leaves_after_the_add() {
    let moved = || roster(&["PRIV", "SUP"], [customer(BOB, &["PRIV"])]);
    let wanted = of(Membership::Owned, moved());
    let on_sup = || {
        let observed = with(site(&["PRIV", "SUP"]), account("bob", BOB), &["SUP"]);
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
    reading(&mut there, "PRIV").members.insert(Handle("bob".into()));
    assert_eq!(after(&wanted, &there), (vec![vec![]], LEAVES.to_owned()));
    // The add is in no plan: the new desk is missing, the entry is paused there, or Jira accepted it twice in vain.
    let mut missing = on_sup();
    missing
        .desks
        .insert(key("PRIV"), crate::model::observed::DeskReading::Missing);
    for (wanted, observed) in [(wanted.clone(), missing), (pausing("PRIV", wanted.clone()), on_sup())] {
        let (removals, words) = after(&wanted, &observed);
        assert_eq!(removals, Vec::<Vec<u32>>::new(), "{words}");
        assert!(words.contains("note bob on SUP: WaitsForAdd"), "{words}");
    }
    let mut parts = listed_once(Some("bob")).parts().clone();
    parts.accepted.insert(Deed::Add(container("PRIV"), email_key(BOB)), 2);
    let plan = plan(&wanted, &on_sup(), &Ledger::restored(parts), &Policy::default());
    assert!(
        in_words(&plan).contains("note bob on SUP: WaitsForAdd"),
        "{}",
        in_words(&plan)
    );
    // The entry itself is held: its pin names nobody.
    let mut held = wanted.clone();
    held.customers
        .insert(email_key(BOB), pinned("ghost", customer(BOB, &["PRIV"])));
    let mut observed = on_sup();
    observed.pins.insert(Handle("ghost".into()), None);
    let (removals, words) = after(&held, &observed);
    assert_eq!(removals, Vec::<Vec<u32>>::new(), "{words}");
    // Who left the file waits for nothing, and so does who is to be on no desk.
    for customers in [vec![], vec![customer(BOB, &[])]] {
        let gone = of(Membership::Owned, roster(&["PRIV", "SUP"], customers));
        assert_eq!(after(&gone, &on_sup()), (vec![vec![]], LEAVES.to_owned()));
    }
}

/// A pin decides whose account is meant; it does not keep the account on desks that its entry does not list.
#[test]
fn a_pinned_account_leaves_what_its_entry_does_not_list() {
    let entry = pinned("bob", customer(BOB, &["PRIV"]));
    let wanted = of(Membership::Owned, roster(&["PRIV", "SUP"], [entry]));
    let mut observed = with(site(&["PRIV", "SUP"]), account("bob", BOB), &["PRIV", "SUP"]);
    observed
        .pins
        .insert(Handle("bob".into()), Some(AccountId("bob".into())));
    assert_eq!(
        words(&wanted, &staff(observed, Staff::No), &listed_once(Some("bob"))),
        LEAVES
    );
}
