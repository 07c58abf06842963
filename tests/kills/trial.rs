//! One run of a case: a pass in which something happens, and the passes after it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use quietdesk::engine::desk_cache::DeskCache;
use quietdesk::engine::journal::Journal as _;
use quietdesk::engine::pass::Preview;
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::NoProgress;
use quietdesk::engine::session::{Scope, Session};
use quietdesk::engine::state::{Opener, State};
use quietdesk::jira::{BaseUrl, Credentials, InProcess, JiraRead, JiraWrite, Settings};
use quietdesk::model::guard;
use quietdesk::model::outcome::StepResult;
use quietdesk::model::policy::Policy;
use quietdesk::model::roster::Roster;
use quietdesk::model::step::Step;
use quietdesk::sandbox::{Config, Deployment, Faults, Sandbox, Snapshot};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::cases::Case;
use super::death::{Death, Moment, MortalJournal, MortalTransport, Store, TornStore, WrittenPart};
use crate::support::world::roster;

const SITE: &str = "https://sandbox.example/";
/// The files of the state directory that a killed process leaves; its lock is released.
const FILES: [&str; 4] = ["state.sqlite", "state.sqlite-wal", "handoff.jsonl", "audit.jsonl"];
const NOW: i64 = 1_795_500_000;

/// A state directory, by file.
type Image = BTreeMap<&'static str, Vec<u8>>;

/// A case whose first roster has been applied: the start of any number of trials.
pub(crate) struct StartedCase<'a> {
    case: &'a Case,
    image: Image,
}

impl<'a> StartedCase<'a> {
    pub(crate) fn of(case: &'a Case) -> Self {
        let mut trial = Trial::at(case, &Image::new());
        let before = trial.passes(&roster(&case.before), None, "");
        assert_eq!(before.steps, Some(Vec::new()), "{}: it begins in step", case.kind);
        let image = image_of(&trial.state_folder());
        Self { case, image }
    }

    pub(crate) fn trial(&self) -> Trial<'a> {
        Trial::at(self.case, &self.image)
    }
}

/// A site, and the state directory of the quietdesk that manages it.
pub(crate) struct Trial<'a> {
    pub(crate) case: &'a Case,
    pub(crate) sandbox: Sandbox,
    settings: Settings,
    folder: TempDir,
    lives: usize,
    pub(crate) start: Snapshot,
    /// The steps that ended, over all passes so far.
    pub(crate) ended: Vec<(Step, StepResult)>,
}

/// The result of one pass.
pub(crate) struct PassSummary {
    pub(crate) was_killed: bool,
    pub(crate) calls: usize,
    pub(crate) stores: Vec<Store>,
    /// The steps of its plan; `None` if there was no plan.
    pub(crate) steps: Option<Vec<String>>,
    pub(crate) writes: usize,
}

impl<'a> Trial<'a> {
    fn at(case: &'a Case, image: &Image) -> Self {
        let config = Config {
            deployment: case.place.deployment(),
            ..Config::default()
        };
        let user = (config.deployment == Deployment::Cloud).then_some(config.user.as_str());
        let settings = Settings {
            url: BaseUrl::parse(SITE).unwrap(),
            credentials: Credentials::parse(user, config.token.expose_secret()).unwrap(),
            deployment: None,
            ca_file: None,
            concurrency: 4,
            patience: Duration::from_secs(60),
            stop: CancellationToken::new(),
        };
        let sandbox = Sandbox::new(config, &case.seed);
        let trial = Self {
            case,
            start: sandbox.snapshot(),
            sandbox,
            settings,
            folder: TempDir::new().unwrap(),
            lives: 0,
            ended: Vec::new(),
        };
        put_image(image, &trial.state_folder());
        trial
    }

    pub(crate) fn pass(&mut self, moment: Option<Moment>) -> PassSummary {
        self.passes(&roster(&self.case.roster), moment, "")
    }

    pub(crate) fn pass_with(&mut self, faults: &str) -> PassSummary {
        self.passes(&roster(&self.case.roster), None, faults)
    }

    pub(crate) fn state_folder(&self) -> PathBuf {
        self.folder.path().join(self.lives.to_string())
    }

    pub(crate) fn open(&self) -> State {
        State::open(&self.state_folder(), SITE, Opener::new("kills", Timestamp::now)).unwrap()
    }

