//! What a pass writes to the journal while it applies: intents before creates, and a line for each write.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use quietdesk::engine::journal::{Journal, JournalError, NO_JOURNAL};
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::NoProgress;
use quietdesk::engine::session::Scope;
use quietdesk::engine::state::{GuardFindings, Opener, Rotation, State, StateError};
use quietdesk::jira::JiraWrite;
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::{Email, EmailKey};
use quietdesk::model::ledger::{History, Ledger};
use quietdesk::model::outcome::{Outcome, StepResult};
use quietdesk::model::plan::Plan;
use quietdesk::model::roster::Roster;
use quietdesk::model::step::Step;
use quietdesk::sandbox::{Config, SeedPerson};
use secrecy::SecretString;
use serde_json::Value;
use support::desks::{TWO_DESKS, members, one_desk, one_desk_roster, people, two_desks};
use support::world::{FreshInputs, World, pass_after, roster};
use tokio_util::sync::CancellationToken;

const SITE: &str = "http://sandbox/";

fn open(folder: &Path) -> State {
    open_with(folder, 10 << 20)
}

fn open_with(folder: &Path, size: u64) -> State {
    let opener = Opener {
        rotation: Rotation { size, files: 5 },
        ..Opener::new("apply", || Timestamp::UNIX_EPOCH)
    };
    State::open(folder, SITE, opener).unwrap()
}

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or(Value::Null))
        .collect()
}

/// A journal whose disk is full from the `after`-th intent on.
struct FullDiskJournal {
    after: usize,
    intents: Mutex<Vec<EmailKey>>,
}

impl Journal for FullDiskJournal {
    fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError> {
        NO_JOURNAL.approvals(history, now)
    }

    fn save_findings(&self, judged: GuardFindings<'_>) -> Result<(), StateError> {
        NO_JOURNAL.save_findings(judged)
    }

    fn reserve(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        NO_JOURNAL.reserve(ledger)
    }

    fn settle_observed(&self, roster: &Roster, plan: &Plan) {
        NO_JOURNAL.settle_observed(roster, plan);
    }

    fn save(&self, ledger: &mut Ledger) -> Result<(), StateError> {
        NO_JOURNAL.save(ledger)
    }

    fn begin_apply(&self, _: &Plan) {}

    fn is_uncertain(&self, _: &EmailKey) -> bool {
        false
    }

    fn record_intent<'a>(&'a self, email: &'a EmailKey) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(async move {
            let mut intents = self.intents.lock().unwrap();
            if intents.len() >= self.after {
                let source = Arc::new(std::io::Error::from(std::io::ErrorKind::StorageFull));
                let folder = "/var/lib/quietdesk".into();
                return Err(JournalError { folder, source });
            }
            intents.push(email.clone());
            Ok(())
        })
    }

    fn record_first_password<'a>(
        &'a self,
        _: &'a Email,
        _: &'a str,
        _: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, JournalError>> {
        Box::pin(std::future::ready(Ok(new)))
    }

    fn record_outcome(&self, _: &Step, _: &StepResult) {}
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_sent() {
    let known = SeedPerson::customer("known@example.com", &[]);
    let world = World::new(one_desk(vec![known])).await;
    let book = FullDiskJournal {
        after: 5,
        intents: Mutex::default(),
    };
    let mut everybody = people(100);
    everybody.push("known@example.com".to_owned());
    let applied = world
        .apply_with_journal(&members(&everybody), &mut Ledger::not_kept(), &book)
        .await;
    let made = everybody
        .iter()
        .filter(|email| !world.sandbox.ids_by_email(email).is_empty());
    assert_eq!(made.count(), 5 + 1, "five intents, and who was there");
    assert_eq!(applied.count(Outcome::Done), 5 + 5 + 1, "and who can be added is added");
    assert!(applied.count(Outcome::NotAttempted) >= 60, "creating has ended");
    let why = applied.outcomes.creating_unsafe.as_ref().unwrap();
    for part in ["/var/lib/quietdesk", "no storage space", "--state-dir"] {
        assert!(why.contains(part), "{why}");
    }
    assert!(!why.contains("example.com"), "{why}");
    assert_eq!(applied.outcomes.creating_refused, None);
    world.drain();
}

