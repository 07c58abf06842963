//! How `until` behaves when this machine's clock and Jira's differ, or the clock goes back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use quietdesk::engine::clock::compare_clocks;
use quietdesk::engine::journal::NO_JOURNAL;
use quietdesk::engine::state::{Opener, State};
use quietdesk::model::ledger::Ledger;
use quietdesk::model::policy::Policy;
use quietdesk::sandbox::{DeskAccess, Seed, SeedDesk, SeedPerson};
use support::program::{BOTH, ProgramSite, two_desks};
use support::world::{World, roster};

const HOUR: i64 = 3600;

fn seed_on_priv(names: &[&str]) -> Seed {
    two_desks(
        names
            .iter()
            .map(|name| SeedPerson::customer(format!("{name}@example.com"), &["PRIV"]))
            .collect(),
    )
}

fn people(day: &ProgramSite) -> usize {
    day.world.sandbox.snapshot().customers("PRIV").len()
}

/// Neither `until` nor `owned` nor `exact` removes anyone by a day that is in doubt, and plan, apply and run say so;
/// once the clock is right, the person is removed.
#[tokio::test(flavor = "multi_thread")]
async fn until_is_held_while_the_clock_is_far_from_jiras() {
    for deployment in BOTH {
        for mode in ["additive", "owned", "exact"] {
            for ahead in [2 * HOUR, -2 * HOUR] {
                let day = ProgramSite::on(deployment, seed_on_priv(&["ada", "guest"])).await;
                let text = format!(
                    "version: 1\ndefaults: {{desks: [PRIV]}}\ndesks: {{PRIV: {{access: restricted, membership: {mode}}}}}\n\
                     customers: [ada@example.com, {{email: guest@example.com, until: 2020-01-01}}]\n"
                );
                day.write("roster.yaml", &text);
                day.world.sandbox.set_clock(ahead);
                let side = if ahead > 0 { "behind Jira's" } else { "ahead of Jira's" };
                let plan = day.does(&["plan", "roster.yaml"], 0);
                for said in [side, "every `until` is held", "guest@example.com", "1 held"] {
                    assert!(plan.contains(said), "{mode} {ahead}: {said} in\n{plan}");
                }
                let applied = day.does(&["apply", "--yes", "roster.yaml"], 7);
                assert!(applied.contains(side), "{applied}");
                let ran = day.run(&["run", "--once", "roster.yaml"]);
                assert!(
                    ran.code == 7 && ran.stderr.contains(side),
                    "{}\n{}",
                    ran.code,
                    ran.stderr
                );
                assert!(!ran.stderr.contains("guest@"), "the log holds no name: {}", ran.stderr);
                assert_eq!((people(&day), day.world.sandbox.writes()), (2, 0), "{mode} {ahead}");
                day.world.sandbox.set_clock(0);
                day.does(&["apply", "--yes", "roster.yaml"], 0);
                assert_eq!(people(&day), 1, "{mode} {ahead}");
                let again = day.does(&["plan", "roster.yaml", "--detailed-exitcode"], 0);
                assert!(again.starts_with("nothing to do; 0 held"), "{again}");
                day.world.drain();
            }
        }
    }
}

/// A clock that is less than an hour off is trusted, and so is one that Jira does not contradict.
#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_are_less_than_an_hour_apart_are_the_same() {
    let day = ProgramSite::on(BOTH[0], seed_on_priv(&["ada", "guest"])).await;
    day.write(
        "roster.yaml",
        "version: 1\ndefaults: {desks: [PRIV]}\ndesks: {PRIV: {}}\n\
         customers: [ada@example.com, {email: guest@example.com, until: 2020-01-01}]\n",
    );
    day.world.sandbox.set_clock(HOUR - 60);
    let applied = day.does(&["apply", "--yes", "roster.yaml"], 0);
    assert!(!applied.contains("Jira's"), "{applied}");
    assert_eq!(people(&day), 1);
    day.world.drain();
}

/// Without an `until`, clocks are not mentioned.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_matters_to_until_alone() {
    let day = ProgramSite::on(BOTH[0], seed_on_priv(&[])).await;
    day.write(
        "roster.yaml",
        "version: 1\ndefaults: {desks: [PRIV]}\ndesks: {PRIV: {}}\ncustomers: [ada@example.com]\n",
    );
    day.world.sandbox.set_clock(-9 * HOUR);
    let applied = day.does(&["apply", "--yes", "roster.yaml"], 0);
    assert!(!applied.contains("clock"), "{applied}");
    assert_eq!(people(&day), 1);
    day.world.drain();
}

