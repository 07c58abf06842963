//! A status in the states of a daemon, with a paused clock.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use quietdesk::daemon::status::{About, PassEnded, PassKind, PassResult, RosterState, Status};
use quietdesk::jira::Stats;
use quietdesk::model::access::Access;
use quietdesk::model::account::AccountId;
use quietdesk::model::desk::DeskKey;
use quietdesk::model::desk_counts::DeskCounts;
use quietdesk::model::guard::Finding;
use quietdesk::model::observed::Deployment;
use quietdesk::model::outcome::Outcome;
use quietdesk::model::report::{HeldEntry, Report, RosterSource, StepEntry};
use quietdesk::model::step::{Cause, StepId, StepKind};

thread_local! {
    // The tests' servers run on their test's own thread, so each test has its own time.
    static NOW: Cell<i64> = const { Cell::new(1_790_000_000) };
}

/// How often the daemon of these tests reads everything.
pub(crate) const INTERVAL: Duration = Duration::from_secs(600);

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(NOW.get()).unwrap()
}

pub(crate) fn later(seconds: i64) {
    NOW.set(NOW.get() + seconds);
}

pub(crate) fn about() -> About {
    About {
        version: "0.1.0",
        roster: "/etc/quietdesk/roster.yaml".into(),
        site_url: "https://example.atlassian.net".into(),
        observe: false,
        interval: INTERVAL,
        read_rate: 20.0,
        started: now(),
    }
}

/// A daemon whose roster is valid, before its first pass.
pub(crate) fn started() -> Status {
    let status = Status::new(about(), now);
    status.set_roster(valid(
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ));
    status
}

pub(crate) fn valid(digest: &str) -> RosterState {
    RosterState::Valid {
        digest: digest.into(),
        customers: 2041,
        desks: 2,
    }
}

pub(crate) fn unusable(summary: &str, in_force: bool) -> RosterState {
    RosterState::Unusable {
        summary: summary.into(),
        in_force,
    }
}

/// A report without anything to do.
pub(crate) fn report() -> Report {
    let mut report = Report::without_plan(
        "https://example.atlassian.net".into(),
        &RosterSource::default(),
        String::new(),
    );
    report.jira.deployment = Some(Deployment::Cloud);
    report.stopped = None;
    let desk = |customers, listed, access| DeskCounts {
        customers,
        listed,
        unlisted: customers - listed - 1,
        hidden: 1,
        access,
        ..DeskCounts::default()
    };
    report.desks = BTreeMap::from([
        (key("SUP"), desk(2075, 2041, Some(Access::Open))),
        (key("PRIV"), desk(41, 40, None)),
    ]);
    report
}

pub(crate) fn key(text: &str) -> DeskKey {
    DeskKey::parse(text).unwrap()
}

pub(crate) fn step(
    kind: &'static str,
    email: Option<&str>,
    outcome: Option<Outcome>,
    error: Option<&str>,
) -> StepEntry {
    StepEntry {
        id: StepId(1),
        kind: StepKind::ALL.into_iter().find(|known| known.as_str() == kind).unwrap(),
        email: email.map(str::to_owned),
        account: None,
        desk: (kind != "create_customer").then(|| key("SUP")),
        before: None,
        after: None,
        cause: Cause::Edit,
        outcome,
        error: error.map(str::to_owned),
    }
}

pub(crate) fn held(email: &str, reason: &str, advice: &str) -> HeldEntry {
    HeldEntry {
        email: Some(email.into()),
        account: Some(AccountId(email.into())),
        desk: None,
        reason: reason.into(),
        advice: advice.into(),
        candidates: Vec::new(),
    }
}

pub(crate) fn finding(what: &str) -> Finding {
    Finding {
        id: "g-4f2a".into(),
        container: Some(key("PRIV").into()),
        what: what.into(),
        count: 31,
        of: 41,
        limit: "10 % or 25".into(),
        override_hint: "--max-removals 31".into(),
    }
}

pub(crate) fn stats(factor: u64) -> Stats {
    let search = "/rest/api/3/user/search";
    Stats {
        requests: 44 * factor,
        writes: factor,
        responses: BTreeMap::from([
            (
                ("GET", "/rest/servicedeskapi/servicedesk/{}/customer", 200),
                40 * factor,
            ),
            (("GET", search, 429), 2 * factor),
            (("GET", search, 0), factor),
            (("POST", "/rest/servicedeskapi/customer", 201), factor),
        ]),
        rate_limit_wait: Duration::from_millis(1500 * factor),
    }
}