    /// One pass of a process that ends after it, or at this moment.
    fn passes(&mut self, roster: &Roster, moment: Option<Moment>, faults: &str) -> PassSummary {
        let faults: Faults = faults.parse().unwrap_or_else(|error| panic!("{faults}: {error}"));
        self.sandbox.set_faults(&faults);
        let writes = self.sandbox.writes();
        let gone = self.gone();
        let (state, death) = (self.open(), Death::at(moment));
        // Dropping the runtime ends everything the process began, also its blocking writes.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let counted = state.ledger().unwrap().history().recently_removed(None, NOW).len();
        assert!(
            counted >= gone,
            "{:?}, {}: {gone} left before this life, and {counted} are counted",
            self.case.place,
            self.case.kind
        );
        let mut seen = None;
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = death.comes() => {}
                () = one_pass(self, roster, &state, &death, &mut seen) => {}
            }
        });
        drop(runtime);
        if death.is_dead() {
            self.dies(&state, &death);
        }
        self.ended.append(&mut death.ended.lock().unwrap());
        let steps = |seen: Arc<Preview>| seen.approved.plan().steps.iter().map(ToString::to_string).collect();
        let stores = death.stores.lock().unwrap().clone();
        PassSummary {
            was_killed: death.is_dead(),
            calls: death.calls.load(Ordering::SeqCst),
            stores,
            steps: seen.map(steps),
            writes: self.sandbox.writes() - writes,
        }
    }

    /// The next process finds what is on disk at this moment. What the state directory still writes while it is dropped
    /// goes into the old folder.
    fn dies(&mut self, state: &State, death: &Death) {
        let old = self.state_folder();
        let before = image_of(&old);
        let mut half_done = death.half_done.lock().unwrap().take();
        match &mut half_done {
            Some((TornStore::Ended(ended), _)) => state.record_outcome(&ended.0, &ended.1),
            Some((TornStore::Save(ledger), _)) => state.save(ledger).unwrap(),
            None => {}
        }
        let mut left = image_of(&old);
        for (file, is) in &mut left {
            let was = &before[file];
            match (&half_done, *file) {
                (Some((TornStore::Ended(..), part)), "audit.jsonl") => *is = first(*part, was, is),
                (Some((TornStore::Ended(..), part)), "handoff.jsonl") => *is = second(*part, was, is),
                (Some((TornStore::Save(_), _)), "state.sqlite-wal") => *is = half(was, is),
                _ => {}
            }
        }
        self.lives += 1;
        put_image(&left, &self.state_folder());
    }

    /// How many people who were on a desk at the start no longer are.
    fn gone(&self) -> usize {
        let now = self.sandbox.snapshot();
        let desks = self.start.desks.iter();
        let left = desks.map(|(key, desk)| desk.customers.difference(&now.desks[key].customers).count());
        left.sum()
    }

    pub(crate) fn audit(&self) -> Vec<serde_json::Value> {
        let text = read_text(&self.state_folder().join("audit.jsonl"));
        let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        lines.collect()
    }
}

fn image_of(folder: &Path) -> Image {
    let content = |file| fs::read(folder.join(file)).unwrap_or_default();
    FILES.map(|file| (file, content(file))).into()
}

fn put_image(image: &Image, folder: &Path) {
    fs::create_dir(folder).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
    for (file, content) in image {
        fs::write(folder.join(file), content).unwrap();
    }
}

fn read_text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn half(was: &[u8], is: &[u8]) -> Vec<u8> {
    is[..usize::midpoint(was.len(), is.len())].to_vec()
}

/// What reached the disk of the first of two writes.
fn first(part: WrittenPart, was: &[u8], is: &[u8]) -> Vec<u8> {
    match part {
        WrittenPart::HalfOfTheFirst => half(was, is),
        WrittenPart::First | WrittenPart::HalfOfTheSecond => is.to_vec(),
    }
}

/// What reached the disk of the second.
fn second(part: WrittenPart, was: &[u8], is: &[u8]) -> Vec<u8> {
    match part {
        WrittenPart::HalfOfTheFirst | WrittenPart::First => was.to_vec(),
        WrittenPart::HalfOfTheSecond => half(was, is),
    }
}

fn policy() -> Policy {
    Policy {
        guards: guard::Settings {
            max_removals: 1000,
            max_removal_percent: 100,
            allow_empty: true,
            allow_shrink: true,
        },
        now: NOW,
        ..Policy::default()
    }
}

/// One pass with a journal that stops at the death of its process.
async fn one_pass(
    trial: &Trial<'_>,
    roster: &Roster,
    state: &State,
    death: &Arc<Death>,
    kept: &mut Option<Arc<Preview>>,
) {
    let settings = trial.settings.clone();
    let transport = MortalTransport {
        to: InProcess::new(trial.sandbox.router(), settings.url.clone(), &settings.credentials),
        death: Arc::clone(death),
    };
    let Ok(jira) = JiraRead::connect_with_transport(Arc::new(transport), settings).await else {
        return;
    };
    let (jira, mut policy) = (JiraWrite::new(jira), policy());
    let mut session = Session {
        journal: &MortalJournal { state, death },
        ledger: &mut state.ledger().unwrap(),
        desk_cache: &mut DeskCache::default(),
        policy: &mut policy,
        clock: Timestamp::now,
    };
    let Ok(planned) = session.plan(&jira, roster, Scope::Everything, &NoProgress).await else {
        return;
    };
    *kept = Some(Arc::clone(&planned.preview));
    let (none, stop) = (Passwords::default(), CancellationToken::new());
    // After the death, writes of the journal never end or are ignored.
    drop(session.execute(planned, &jira, &none, &NoProgress, &stop).await);
}
