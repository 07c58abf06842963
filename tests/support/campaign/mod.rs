//! A life of a site in a few passes, drawn from one seed: rosters and edits, other people's changes, faults of every
//! kind at every call, kills, clock jumps. After every pass the rules that must never break are checked; the same seed
//! gives the same life.

mod drawn;
mod files;
mod judge;
mod leavers;
mod others;
mod transcript;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use quietdesk::engine::desk_cache::DeskCache;
use quietdesk::engine::pass::Preview;
use quietdesk::engine::state::{Opener, State};
use quietdesk::model::guard;
use quietdesk::model::observed;
use quietdesk::model::policy::Policy;
use quietdesk::model::roster::Roster;
use quietdesk::sandbox::{Config, Deployment, Faults, Rules, Snapshot, Version};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tempfile::TempDir;

use self::drawn::{Person, Wanted, canonical, desk, site, yaml};
use self::files::OddFile;
use self::others::{Act, Others};
use self::transcript::Transcript;
use self::work::{Pass, one_pass, rival_pass};
use super::world::World;

const DESKS: [&str; 3] = ["A", "B", "C"];
const PEOPLE: usize = 16;
/// What goes wrong with one pass.
const FAULTS: [&str; 21] = [
    "drop-before",
    "drop-after",
    "500",
    "500-after",
    "503=0",
    "503-after=0",
    "429=0",
    "429-bare",
    "truncated",
    "cut",
    "403",
    "404",
    "ignored",
    "html=200",
    "html-after",
    "object",
    "object-after",
    "429-past",
    "429-unreadable",
    "429-fraction=0",
    "429-twice=0",
];
/// Faults of a desk for its whole life, including the end: something on it is held forever.
const STANDING: [&str; 5] = [
    "read-access[A]:404",
    "read-access[B]:403",
    "read-access[C]:html=200",
    "role:empty",
    "role:half",
];
const PLACES: [&str; 12] = [
    "reads",
    "writes",
    "create",
    "add",
    "remove",
    "customers",
    "role",
    "user",
    "user-search",
    "read-access",
    "write-access",
    "update-user",
];
const LISTS: [&str; 5] = ["repeat-row", "skip-row", "short-page", "hide-emails", "empty"];

/// One life.
pub(crate) struct Life {
    world: World,
    random: StdRng,
    folder: TempDir,
    now: Timestamp,
    wanted: Wanted,
    guards: guard::Settings,
    memory: Option<(DeskCache, Roster)>,
    /// The accounts that any roster ever listed on a desk.
    listed_once: BTreeMap<&'static str, BTreeSet<String>>,
    /// The accounts on a desk since a roster that lists them there was applied.
    applied: BTreeMap<&'static str, BTreeSet<String>>,
    /// Data Center masks all addresses.
    is_masked: bool,
    /// The last roster that could be read.
    in_force: Option<Roster>,
    /// Faults from the beginning to the end.
    standing: Vec<&'static str>,
    /// Every removal from a desk, with its time.
    removed: Vec<(Timestamp, &'static str, String)>,
    /// Every account that other people ever put on a desk.
    put: BTreeSet<(String, String)>,
    /// What happened, for the person who looks into a failure.
    log: Vec<String>,
    /// The plans of a killed pass: a call in flight can still take effect.
    killed: Vec<Arc<Preview>>,
    seed: u64,
    /// What happened, to compare with another build; only if asked for.
    transcript: Option<Transcript>,
    /// Whether another quietdesk, with its own memory, ever worked on the site.
    rivals: bool,
}

/// Runs one life; panics with its story if a rule is broken.
pub(crate) async fn live(seed: u64) {
    let mut life = Life::begins(seed).await;
    let passes = life.random.random_range(2..7);
    for _ in 0..passes {
        life.edit_roster();
        life.change_jira_by_hand();
        let faulty = life.draw_faults();
        life.pass(faulty).await;
    }
    life.settles().await;
    life.write_transcript();
}

/// Runs `count` lives from `first` on, some of them at once.
pub(crate) fn run_lives(first: u64, count: u64, side_by_side: u64) {
    files::prepare();
    std::thread::scope(|scope| {
        for thread in 0..side_by_side {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                for seed in (first..first + count).filter(|seed| seed % side_by_side == thread) {
                    runtime.block_on(live(seed));
                }
            });
        }
    });
}