#[tokio::test]
async fn every_intent_is_durable_before_its_create_and_gone_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(one_desk(Vec::new())).await;
    let everybody = members(&people(120));
    let state = open(folder.path());
    let mut ledger = state.ledger().unwrap();
    let applied = world.apply_with_journal(&everybody, &mut ledger, &state).await;
    assert_eq!(applied.unsuccessful(), Vec::<String>::new());
    assert_eq!(applied.writes, applied.planned);
    state.save(&mut ledger).unwrap();
    drop(state);
    let state = open(folder.path());
    assert_eq!(state.uncertain_emails(), BTreeSet::new());
    assert_eq!(state.ledger().unwrap(), ledger);
    world.drain();
}

#[tokio::test]
async fn an_apply_dropped_midway_is_completed_without_making_anybody_twice() {
    let config = Config {
        latency: Duration::from_millis(20),
        ..Config::default()
    };
    for restarted in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with(one_desk(Vec::new()), config.clone()).await;
        let everybody = members(&people(200));
        let mut state = open(folder.path());
        let jira = JiraWrite::new(world.read().await);
        // The same plan twice: the second time, Jira refuses the accounts created the first time.
        let (mut first, mut second) = (FreshInputs::new(), FreshInputs::new());
        let mut session = second.session(&NO_JOURNAL);
        let again = session
            .plan(&jira, &everybody, Scope::Everything, &NoProgress)
            .await
            .unwrap();
        let mut session = first.session(&state);
        let planned = session
            .plan(&jira, &everybody, Scope::Everything, &NoProgress)
            .await
            .unwrap();
        let (none, stop) = (Passwords::default(), CancellationToken::new());
        let applying = session.execute(planned, &jira, &none, &NoProgress, &stop);
        let dropped = tokio::time::timeout(Duration::from_millis(130), applying).await;
        assert!(dropped.is_err(), "it must be dropped midway");
        // Calls in flight arrive all the same.
        tokio::time::sleep(Duration::from_millis(100)).await;
        if restarted {
            drop(state);
            state = open(folder.path());
            assert!(!state.uncertain_emails().is_empty());
        }
        let mut session = second.session(&state);
        let ended = session.execute(again, &jira, &none, &NoProgress, &stop).await.unwrap();
        let (seen, outcomes) = (ended.preview, ended.outcomes.unwrap());
        let counts = outcomes.count_by_outcome(seen.approved.plan());
        assert_eq!(counts.get(&Outcome::Failed), None, "{counts:?}");
        assert!(state.uncertain_emails().is_empty());
        world.is_in_step(&everybody).await;
        let twice = people(200)
            .into_iter()
            .filter(|email| world.sandbox.ids_by_email(email).len() != 1);
        assert_eq!(twice.collect::<Vec<_>>(), Vec::<String>::new());
        world.drain();
    }
}

/// The first process made the account and died before it got the answer.
#[tokio::test]
async fn an_account_of_an_earlier_life_is_done_and_a_stranger_s_is_linked() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let (ours, hidden) = (
        EmailKey::from_address("ours@example.com"),
        EmailKey::from_address("hidden@example.com"),
    );
    state.record_intent(&ours).await.unwrap();
    state.record_intent(&hidden).await.unwrap();
    drop(state);
    let state = open(folder.path());
    assert_eq!(state.uncertain_emails(), [ours, hidden].into());
    let world = World::new(one_desk(Vec::new())).await;
    let wanted = one_desk_roster(&["ours@example.com", "theirs@example.com", "hidden@example.com"]);
    let jira = JiraWrite::new(world.read().await);
    let (seen, outcomes) = pass_after(&jira, &wanted, &state, || {
        for email in ["Ours@example.com", "theirs@example.com", "hidden@example.com"] {
            world.sandbox.create_account(&SeedPerson::customer(email, &[]));
        }
        let id = world.sandbox.ids_by_email("hidden@example.com").remove(0);
        world.sandbox.set_email_hidden(&id, true).unwrap();
    })
    .await;
    let steps = seen.approved.plan().steps.iter();
    let creates = steps.filter(|step| step.action.kind().as_str() == "create_customer");
    let ends: BTreeMap<_, _> = creates
        .map(|step| {
            (
                step.action.email().unwrap().as_str(),
                outcomes.outcome_of(step.id).as_str(),
            )
        })
        .collect();
    let expected = [("hidden", "held"), ("ours", "done"), ("theirs", "linked")];
    let ends: Vec<_> = ends
        .iter()
        .map(|(email, end)| (email.split('@').next().unwrap(), *end))
        .collect();
    assert_eq!(ends, expected);
    drop(state);
    assert!(open(folder.path()).uncertain_emails().is_empty());
    world.drain();
}

