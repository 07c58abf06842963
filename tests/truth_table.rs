//! The result for one person on one desk: every combination of facts has exactly one expected result, in
//! `truth_table.txt`, which is for people to read. UPDATE_GOLDENS=1 writes it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use quietdesk::model::access::Access;
use quietdesk::model::account::{Account, AccountId, AccountKind, Handle};
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::EmailKey;
use quietdesk::model::ledger::{Effect, Fact, History, Ledger, Parts, Value};
use quietdesk::model::observed::{
    AccessReading, Completeness, Deployment, DeskReading, Lookup, Observed, ObservedDesk, ProjectRoleMembers,
    RoleReading, Site, Staff,
};
use quietdesk::model::plan::plan;
use quietdesk::model::policy::Policy;
use quietdesk::model::roster::Roster;
use quietdesk::roster_file::{Source, parse};

const ADA: &str = "ada@example.com";

/// On the list of a desk whose role cannot be read or believed: counts as on the desk.
const DOUBTED: &str = "listed, its role doubted";
/// On the list, but not in a role that is believed.
const LISTED_ONLY: &str = "listed only";
/// The same, and added twice without effect.
const ADDED_WITHOUT_EFFECT: &str = "listed only, added twice";

/// The values of each fact, in the order of the columns.
const COLUMNS: [(&str, &[&str]); 9] = [
    ("in the file", &["yes", "no"]),
    ("until", &["none", "later", "due"]),
    (
        "account",
        &[
            "a customer's",
            "none",
            "deactivated",
            "hides its address",
            "an agent's",
            "Jira does not say",
            "an app's",
        ],
    ),
    (
        "on the desk",
        &["yes", DOUBTED, LISTED_ONLY, ADDED_WITHOUT_EFFECT, "no"],
    ),
    ("membership", &["additive", "owned", "exact"]),
    ("listed before", &["yes", "no"]),
    ("kept", &["no", "yes"]),
    ("access", &["restricted", "is open", "gets restricted", "gets open"]),
    ("paused", &["no", "yes"]),
];

/// One combination: the value of each column.
type Case = Vec<&'static str>;

fn cases() -> Vec<Case> {
    let mut cases = vec![Vec::new()];
    for (_, words) in COLUMNS {
        cases = cases
            .into_iter()
            .flat_map(|case: Case| words.iter().map(move |word| [case.clone(), vec![*word]].concat()))
            .collect();
    }
    cases.retain(is_possible);
    cases
}

/// Whether the facts can occur together.
fn is_possible(case: &Case) -> bool {
    let [in_file, until, account, on_desk, membership, _, _, access, _] = case[..] else {
        return false;
    };
    let no_account = account == "none" && on_desk != "no";
    let exact_and_open = membership == "exact" && ["is open", "gets open"].contains(&access);
    // Only listed people are added.
    let added = on_desk == ADDED_WITHOUT_EFFECT && (in_file == "no" || until == "due");
    !no_account && !exact_and_open && !added && (in_file == "yes" || until == "none")
}

fn roster_of(case: &Case) -> Roster {
    let [in_file, until, _, _, membership, _, kept, access, paused] = case[..] else {
        panic!()
    };
    let access = match access {
        "restricted" | "gets restricted" => "restricted",
        _ => "open",
    };
    let keep = if kept == "yes" {
        format!(", keep: [{ADA}]")
    } else {
        String::new()
    };
    let until = match until {
        "later" => ", until: 2027-01-31",
        "due" => ", until: 2026-01-31",
        _ => "",
    };
    let ada = match in_file {
        "yes" => format!("  - {{email: {ADA}, desks: [SUP]{until}}}\n"),
        _ => String::new(),
    };
    let paused = paused == "yes";
    let yaml = format!(
        "version: 1\ndesks: {{SUP: {{access: {access}, membership: {membership}, paused: {paused}{keep}}}}}\ncustomers:\n  \
         - {{email: bob@example.com, desks: []}}\n{ada}"
    );
    let source = Source {
        name: "roster.yaml".into(),
        bytes: yaml.into_bytes(),
    };
    let roster = parse(&[source]).unwrap_or_else(|problems| panic!("{problems}"));
    roster.as_of(jiff::civil::date(2026, 11, 24))
}

fn account(id: &str, email: Option<&str>) -> Account {
    Account {
        id: AccountId(id.into()),
        handle: Handle(id.into()),
        kind: AccountKind::Customer,
        active: true,
        email: email.map(Into::into),
        name: "Ada".into(),
    }
}