/// A whole pass that made 44 requests.
pub(crate) fn pass(
    status: &Status,
    kind: PassKind,
    result: PassResult,
    report: Option<&Report>,
    problem: Option<&str>,
) {
    status.pass_began(kind);
    later(2);
    status.pass_ended(PassEnded {
        kind,
        result,
        took: Duration::from_secs(2),
        report,
        problem: problem.map(str::to_owned),
        stats_before: &stats(1),
        stats_after: &stats(2),
    });
    status.set_next_full(now() + INTERVAL);
}

pub(crate) fn full(status: &Status, result: PassResult, report: Option<&Report>, problem: Option<&str>) {
    pass(status, PassKind::Full, result, report, problem);
}

/// In step for some hours.
pub(crate) fn in_step() -> Status {
    let status = started();
    for _ in 0..20 {
        full(&status, PassResult::Done, Some(&report()), None);
        later(598);
    }
    pass(&status, PassKind::Edit, PassResult::Done, Some(&edit()), None);
    full(&status, PassResult::Done, Some(&report()), None);
    status.set_in_flight(0, 9);
    later(72);
    status
}

fn edit() -> Report {
    let mut edit = report();
    edit.desks.clear();
    edit.steps = vec![
        step("create_customer", Some("new@example.com"), Some(Outcome::Done), None),
        step("add_to_desk", Some("new@example.com"), Some(Outcome::Done), None),
    ];
    edit
}

/// A report with one of everything that can be left undone.
pub(crate) fn troubled_report() -> Report {
    let mut report = report();
    let refusal = "cannot create a customer: Jira returned 400 (\"ada@example.com\" is not allowed by site policy)";
    for number in 0..12 {
        let email = format!("person{number}@example.com");
        report.steps.push(step(
            "create_customer",
            Some(&email),
            Some(Outcome::Failed),
            Some(refusal),
        ));
        report
            .steps
            .push(step("add_to_desk", Some(&email), Some(Outcome::Skipped), None));
    }
    report.steps.push(step(
        "add_to_desk",
        Some("lost@example.com"),
        Some(Outcome::Unknown),
        None,
    ));
    report
        .steps
        .push(step("add_to_desk", Some("fine@example.com"), Some(Outcome::Done), None));
    let mut access = step("set_access", None, Some(Outcome::Done), None);
    (access.after, access.cause) = (Some("restricted".into()), Cause::Drift);
    report.steps.push(access);
    report.held = vec![
        held(
            "grace@example.com",
            "2 accounts have this e-mail",
            "set `account:` in the roster to the id of the right account, or merge the accounts in Jira",
        ),
        held(
            "alan@example.com",
            "account alan@example.com shows another e-mail",
            "change the entry's e-mail to the one the account shows, or its `account:` to the right account",
        ),
    ];
    report.summary.held = 2;
    report.guard.refused = true;
    report.guard.findings.push(finding("removals from the desk"));
    report
}

/// Pending, held, refused and failed at once.
pub(crate) fn troubled() -> Status {
    let status = in_step();
    later(528);
    full(&status, PassResult::Guarded, Some(&troubled_report()), None);
    status.pass_began(PassKind::Full);
    status.set_in_flight(6, 8);
    later(31);
    status
}

/// In step, until Jira refused the token.
pub(crate) fn refused() -> Status {
    let status = in_step();
    later(528);
    let why = "cannot sign in to Jira: Jira returned 401 (the token of bot@example.com has expired)";
    full(&status, PassResult::Refused, None, Some(why));
    status.set_credentials(Some(why.into()));
    status.set_next_full(now() + Duration::from_secs(300));
    later(140);
    status
}

/// In step, until an invalid roster was saved.
pub(crate) fn invalid_roster() -> Status {
    let status = in_step();
    let why = "roster.yaml:5:12: the address `ada@example` has no valid domain after the @ (and 2 problems more)";
    status.set_roster(unusable(why, true));
    later(40);
    status
}