/// A person whose `until` has come by Jira's clock, but not by this machine's, is not added to a desk either.
#[tokio::test(flavor = "multi_thread")]
async fn no_one_is_added_after_their_until_by_jiras_clock() {
    let day = ProgramSite::on(BOTH[0], seed_on_priv(&["guest"])).await;
    let tomorrow = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .tomorrow()
        .unwrap();
    day.write(
        "roster.yaml",
        &format!(
            "version: 1\ndefaults: {{desks: [PRIV]}}\ndesks: {{PRIV: {{membership: exact}}}}\ncustomers:\n  \
             - {{email: new@example.com, until: {tomorrow}}}\n  - {{email: guest@example.com, until: {tomorrow}}}\n"
        ),
    );
    day.world.sandbox.set_clock(48 * HOUR);
    let plan = day.does(&["plan", "roster.yaml"], 0);
    assert!(plan.contains("2 held") && plan.contains("nothing to do"), "{plan}");
    day.does(&["apply", "--yes", "roster.yaml"], 7);
    assert_eq!((people(&day), day.world.sandbox.writes()), (1, 0));
    day.world.sandbox.set_clock(0);
    day.does(&["apply", "--yes", "roster.yaml"], 0);
    assert_eq!(people(&day), 2, "today the machine's clock is right");
    day.world.drain();
}

/// A plan made by a right clock and applied by a wrong one.
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_held_by_the_clock_it_is_applied_by() {
    let day = ProgramSite::on(BOTH[0], seed_on_priv(&["guest", "ada"])).await;
    day.write(
        "roster.yaml",
        "version: 1\ndefaults: {desks: [PRIV]}\ndesks: {PRIV: {}}\n\
         customers: [ada@example.com, new@example.com, {email: guest@example.com, until: 2020-01-01}]\n",
    );
    day.does(&["plan", "roster.yaml", "--out", "plan.json"], 0);
    day.world.sandbox.set_clock(3 * HOUR);
    let applied = day.does(&["apply", "--yes", "--plan", "plan.json"], 7);
    assert!(applied.contains("every `until` is held"), "{applied}");
    assert_eq!(
        people(&day),
        3,
        "new@example.com is there, and guest@example.com still is"
    );
    day.world.sandbox.set_clock(0);
    day.does(&["apply", "--yes", "--plan", "plan.json"], 0);
    assert_eq!(people(&day), 2);
    day.world.drain();
}

/// An `until` that has come stays so when the clock goes back over midnight, also across a restart.
#[tokio::test]
async fn an_until_that_has_come_stays_so_when_the_clock_goes_back() {
    let seed = Seed {
        seed: 1,
        desks: vec![SeedDesk::new("PRIV", DeskAccess::Restricted)],
        people: ["ada@example.com", "guest@example.com"]
            .map(|email| SeedPerson::customer(email, &["PRIV"]))
            .to_vec(),
    };
    let world = World::new(seed).await;
    let folder = tempfile::tempdir().unwrap();
    let whole = roster(
        "version: 1\ndefaults: {desks: [PRIV]}\ndesks: {PRIV: {}}\n\
         customers: [ada@example.com, {email: guest@example.com, until: 2027-01-31}]\n",
    );
    let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
    let mut policy = Policy::default();
    compare_clocks(&world.read().await, jiff::Timestamp::now, &mut policy).await;
    assert!(policy.is_clock_verified(), "{policy:?}");
    for (today, removed) in [("2027-01-31", true), ("2027-01-30", false), ("2027-02-01", false)] {
        // A new process each time.
        let opener = Opener::new("test", jiff::Timestamp::now);
        let state = State::open(folder.path(), &world.settings.url.to_string(), opener).unwrap();
        let mut ledger = state.ledger().unwrap();
        let roster = whole.clone().as_of(ledger.effective_day(day(today)));
        let applied = world
            .apply_with_policy(&roster, &mut ledger, &policy, &NO_JOURNAL)
            .await;
        assert_eq!(
            applied.steps().len(),
            usize::from(removed),
            "{today}: {:?}",
            applied.steps()
        );
        ledger.record_expiry(&roster, &policy);
        state.save(&mut ledger).unwrap();
    }
    assert_eq!(world.sandbox.snapshot().customers("PRIV").len(), 1);
    world.drain();
}

/// What a wrong clock shows is not saved: otherwise one wrong day would expire every `until` for good.
#[test]
fn a_wrong_clock_is_not_remembered() {
    let roster = roster(
        "version: 1\ndefaults: {desks: [PRIV]}\ndesks: {PRIV: {}}\n\
         customers: [ada@example.com, {email: guest@example.com, until: 2027-01-31}]\n",
    );
    let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
    for (clock_offset, is_remembered) in [
        (Some(0), true),
        (None, false),
        (Some(2 * HOUR), false),
        (Some(-2 * HOUR), false),
    ] {
        let mut ledger = Ledger::kept();
        let policy = Policy {
            clock_offset,
            ..Policy::default()
        };
        ledger.record_expiry(&roster.clone().as_of(day("2027-02-15")), &policy);
        assert_eq!(ledger.has_passed(day("2027-01-31")), is_remembered, "{clock_offset:?}");
        assert_eq!(
            ledger.effective_day(day("2027-01-01")),
            day(if is_remembered { "2027-01-31" } else { "2027-01-01" })
        );
        ledger.record_expiry(&roster, &policy);
        assert_eq!(
            ledger.has_passed(day("2027-01-31")),
            is_remembered,
            "an earlier day removes nothing from the ledger"
        );
    }
}