/// An unknown create stays unsettled, within the process and after it, until an account is seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_create_of_unknown_end_stays_in_the_book() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(one_desk(Vec::new())).await;
    let wanted = one_desk_roster(&["ada@example.com"]);
    let ada: BTreeSet<_> = [EmailKey::from_address("ada@example.com")].into();
    let state = open(folder.path());
    let jira = JiraWrite::new(world.read().await);
    let (seen, outcomes) = pass_after(&jira, &wanted, &state, || {
        world
            .sandbox
            .set_faults(&"create:drop-after, user-search:401".parse().unwrap());
    })
    .await;
    let counts = outcomes.count_by_outcome(seen.approved.plan());
    assert_eq!(counts.get(&Outcome::Unknown), Some(&1), "{counts:?}");
    assert_eq!(state.uncertain_emails(), ada);
    drop(state);
    world.sandbox.set_faults(&"".parse().unwrap());
    let state = open(folder.path());
    assert_eq!(state.uncertain_emails(), ada);
    let mut ledger = state.ledger().unwrap();
    let applied = world.apply_with_journal(&wanted, &mut ledger, &state).await;
    assert_eq!(
        (applied.writes, applied.count(Outcome::Done)),
        (1, 1),
        "seen, and added"
    );
    state.save(&mut ledger).unwrap();
    assert!(state.uncertain_emails().is_empty());
    drop(state);
    assert!(open(folder.path()).uncertain_emails().is_empty());
    world.drain();
}

#[tokio::test]
async fn losing_the_state_is_safe() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(two_desks(Vec::new())).await;
    let wanted = roster(TWO_DESKS);
    let state = open(folder.path());
    let mut ledger = state.ledger().unwrap();
    world.apply_with_journal(&wanted, &mut ledger, &state).await;
    state.save(&mut ledger).unwrap();
    drop(state);
    for name in ["state.sqlite", "audit.jsonl", "lock"] {
        fs::remove_file(folder.path().join(name)).unwrap();
        let state = open(folder.path());
        let mut ledger = state.ledger().unwrap();
        let again = world.apply_with_journal(&wanted, &mut ledger, &state).await;
        assert_eq!((again.steps(), again.writes), (Vec::new(), 0), "without {name}");
        state.save(&mut ledger).unwrap();
    }
    world.drain();
}