impl Life {
    async fn begins(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let kinds = [
            Deployment::Cloud,
            Deployment::Cloud,
            Deployment::DataCenter(Version::V9_12),
            Deployment::DataCenter(Version::V10_0),
            Deployment::DataCenter(Version::V10_3),
        ];
        let deployment = *kinds.choose(&mut random).unwrap();
        let is_cloud = deployment == Deployment::Cloud;
        let is_masked = !is_cloud && random.random_bool(0.05);
        let config = Config {
            deployment,
            page_limit: random.random_range(2..12),
            rules: Rules {
                full_last_page_says_so: random.random(),
                lowercase_usernames: random.random(),
                removing_non_member_is_not_found: random.random(),
                agents_are_listed: random.random_bool(0.8),
                inactive_are_listed: random.random(),
                sweep_gap: random.random_bool(0.3).then_some(3),
                create_answers_conflict: random.random(),
                search_finds_hidden_emails: random.random(),
                mask_emails: is_masked,
                removed_stay_listed: random.random_bool(0.25),
                people_by_group_are_listed: random.random_bool(0.25),
                customers_role_can_be_read: !is_cloud || random.random_bool(0.9),
                ..Rules::default()
            },
            ..Config::default()
        };
        let seed_of_site = site(&mut random, is_cloud);
        let mut world = World::with(seed_of_site, config).await;
        world.settings.patience = Duration::from_millis(700);
        // A fault could make one kind look like the other.
        world.settings.deployment = Some(match deployment {
            Deployment::Cloud => observed::Deployment::Cloud,
            Deployment::DataCenter(_) => observed::Deployment::DataCenter,
        });
        let wanted = Wanted {
            desks: (0..DESKS.len()).map(|_| desk(&mut random)).collect(),
            people: BTreeMap::new(),
        };
        let guards = guard::Settings {
            max_removals: random.random_range(1..8),
            max_removal_percent: random.random_range(10..60),
            allow_empty: random.random_bool(0.3),
            allow_shrink: random.random_bool(0.3),
        };
        // On Data Center the role is the list itself.
        let standing = STANDING
            .into_iter()
            .filter(|rule| is_cloud || !rule.starts_with("role"));
        let standing: Vec<_> = standing.filter(|_| random.random_bool(0.1)).collect();
        let mut life = Self {
            log: vec![format!("life {seed}: {deployment:?}, {guards:?}, {standing:?}")],
            world,
            random,
            folder: TempDir::new().unwrap(),
            now: "2026-11-24T10:00:00Z".parse().unwrap(),
            wanted,
            guards,
            memory: None,
            listed_once: BTreeMap::new(),
            applied: BTreeMap::new(),
            is_masked,
            in_force: None,
            standing,
            removed: Vec::new(),
            put: BTreeSet::new(),
            killed: Vec::new(),
            seed,
            transcript: transcript::folder().map(|_| Transcript::default()),
            rivals: false,
        };
        if life.transcript.is_some() {
            life.world.settings.concurrency = 1;
            life.world.settings.patience = Duration::from_secs(10);
        }
        for n in 0..PEOPLE {
            life.entry(n);
        }
        life
    }

    fn today(&self) -> Date {
        self.now.to_zoned(TimeZone::UTC).date()
    }

    /// A person is added to the file, changed, or taken out.
    fn entry(&mut self, n: usize) {
        if self.random.random_bool(0.35) {
            self.wanted.people.remove(&n);
            return;
        }
        let until = self.random.random_bool(0.15).then(|| {
            let days: i32 = self.random.random_range(-1..4);
            self.today().saturating_add(days.days())
        });
        let person = Person {
            desks: (0..DESKS.len()).filter(|_| self.random.random_bool(0.5)).collect(),
            until,
            moved: self.random.random_bool(0.1),
        };
        self.wanted.people.insert(n, person);
    }

    /// Time passes and the file is edited.
    fn edit_roster(&mut self) {
        let hours: i64 = *[0, 1, 5, 25, 49].choose(&mut self.random).unwrap();
        self.now = self.now.saturating_add(hours.hours()).unwrap();
        match self.random.random_range(0..10) {
            0 => self.wanted.people.clear(),
            1 => {
                let kept: BTreeSet<_> = self.wanted.people.keys().copied().take(2).collect();
                self.wanted.people.retain(|n, _| kept.contains(n));
            }
            2 | 3 => {
                let at = self.random.random_range(0..DESKS.len());
                self.wanted.desks[at] = desk(&mut self.random);
            }
            _ => {
                for _ in 0..self.random.random_range(0..5) {
                    let n = self.random.random_range(0..PEOPLE);
                    self.entry(n);
                }
            }
        }
        if self.random.random_bool(0.1) {
            // The whole list again, as after a bad merge.
            for n in 0..PEOPLE {
                self.entry(n);
            }
        }
    }

    /// Other people work in Jira.
    fn change_jira_by_hand(&mut self) {
        for _ in 0..self.random.random_range(0..4) {
            let act = Act::drawn(&self.world.sandbox.snapshot(), &mut self.random);
            act.is_done(&self.world.sandbox);
            self.put.extend(act.puts());
            self.log.push(act.to_string());
        }
        self.forget_absent();
    }

