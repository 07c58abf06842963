//! Exact limits, and the text of findings.

use super::*;
use crate::model::ledger::DAY;
use crate::model::outcome::Outcomes;

/// Returns two desks of 300 people, where the first `leave` people of each would be removed.
fn two_desks(leave: [usize; 2]) -> (Roster, Observed, Parts) {
    let (mut all, mut observed, mut parts) = (
        owned("SUP", leave[0]..300),
        people("SUP", 0..300),
        remembers("SUP", 0..300),
    );
    let (other, there, private) = (
        owned("PRIV", 400 + leave[1]..700),
        people("PRIV", 400..700),
        remembers("PRIV", 400..700),
    );
    all.desks.extend(other.desks);
    all.customers.extend(other.customers);
    observed.accounts.extend(there.accounts);
    observed.desks.extend(there.desks);
    observed.staff.extend(there.staff);
    parts.agreed.extend(private.agreed);
    parts.completed.extend(private.completed);
    parts.history.applied_counts.extend(private.history.applied_counts);
    parts.history.list_sizes.extend(private.history.list_sizes);
    (all, observed, parts)
}

#[test]
fn the_site_is_limited_to_the_very_number() {
    for (leave, refused) in [([12, 13], false), ([13, 13], true), ([25, 0], false), ([25, 1], true)] {
        let (roster, observed, parts) = two_desks(leave);
        let judged = usual(&roster, &observed, &parts);
        let expected = match refused {
            true => (0, vec!["removals-site"]),
            false => (leave.iter().sum(), vec![]),
        };
        assert_eq!((judged.removals(), judged.guards()), expected, "{leave:?}");
        for desk in ["SUP", "PRIV"] {
            let kept = judged.approved.plan().removal_candidates.iter();
            let kept = kept.filter(|candidate| candidate.container == container(desk)).count();
            let of = if desk == "SUP" { leave[0] } else { leave[1] };
            assert_eq!(kept, if refused { of } else { 0 }, "refused removals are reported");
        }
    }
}

#[test]
fn what_left_one_desk_today_counts_against_another_on_the_site() {
    for (before, refused) in [(15, false), (16, true)] {
        let (roster, observed, mut parts) = two_desks([10, 0]);
        parts.history.removed = removed("PRIV", before, 999_000);
        let judged = usual(&roster, &observed, &parts);
        assert_eq!(judged.guards() == ["removals-site"], refused, "{before}");
        assert_eq!(judged.removals(), if refused { 0 } else { 10 });
        // Removals from the same desk are limited by its own finding.
        parts.history.removed = removed("SUP", before, 999_000);
        let judged = usual(&roster, &observed, &parts);
        assert_eq!(judged.guards() == ["removals-SUP"], refused, "{before}");
    }
}

#[test]
fn only_who_may_leave_is_asked_for() {
    let (roster, observed, parts) = two_desks([3, 200]);
    let ledger = Ledger::from_parts(parts);
    let plan = plan(&roster, &observed, &ledger, &Policy::default());
    let context = GuardContext {
        settings: &Settings::default(),
        history: ledger.history(),
        approved: &BTreeSet::new(),
        now: 1_000_000,
    };
    let report = run_guards(&roster, &observed, &plan, context);
    let handle = |n: usize| crate::model::account::Handle(format!("a{n:03}"));
    assert!(report.allows(&container("SUP"), &handle(2)));
    assert!(!report.allows(&container("SUP"), &handle(3)), "listed");
    assert!(!report.allows(&container("PRIV"), &handle(401)), "refused by a guard");
    assert!(!report.allows(&container("ELSE"), &handle(2)));
}

#[test]
fn a_roster_of_ten_can_shrink_and_says_by_how_many() {
    let judged = usual(&owned("SUP", 4..10), &people("SUP", 0..10), &remembers("SUP", 0..10));
    let shrunk = judged
        .approved
        .findings()
        .iter()
        .find(|finding| finding.id.starts_with("shrink"));
    let shrunk = shrunk.unwrap();
    assert_eq!((shrunk.count, shrunk.of), (4, 10));
}

#[test]
fn one_person_is_one_person() {
    let mut parts = remembers("SUP", 0..300);
    parts.history.removed = removed("SUP", 25, 999_000);
    let judged = usual(&owned("SUP", 1..300), &people("SUP", 0..300), &parts);
    let what = &judged.approved.findings()[0].what;
    assert_eq!(
        what,
        "1 person would be removed from SUP, in addition to 25 people in the last 24 hours"
    );
    let judged = usual(
        &owned("SUP", 26..300),
        &people("SUP", 0..300),
        &remembers("SUP", 0..300),
    );
    assert_eq!(
        judged.approved.findings()[0].what,
        "26 people would be removed from SUP"
    );
}

#[test]
fn a_list_with_a_gap_says_what_to_do_about_it() {
    let mut observed = people("SUP", 0..60);
    desk_mut(&mut observed, "SUP").completeness = Completeness::Partial { gap: "a gap".into() };
    let judged = usual(&owned("SUP", 1..60), &observed, &remembers("SUP", 0..60));
    assert_eq!(
        judged.approved.findings()[0].override_hint,
        "plan again while the desk is not being changed"
    );
}