#[tokio::test]
async fn each_write_is_journalled_with_jira_s_number() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(two_desks(Vec::new())).await;
    world.sandbox.set_faults(&"add[PRIV]:403".parse().unwrap());
    let state = open(folder.path());
    let mut ledger = state.ledger().unwrap();
    let applied = world.apply_with_journal(&roster(TWO_DESKS), &mut ledger, &state).await;
    let mut journal = lines(&folder.path().join("audit.jsonl"));
    assert_eq!(
        journal.remove(0)["pass"]["steps"],
        applied.seen.approved.plan().steps.len()
    );
    let (begun, journal): (Vec<_>, Vec<_>) = journal.into_iter().partition(|line| !line["begun"].is_null());
    let names = |line: &Value| {
        let steps = line["begun"].as_array().unwrap().iter();
        steps
            .map(|step| step["step"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let mut started: Vec<_> = begun.iter().flat_map(names).collect();
    let mut ended: Vec<_> = journal
        .iter()
        .map(|line| line["step"].as_str().unwrap().to_owned())
        .collect();
    started.sort();
    ended.sort();
    assert_eq!(
        started, ended,
        "every step has a line when it begins and one when it ends"
    );
    assert_eq!(begun.len(), 6, "a call each: three creates, two desks, one access");
    assert_eq!(journal.len(), 7, "three creates, three adds, one access: {journal:#?}");
    for line in &journal {
        assert_eq!(line["time"], "1970-01-01T00:00:00Z");
        let number = line["request"].as_str().unwrap();
        let seq = u64::from_str_radix(number, 16).unwrap();
        let exchanges = world.sandbox.journal();
        let exchange = exchanges.iter().find(|exchange| exchange.seq == seq).unwrap();
        assert_eq!(exchange.method, "POST", "{line}");
    }
    let of = |kind: &str, desk: &str| {
        let mut found = journal
            .iter()
            .filter(|line| line["kind"] == kind && line["desk"] == desk);
        found.next().unwrap().clone()
    };
    let access = of("set_access", "SUP");
    assert_eq!(
        (&access["before"], &access["after"]),
        (&"restricted".into(), &"open".into())
    );
    let refused = of("add_to_desk", "PRIV");
    assert_eq!(
        (&refused["outcome"], &refused["email"]),
        (&"held".into(), &"Bob@Example.com".into())
    );
    assert!(of("add_to_desk", "SUP")["account"].is_string());
    assert_eq!(
        state.ledger().unwrap().parts(),
        ledger.parts(),
        "saved at the end of the pass"
    );
    // Without a write there is no line in the journal.
    let before = lines(&folder.path().join("audit.jsonl")).len();
    world.sandbox.set_faults(&"".parse().unwrap());
    world.apply_with_journal(&roster(TWO_DESKS), &mut ledger, &state).await;
    world.apply_with_journal(&roster(TWO_DESKS), &mut ledger, &state).await;
    assert_eq!(
        lines(&folder.path().join("audit.jsonl")).len(),
        before + 3,
        "the head of one pass, its call and its step; the other pass writes none"
    );
}

#[tokio::test]
async fn a_full_journal_is_rotated_and_a_torn_line_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let file = |age: u32| match age {
        0 => folder.path().join("audit.jsonl"),
        age => folder.path().join(format!("audit.jsonl.{age}")),
    };
    fs::write(file(0), "{\"time\":\"1970-01-01T00:00:00Z\"}\n{\"torn\":").unwrap();
    let state = open_with(folder.path(), 8_000);
    let world = World::new(one_desk(Vec::new())).await;
    world
        .apply_with_journal(&members(&people(3)), &mut Ledger::not_kept(), &state)
        .await;
    let first = lines(&file(0));
    assert_eq!(
        (&first[1], first[2].get("pass").is_some()),
        (&Value::Null, true),
        "the torn line stands alone"
    );
    world
        .apply_with_journal(&members(&people(200)), &mut Ledger::not_kept(), &state)
        .await;
    // No line of the running pass is dropped, however many files it takes.
    let ages = (0..).take_while(|age| file(*age).exists()).last().unwrap();
    assert!(ages > 5, "{ages}");
    let pass: Vec<_> = (0..=ages).rev().flat_map(|age| lines(&file(age))).collect();
    let began = pass.iter().rposition(|line| line.get("pass").is_some()).unwrap();
    let ended = |kind: &str| {
        pass[began..]
            .iter()
            .filter(|line| line["kind"] == kind && line.get("outcome").is_some())
            .count()
    };
    assert_eq!((ended("create_customer"), ended("add_to_desk")), (197, 197));
    for age in 0..=ages {
        let journal = lines(&file(age));
        assert!(
            !journal.is_empty() && journal.iter().all(|line| line.is_object() || age == ages),
            "{age}: {journal:?}"
        );
        assert!(file(age).metadata().unwrap().len() <= 8_000);
    }
    let newest = lines(&file(0)).pop().unwrap();
    assert_eq!(newest["kind"], "add_to_desk");
    // The next pass keeps only the configured number of files, all of them whole.
    world
        .apply_with_journal(&members(&people(260)), &mut Ledger::not_kept(), &state)
        .await;
    assert!(file(5).exists() && !file(ages + 1).exists(), "{ages}");
    drop(state);
    OpenOptions::new()
        .append(true)
        .open(file(0))
        .unwrap()
        .write_all(b"{")
        .unwrap();
    drop(open(folder.path()));
    lines(&file(0));
}

#[tokio::test]
async fn many_intents_share_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let emails: Vec<_> = people(2_000)
        .iter()
        .map(|email| EmailKey::from_address(email))
        .collect();
    let start = std::time::Instant::now();
    let together = futures_util::future::join_all(emails.iter().map(|email| state.record_intent(email))).await;
    assert!(together.iter().all(Result::is_ok));
    let together = start.elapsed();
    let start = std::time::Instant::now();
    state
        .record_intent(&EmailKey::from_address("one@example.com"))
        .await
        .unwrap();
    println!("2000 together: {together:?}; one alone: {:?}", start.elapsed());
    drop(state);
    assert_eq!(open(folder.path()).uncertain_emails().len(), 2_001);
    NO_JOURNAL.record_intent(&emails[0]).await.unwrap();
}