    /// Changes that other people will make while a pass runs, each at one of its requests.
    fn meddling(&mut self) -> Vec<(usize, Act)> {
        if self.random.random_bool(0.6) {
            return Vec::new();
        }
        let snapshot = self.world.sandbox.snapshot();
        let now = self.world.sandbox.requests();
        let acts = (0..self.random.random_range(1..4)).map(|_| {
            let at = now + self.random.random_range(1..50);
            (at, Act::drawn(&snapshot, &mut self.random))
        });
        let mut acts: Vec<_> = acts.collect();
        acts.sort_by_key(|(at, _)| *at);
        acts
    }

    fn draw_faults(&mut self) -> bool {
        if self.random.random_bool(0.4) {
            self.only_standing_faults();
            return false;
        }
        let mut rules: Vec<_> = self.standing.iter().map(|rule| (*rule).to_owned()).collect();
        for _ in 0..self.random.random_range(1..3) {
            let place = PLACES.choose(&mut self.random).unwrap();
            // Without an answer to serverInfo, the client tries the other kind of Jira: a violation in the sandbox.
            let faults = FAULTS.iter().filter(|fault| (*place, **fault) != ("reads", "404"));
            let fault = *faults.collect::<Vec<_>>().choose(&mut self.random).unwrap();
            let first = self.random.random_range(1..8);
            let many = self.random.random_range(1..4);
            rules.push(match self.random.random_range(0..4) {
                0 => format!("customers:{}@{first}x{many}", LISTS.choose(&mut self.random).unwrap()),
                1 => format!("{place}:{fault}%30"),
                _ => format!("{place}:{fault}@{first}x{many}"),
            });
        }
        let script = rules.join(", ");
        let faults: Faults = script.parse().unwrap_or_else(|error| panic!("{script}: {error}"));
        self.world.sandbox.set_faults(&faults);
        self.log.push(format!("faults: {script}"));
        true
    }

    fn only_standing_faults(&self) {
        let script = self.standing.join(", ");
        let faults = match script.is_empty() {
            true => Faults::default(),
            false => script.parse().unwrap_or_else(|error| panic!("{script}: {error}")),
        };
        self.world.sandbox.set_faults(&faults);
    }

    /// One pass, which may be killed at any moment; then all rules are checked.
    async fn pass(&mut self, faulty: bool) {
        let odd = OddFile::drawn(&mut self.random);
        let Some(roster) = self.read_roster(odd) else { return };
        let before = self.world.sandbox.snapshot();
        self.remember_listed(&roster, &before);
        let killed_at = self.random.random_bool(0.2).then(|| {
            let requests: usize = self.random.random_range(1..60);
            self.world.sandbox.requests() + requests
        });
        let killed_at = killed_at.filter(|_| self.transcript.is_none());
        let mut pass = Pass {
            is_full: self.memory.is_none() || self.random.random_bool(0.5),
            roster,
            before,
            seen: None,
            outcomes: None,
            meddled: Vec::new(),
            ended: false,
        };
        let mut rivals = Pass {
            roster: pass.roster.clone(),
            before: pass.before.clone(),
            seen: None,
            is_full: true,
            outcomes: None,
            meddled: Vec::new(),
            ended: false,
        };
        let policy = Policy {
            guards: self.guards.clone(),
            now: self.now.as_second(),
            ..Policy::default()
        };
        let mut meddling = self.meddling();
        let mut rival = self.random.random_bool(0.3).then(|| self.folder.path().join("rival"));
        if self.transcript.is_some() {
            (meddling, rival) = (Vec::new(), None);
        }
        self.rivals |= rival.is_some();
        let sandbox = self.world.sandbox.clone();
        let others = Others::new(sandbox.clone(), meddling);
        let killed = async {
            let Some(at) = killed_at else {
                return std::future::pending().await;
            };
            sandbox.wait_for_requests(at).await;
        };
        let folder = self.folder.path().join("state");
        let site = self.world.running.url();
        let was_killed = {
            let state = State::open(&folder, &site, Opener::new("campaign", Timestamp::now)).unwrap();
            let second = State::open(&folder, &site, Opener::new("campaign", Timestamp::now));
            self.must(second.is_err(), "a second one cannot write to the same state directory");
            let mut ledger = state.ledger().unwrap();
            let doing = one_pass(&self.world, &mut self.memory, &mut pass, &mut ledger, &policy, &state);
            let rivalling = rival_pass(&self.world, rival.as_deref(), &mut rivals, &policy);
            tokio::select! {
                biased;
                () = killed => true,
                () = others.meddle() => unreachable!("others are at it until the pass ends"),
                ((), ()) = future::join(doing, rivalling) => {
                    state.save(&mut ledger).unwrap();
                    false
                }
            }
        };
        pass.meddled = others.done();
        self.put.extend(pass.meddled.iter().filter_map(Act::puts));
        if was_killed {
            // Memory is lost with the process.
            self.memory = None;
        }
        if self.transcript.is_some() {
            let state = State::open(&folder, &site, Opener::new("campaign", Timestamp::now)).unwrap();
            self.record_pass(&pass, &state.ledger().unwrap());
        }
        let kind = if pass.is_full { "full pass" } else { "edit" };
        self.log.push(format!(
            "{kind} at {} (faults: {faulty}, killed: {was_killed})\n{}",
            self.now,
            yaml(&self.wanted)
        ));
        if let Some(seen) = &pass.seen {
            let steps: Vec<_> = seen.approved.plan().steps.iter().map(ToString::to_string).collect();
            let found: Vec<_> = seen.approved.findings().iter().map(|finding| &finding.what).collect();
            self.log.push(format!("steps: {steps:?}\nrefused: {found:?}"));
        }
        let meddled: Vec<_> = pass.meddled.iter().map(ToString::to_string).collect();
        self.log
            .push(format!("meanwhile: {meddled:?}; a rival: {}", rival.is_some()));
        self.judge(&pass, &rivals);
        let is_undisturbed = !faulty && !was_killed && pass.ended && rivals.seen.is_none();
        let after = self.world.sandbox.snapshot();
        self.remember_applied(&pass, &after, is_undisturbed);
        self.killed = [pass.seen, rivals.seen]
            .into_iter()
            .flatten()
            .filter(|_| was_killed)
            .collect();
    }