#[test]
fn a_base_is_what_a_roster_shrinks_against() {
    let base = History::from_base(&owned("SUP", 0..20));
    assert_eq!(base.applied_counts, [(container("SUP"), 20)].into());
    assert!(base.list_sizes.is_empty());
}

/// Removals expire after a day, and used approvals after two.
#[test]
fn what_is_remembered_is_remembered_for_its_time_and_no_longer() {
    let (roster, observed, parts) = (owned("SUP", 0..20), people("SUP", 0..20), remembers("SUP", 0..20));
    let judged = usual(&roster, &observed, &parts);
    let now = 10 * DAY;
    let used = |at: i64| ("removals-SUP-00000000".to_owned(), at);
    let of = |account: &str| (desk_key("SUP").into(), Handle(account.into()));
    let mut history = History {
        removed: [(of("a"), now - DAY), (of("b"), now - DAY + 1)].into(),
        used_approvals: [used(now - 2 * DAY), used(now - 2 * DAY + 1), used(now)].into(),
        ..History::default()
    };
    history.fold(
        (&roster, &roster),
        &observed,
        &judged.approved,
        Some(&Outcomes::default()),
        now,
    );
    assert_eq!(history.removed, [(of("b"), now - DAY + 1)].into());
    assert_eq!(history.used_approvals, [used(now - 2 * DAY + 1), used(now)].into());
}

/// A desk without listed customers counts as emptied if it had some before, or would lose some now.
#[test]
fn which_desks_count_as_emptied() {
    let judged = |roster: &Roster, observed: &Observed, parts: &Parts| {
        let judged = usual(roster, observed, parts);
        (
            judged.removals(),
            judged.guards().iter().map(ToString::to_string).collect::<Vec<_>>(),
        )
    };
    let stays = |mut roster: Roster| {
        let other = owned("PRIV", 400..401);
        roster.desks.extend(other.desks);
        roster.customers.extend(other.customers);
        roster
    };
    let both = |mut observed: Observed| {
        observed.desks.extend(people("PRIV", 400..401).desks);
        observed.accounts.extend(people("PRIV", 400..401).accounts);
        observed
    };
    let emptied = || vec!["empty-SUP".to_owned()];
    let wanted = stays(owned("SUP", 0..0));
    let nothing = Parts::default();
    assert_eq!(
        judged(&wanted, &both(people("SUP", 0..3)), &remembers("SUP", 0..3)),
        (0, emptied())
    );
    assert_eq!(
        judged(&wanted, &both(people("SUP", 0..0)), &remembers("SUP", 0..3)),
        (0, emptied()),
        "the roster is as suspicious after they left by themselves"
    );
    assert_eq!(
        judged(&wanted, &both(people("SUP", 0..3)), &nothing),
        (0, vec![]),
        "no one was ever listed"
    );
    let mut exact = wanted;
    exact.desks.entry(desk_key("SUP")).or_default().membership = Membership::Exact;
    assert_eq!(
        judged(&exact, &both(people("SUP", 0..3)), &nothing),
        (0, emptied()),
        "everyone would be removed, listed before or not"
    );
}

/// Removals of the last day are no finding if the plan removes no one.
#[test]
fn no_finding_without_removals() {
    let mut parts = remembers("SUP", 0..30);
    parts.history.removed = removed("SUP", 29, 999_000);
    let judged = usual(&owned("SUP", 0..30), &people("SUP", 0..30), &parts);
    assert_eq!((judged.removals(), judged.guards().len()), (0, 0));
}

/// Phantoms are not removed and count as part of the list's size. The members of a trusted role are stored, except
/// those that quietdesk removes.
#[test]
fn people_on_a_list_only_count_for_no_guard() {
    use crate::model::customer_role::RoleMark;
    use crate::model::observed::RoleReading;
    use crate::model::outcome::{Outcome, Outcomes, StepResult};
    let mut observed = people("SUP", 0..100);
    let desk = desk_mut(&mut observed, "SUP");
    let handle = |n: usize| Handle(format!("a{n:03}"));
    let phantoms: BTreeSet<_> = (60..100).map(handle).collect();
    desk.members.retain(|handle| !phantoms.contains(handle));
    desk.role_reading = RoleReading::Trusted { phantoms };
    let mut parts = remembers("SUP", 0..100);
    parts.history.applied_counts.insert(container("SUP"), 60);
    parts.history.list_sizes.insert(container("SUP"), 100);
    let judged = usual(&owned("SUP", 1..60), &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (1, vec![]));
    let mut history = parts.history;
    let ends = judged.approved.plan().steps.iter();
    let outcomes = Outcomes {
        results: ends
            .map(|step| (step.id, StepResult::from_outcome(Outcome::Done)))
            .collect(),
        ..Outcomes::default()
    };
    let roster = owned("SUP", 1..60);
    history.fold((&roster, &roster), &observed, &judged.approved, Some(&outcomes), 0);
    assert_eq!(history.list_sizes[&container("SUP")], 99, "the list as Jira shows it");
    let remembered: BTreeSet<_> = (1..60).map(|n| RoleMark::from_handle(&handle(n))).collect();
    assert_eq!(*history.role_members[&desk_key("SUP")], remembered);
}