fn observed_in(case: &Case) -> Observed {
    let [_, _, kind, on_desk, _, _, _, access, _] = case[..] else {
        panic!()
    };
    let mut ada = account("ada", Some(ADA));
    match kind {
        "deactivated" => ada.active = false,
        "hides its address" => ada.email = None,
        "an app's" => ada.kind = AccountKind::App,
        _ => {}
    }
    let staff = match kind {
        "an agent's" => Staff::Yes,
        "Jira does not say" => Staff::Unknown,
        _ => Staff::No,
    };
    let found = match kind {
        "none" => Lookup::Absent,
        "hides its address" => Lookup::Hidden(vec![ada.id.clone()]),
        _ => Lookup::classify(&EmailKey::from_address(ADA), [&ada]),
    };
    let bob = account("bob", Some("bob@example.com"));
    let mut accounts = BTreeMap::from([(bob.id.clone(), bob)]);
    let mut gone = BTreeSet::new();
    if kind == "none" {
        gone.insert(ada.id.clone());
    } else {
        accounts.insert(ada.id.clone(), ada.clone());
    }
    let is_open = ["is open", "gets restricted"].contains(&access);
    let desk = ObservedDesk {
        id: "1".into(),
        members: ["yes", DOUBTED]
            .contains(&on_desk)
            .then_some(ada.handle.clone())
            .into_iter()
            .collect(),
        completeness: Completeness::Complete,
        access: AccessReading::Known(if is_open { Access::Open } else { Access::Restricted }),
        groups: BTreeSet::new(),
        project_roles: Some(ProjectRoleMembers::default()),
        can_be_public: false,
        portal: None,
        customer_role: None,
        role_reading: match on_desk {
            DOUBTED => RoleReading::Untrusted { reason: "403".into() },
            LISTED_ONLY | ADDED_WITHOUT_EFFECT => RoleReading::Trusted {
                phantoms: [ada.handle].into(),
            },
            _ => RoleReading::NotRead,
        },
    };
    Observed {
        site: Site {
            url: "https://example.atlassian.net".into(),
            deployment: Deployment::Cloud,
            version: "1001.0.0".into(),
        },
        accounts,
        desks: [(DeskKey::parse("SUP").unwrap(), DeskReading::Read(desk))].into(),
        lookups: [(EmailKey::from_address(ADA), found)].into(),
        pins: BTreeMap::new(),
        groups: BTreeMap::new(),
        staff: [(ada.id, staff)].into(),
        missing_accounts: gone,
        unresolved: BTreeSet::new(),
        warnings: Vec::new(),
    }
}

/// After a completed pass.
fn ledger_of(case: &Case) -> Ledger {
    let (desk, email) = (DeskKey::parse("SUP").unwrap(), EmailKey::from_address(ADA));
    let mut parts = Parts {
        completed: [(&desk).into()].into(),
        history: History {
            applied_counts: [((&desk).into(), 0)].into(),
            ..History::default()
        },
        ..Parts::default()
    };
    if case[3] == ADDED_WITHOUT_EFFECT {
        parts.accepted_effects = [(Effect::Add((&desk).into(), email.clone()), 2)].into();
    }
    if case[5] == "yes" {
        parts.agreed = [
            (Fact::Account(email.clone()), Value::Account(AccountId("ada".into()))),
            (Fact::Membership(desk.into(), email), Value::Present),
        ]
        .into();
    }
    Ledger::from_parts(parts)
}

/// The expected result for Ada, as text.
fn expected(case: &Case) -> String {
    let plan = plan(
        &roster_of(case),
        &observed_in(case),
        &ledger_of(case),
        &Policy::default(),
    );
    let mut words = Vec::new();
    for (paused, step) in plan
        .steps
        .iter()
        .map(|step| ("", step))
        .chain(plan.paused.iter().map(|step| ("paused: ", step)))
    {
        if step.action.kind().as_str() != "set_access" {
            words.push(format!(
                "{paused}{} ({})",
                step.action.kind().as_str(),
                format!("{:?}", step.cause).to_lowercase()
            ));
        }
    }
    assert!(plan.removal_candidates.is_empty(), "everybody was asked for");
    words.extend(plan.held.iter().map(|held| format!("held: {}", held.reason)));
    words.extend(plan.notes.iter().map(|note| format!("noted: {}", note.kind)));
    if words.is_empty() {
        "nothing".to_owned()
    } else {
        words.join(", then ")
    }
}

/// The rows of a table for the columns from `column` on: values that make no difference share a row.
fn rows(cases: &[(Case, String)], column: usize) -> Vec<Vec<String>> {
    let Some((_, words)) = COLUMNS.get(column) else {
        return vec![vec![cases[0].1.clone()]];
    };
    let mut alike: Vec<(Vec<&str>, Vec<Vec<String>>)> = Vec::new();
    let mut possible = 0;
    for word in *words {
        let with: Vec<_> = cases
            .iter()
            .filter(|(case, _)| case[column] == *word)
            .cloned()
            .collect();
        if with.is_empty() {
            continue;
        }
        possible += 1;
        let below = rows(&with, column + 1);
        match alike.iter_mut().find(|(_, other)| *other == below) {
            Some((names, _)) => names.push(word),
            None => alike.push((vec![word], below)),
        }
    }
    let mut all = Vec::new();
    for (names, below) in alike {
        let name = if names.len() == possible {
            "·".to_owned()
        } else {
            names.join(" / ")
        };
        all.extend(below.into_iter().map(|row| [vec![name.clone()], row].concat()));
    }
    all
}

#[test]
fn every_combination_has_one_result() {
    let cases: Vec<_> = cases()
        .into_iter()
        .map(|case| (case.clone(), expected(&case)))
        .collect();
    let mut heads: Vec<String> = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    heads.push("expected".to_owned());
    let rows = [vec![heads], rows(&cases, 0)].concat();
    let widths: Vec<usize> = (0..=COLUMNS.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut table = format!(
        "What becomes of one person on one desk (Jira Cloud): {} combinations, each in exactly one row. A dot is any word.\n\n",
        cases.len()
    );
    for row in rows {
        let cells: Vec<_> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        writeln!(table, "{}", cells.join(" | ").trim_end()).unwrap();
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth_table.txt");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&golden, &table).unwrap();
    }
    assert_eq!(
        table,
        std::fs::read_to_string(golden).unwrap(),
        "UPDATE_GOLDENS=1 rewrites it"
    );
}