    fn remember_listed(&mut self, roster: &Roster, before: &Snapshot) {
        for desk in DESKS {
            let on =
                |customer: &quietdesk::model::roster::Customer| customer.desks.iter().any(|key| key.as_str() == desk);
            let people = roster
                .customers
                .values()
                .chain(roster.expired.values())
                .filter(|customer| on(customer));
            for customer in people {
                let addresses = std::iter::once(&customer.email).chain(&customer.previously);
                for address in addresses {
                    self.list(desk, address.key().as_str(), before);
                }
            }
        }
    }

    fn list(&mut self, desk: &'static str, address: &str, snapshot: &Snapshot) {
        let having = snapshot
            .accounts
            .iter()
            .filter(|(_, account)| canonical(&account.email) == canonical(address));
        self.listed_once
            .entry(desk)
            .or_default()
            .extend(having.map(|(id, _)| id.clone()));
    }

    /// No more faults and no other changes: after a few passes, nothing is left to do.
    async fn settles(&mut self) {
        self.only_standing_faults();
        self.world.settings.patience = Duration::from_secs(20);
        let folder = self.folder.path().join("state");
        let site = self.world.running.url();
        let policy = Policy {
            guards: guard::Settings {
                max_removals: 1000,
                max_removal_percent: 100,
                allow_empty: true,
                allow_shrink: true,
            },
            now: self.now.as_second(),
            ..Policy::default()
        };
        let roster = self.read_roster(None).unwrap();
        let (mut left, mut last) = (Vec::new(), None);
        for _ in 0..5 {
            let state = State::open(&folder, &site, Opener::new("campaign", Timestamp::now)).unwrap();
            let mut ledger = state.ledger().unwrap();
            let mut pass = Pass {
                roster: roster.clone(),
                before: self.world.sandbox.snapshot(),
                seen: None,
                is_full: true,
                outcomes: None,
                meddled: Vec::new(),
                ended: false,
            };
            one_pass(&self.world, &mut self.memory, &mut pass, &mut ledger, &policy, &state).await;
            state.save(&mut ledger).unwrap();
            self.record_pass(&pass, &state.ledger().unwrap());
            let plan = pass.seen.as_ref().map(|seen| seen.approved.plan());
            left = plan.unwrap().steps.iter().map(ToString::to_string).collect();
            let held: Vec<_> = plan
                .unwrap()
                .held
                .iter()
                .map(|held| format!("{:?} {}", held.desk, held.reason))
                .collect();
            self.log.push(format!("settling: {left:?}; held {held:?}"));
            self.check_no_duplicate_accounts(&pass, &self.world.sandbox.snapshot());
            last = pass.seen;
        }
        if !left.is_empty() {
            let journal = std::fs::read_to_string(folder.join("audit.jsonl")).unwrap_or_default();
            let last: Vec<_> = journal.lines().rev().take(8).collect();
            self.log.push(last.join("\n"));
        }
        self.must(left.is_empty(), &format!("it never settles: {left:?}"));
        self.check_removals_are_complete(&roster, &last.unwrap());
        self.world.drain();
    }

    #[track_caller]
    fn must(&self, holds: bool, what: &str) {
        assert!(holds, "{what}\n{}", self.log.join("\n"));
    }
}
