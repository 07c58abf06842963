//! What `plan`, `apply` and `run` share: the roster, and the Jira it is for.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret as _;
use tracing::info;

use tokio_util::sync::CancellationToken;

use super::Failure;
use super::args::{ConnectionArgs, DeploymentArg, PolicyArgs, TargetArgs};
use super::exit::Exit;
use super::place::Place;
use super::seed::seed_for;
use super::{settings, state};
use crate::engine::passwords::Passwords;
use crate::files::Accept;
use crate::jira::{BaseUrl, ConnectError, Credentials, JiraRead, Settings};
use crate::model::desk::DeskKey;
use crate::model::email::masked;
use crate::model::guard;
use crate::model::ledger::Ledger;
use crate::model::policy::Policy;
use crate::model::report::RosterSource;
use crate::model::roster::Roster;
use crate::plan_file::{PlanFile, RosterText};
use crate::roster_file::{self, Loaded, RosterError, Sources};
use crate::sandbox::{self, Running, Sandbox, Seed};

/// What is said where it is stopped early.
const NOTHING_CHANGED: &str = "told to stop before anything was changed";

/// A roster, and the Jira it is for.
pub(super) struct Site {
    /// The roster, narrowed to the desks asked for.
    pub roster: Roster,
    /// The whole roster.
    pub whole: Roster,
    /// Where it came from.
    pub source: RosterSource,
    /// Its files, as they were read.
    pub texts: Vec<RosterText>,
    /// The day (UTC) it is taken for.
    pub day: Date,
    /// The desks asked for.
    pub narrow: Narrow,
    /// What may be done besides what the roster says.
    pub policy: Policy,
    /// The first passwords of those who are to have one of a file.
    pub passwords: Passwords,
    /// How to reach Jira.
    pub settings: Settings,
    /// Where it is remembered; nothing where it is not to be.
    pub place: Option<Place>,
    // A simulated Jira lives as long as this.
    _sandbox: Option<Running>,
}

impl Site {
    /// Loads the roster and settles how to reach Jira, without a request.
    ///
    /// # Errors
    /// An invalid roster or setting, with exit code 3.
    pub(super) async fn open(roster: &Path, args: &TargetArgs, stop: &CancellationToken) -> Result<Self, Failure> {
        let narrow = Narrow::parse(&args.desks)?;
        let invalid = |error| Failure::new(Exit::Invalid, error);
        let sources = read_roster(roster, stop).await?.map_err(invalid)?;
        let texts = sources.sources.iter().map(RosterText::of).collect();
        let loaded = roster_file::load_sources(sources).map_err(invalid)?;
        let day = today();
        let (mut policy, passwords) = policy(&args.policy, Accept::FilesAndPipes)?;
        let (settings, _sandbox) = reach(&args.connection, || seed_for(&loaded.roster), stop).await?;
        let place = settle(&args.connection, &settings, stop).await?;
        policy.approve_at = state::approve_at(place.as_ref(), &args.connection);
        Ok(Self {
            source: source(&loaded),
            whole: loaded.roster.clone().on(day),
            roster: narrow.checked(loaded.roster)?.on(day),
            texts,
            day,
            narrow,
            policy,
            passwords,
            settings,
            place,
            _sandbox,
        })
    }

    /// What a saved plan was made for, and how to reach its Jira, without a request.
    ///
    /// # Errors
    /// A file that is no plan for this Jira or lacks passwords, or an invalid setting, with exit code 3.
    pub(super) async fn of_plan(file: &PlanFile, args: &TargetArgs, stop: &CancellationToken) -> Result<Self, Failure> {
        let invalid = |error: OtherPlan| Failure::new(Exit::Invalid, error);
        let sources: Vec<_> = file.roster.iter().map(RosterText::source).collect();
        let whole = roster_file::parse(&sources).map_err(|_| invalid(OtherPlan::Damaged))?;
        let whole = whole.on(file.plan.day);
        let narrow = Narrow(file.plan.only.clone());
        let roster = narrow.of(whole.clone());
        if !file.plan.is_consistent(&roster) {
            return Err(invalid(OtherPlan::Damaged));
        }
        let (mut policy, passwords) = policy(&args.policy, Accept::FilesAndPipes)?;
        let wanted = file.plan.passwords_wanted();
        let missing = wanted.iter().filter(|email| !policy.provided.contains(**email)).count();
        if missing > 0 {
            return Err(invalid(OtherPlan::Passwords(missing)));
        }
        let (settings, _sandbox) = reach(&args.connection, Seed::default, stop).await?;
        let (made_for, here) = (file.plan.site.url.clone(), settings.url.to_string());
        let place = match settle(&args.connection, &settings, stop).await {
            // Nobody can say whether another address leads to the same site.
            Err(_) if made_for != here && !stop.is_cancelled() => {
                return Err(invalid(OtherPlan::Site { made_for, here }));
            }
            settled => settled?,
        };
        if made_for != here && !place.as_ref().is_some_and(|place| place.leads_to(&made_for)) {
            return Err(invalid(OtherPlan::Site { made_for, here }));
        }
        policy.approve_at = state::approve_at(place.as_ref(), &args.connection);
        Ok(Self {
            roster,
            whole,
            source: file.report.roster.clone(),
            texts: Vec::new(),
            day: file.plan.day,
            narrow,
            policy,
            passwords,
            settings,
            place,
            _sandbox,
        })
    }

    /// What is remembered where the roster in this file was the one applied before.
    ///
    /// # Errors
    /// An invalid roster, with exit code 3.
    pub(super) fn base(&self, path: &Path) -> Result<Ledger, Failure> {
        Ok(Ledger::of_base(&self.narrow.of(load_roster(path)?.roster).on(today())))
    }

    /// Takes the roster for the day that memory says it is at least: an `until` that has come stays so.
    pub(super) fn remember(&mut self, ledger: &Ledger) {
        let day = ledger.day(self.day);
        if day == std::mem::replace(&mut self.day, day) {
            return;
        }
        for roster in [&mut self.roster, &mut self.whole] {
            *roster = std::mem::take(roster).on(self.day);
        }
    }

    /// Signs in, and says as whom.
    ///
    /// # Errors
    /// What Jira, or the way to it, refused; or that there are two states of this site.
    pub(super) async fn connect(&self) -> Result<JiraRead, Failure> {
        let jira = sign_in(self.settings.clone()).await?;
        tell_account(&jira);
        if let Some(place) = &self.place {
            place.reached(jira.own_address())?;
        }
        Ok(jira)
    }
}

/// Decides where the site is remembered, and says so.
async fn settle(
    args: &ConnectionArgs,
    settings: &Settings,
    stop: &CancellationToken,
) -> Result<Option<Place>, Failure> {
    let settled = tokio::select! {
        settled = Place::settle(args, settings, true) => settled?,
        () = stop.cancelled() => return Err(Failure::new(Exit::Partial, NOTHING_CHANGED)),
    };
    tell_place(settled.as_ref(), args, settings);
    Ok(settled)
}

/// Says which site this is about, by whose token, and where what is known of it is.
pub(super) fn tell_place(place: Option<&Place>, args: &ConnectionArgs, settings: &Settings) {
    // Before Jira is reached, the token's user is all that is known of the account; a log holds no e-mails.
    let user = args.user.as_deref().and_then(|user| user.split('@').next());
    match place {
        Some(place) => place.tell(user),
        None => info!(site = %settings.url, user, "the site; nothing is remembered of it"),
    }
}

/// Says whose sign-in it is.
pub(super) fn tell_account(jira: &JiraRead) {
    if let Some(account) = jira.own_account() {
        // Without a name of its own, an account goes by its address.
        let name = masked(&account.name);
        info!(site = jira.own_address(), account = %account.id.0, name, "signed in");
    }
}

/// A saved plan that cannot be applied here.
#[derive(Debug, thiserror::Error)]
enum OtherPlan {
    #[error("the plan was made for {made_for}, and --url is {here}; apply it where it was made for")]
    Site { made_for: String, here: String },
    #[error("the plan gives {0} first passwords of a file, which does not have them; name the file with --passwords")]
    Passwords(usize),
    #[error("the plan is damaged: its steps and its roster do not fit together; make the plan again")]
    Damaged,
}

/// Reads a roster, which can take time where it comes through a pipe.
///
/// # Errors
/// When it is told to stop meanwhile.
async fn read_roster(path: &Path, stop: &CancellationToken) -> Result<Result<Sources, RosterError>, Failure> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || roster_file::read(&path));
    tokio::select! {
        read = read => read.map_err(|error| Failure::new(Exit::Internal, error)),
        () = stop.cancelled() => Err(Failure::new(Exit::Partial, NOTHING_CHANGED)),
    }
}

/// What day it is, in UTC.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Signs in.
///
/// # Errors
/// What Jira, or the way to it, refused.
pub(super) async fn sign_in(settings: Settings) -> Result<JiraRead, Failure> {
    let connected = JiraRead::connect(settings).await;
    connected.map_err(|error: ConnectError| Failure::new(Exit::of_connect_error(&error), error))
}

/// What a plan may do besides what the roster says, and the first passwords it has.
///
/// # Errors
/// A passwords file that cannot be used, with exit code 3.
pub(super) fn policy(args: &PolicyArgs, accept: Accept) -> Result<(Policy, Passwords), Failure> {
    let passwords = args.passwords.as_deref();
    let passwords = passwords.map(|file| Passwords::read(file, accept)).transpose();
    let passwords = passwords
        .map_err(|error| Failure::new(Exit::Invalid, error))?
        .unwrap_or_default();
    let policy = Policy {
        reactivate: args.reactivate,
        provided: passwords.emails(),
        guards: guard::Settings {
            max_removals: args.max_removals,
            max_removal_percent: args.max_removal_percent,
            allow_empty: args.allow_empty,
            allow_shrink: args.allow_shrink,
        },
        approved: BTreeSet::new(),
        approve_at: String::new(),
        now: Timestamp::now().as_second(),
        clock_ahead: None,
    };
    Ok((policy, passwords))
}

/// Loads a roster.
///
/// # Errors
/// All its problems, with exit code 3.
pub(super) fn load_roster(path: &Path) -> Result<Loaded, Failure> {
    roster_file::load(path).map_err(|error| Failure::new(Exit::Invalid, error))
}

/// Where a roster came from, as reports name it.
pub(super) fn source(loaded: &Loaded) -> RosterSource {
    RosterSource {
        files: loaded.files.iter().map(|file| file.display().to_string()).collect(),
        digest: loaded.digest.clone(),
        warnings: loaded.warnings.clone(),
    }
}

/// How to reach Jira: the one named, or a sandbox started for the occasion that holds what `seed` says.
pub(super) async fn reach(
    args: &ConnectionArgs,
    seed: impl FnOnce() -> Seed,
    stop: &CancellationToken,
) -> Result<(Settings, Option<Running>), Failure> {
    if !args.sandbox {
        if args.faults.is_some() {
            return Err(Failure::new(
                Exit::Usage,
                "--faults is for a simulated Jira: give --sandbox as well",
            ));
        }
        return Ok((settings::connection(args, stop)?, None));
    }
    let deployment = match args.deployment {
        DeploymentArg::DataCenter => sandbox::Deployment::DataCenter(sandbox::Version::V10_3),
        DeploymentArg::Auto | DeploymentArg::Cloud => sandbox::Deployment::Cloud,
    };
    let mut config = sandbox::Config {
        deployment,
        rules: sandbox::Rules {
            // Where a desk can be public at all, the simulated site allows it.
            public_signup: deployment != sandbox::Deployment::Cloud,
            ..sandbox::Rules::default()
        },
        record_bodies: false,
        started: jiff::Timestamp::now(),
        ..sandbox::Config::default()
    };
    if let Some(script) = &args.faults {
        config.faults = script
            .parse()
            .map_err(|error: sandbox::FaultError| Failure::new(Exit::Invalid, error))?;
    }
    let user = (deployment == sandbox::Deployment::Cloud).then_some(config.user.as_str());
    let credentials = Credentials::parse(user, config.token.expose_secret());
    let running = Sandbox::new(config, &seed())
        .serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await?;
    let url = running.url();
    info!(
        url,
        "a simulated Jira is running; /_sandbox/state, journal and outbox below it show what it holds"
    );
    let settings = Settings {
        deployment: None,
        url: BaseUrl::parse(&url).map_err(|error| Failure::new(Exit::Internal, error))?,
        credentials: credentials.map_err(|error| Failure::new(Exit::Internal, error))?,
        ca_file: None,
        concurrency: usize::from(args.concurrency),
        patience: args.patience,
        stop: stop.clone(),
    };
    Ok((settings, Some(running)))
}

/// Narrows a roster to some desks, for `--desk`.
#[derive(Clone, Debug)]
pub(super) struct Narrow(Vec<DeskKey>);

/// A desk that cannot be asked for.
#[derive(Debug, thiserror::Error)]
enum NarrowError {
    #[error("--desk {0:?} {1}")]
    NotAKey(String, crate::model::desk::NotADeskKey),
    #[error("--desk {0}: the roster has no such desk; name one of its `desks:`")]
    NotInRoster(DeskKey),
}

/// The keys given with `--desk`.
///
/// # Errors
/// A text that is no project key, with exit code 3.
pub(super) fn desk_keys(desks: &[String]) -> Result<Vec<DeskKey>, Failure> {
    let keys = desks
        .iter()
        .map(|text| DeskKey::parse(text).map_err(|why| NarrowError::NotAKey(text.clone(), why)));
    let keys: Result<_, _> = keys.collect();
    keys.map_err(|error| Failure::new(Exit::Invalid, error))
}

impl Narrow {
    /// # Errors
    /// A text that is no project key, with exit code 3.
    pub(super) fn parse(desks: &[String]) -> Result<Self, Failure> {
        desk_keys(desks).map(Self)
    }

    /// The desks asked for; none: all.
    pub(super) fn keys(&self) -> &[DeskKey] {
        &self.0
    }

    /// The part of the roster that was asked for, all of which must be there.
    ///
    /// # Errors
    /// A desk the roster does not have, with exit code 3.
    pub(super) fn checked(&self, roster: Roster) -> Result<Roster, Failure> {
        match self.0.iter().find(|key| !roster.desks.contains_key(*key)) {
            Some(missing) => Err(Failure::new(Exit::Invalid, NarrowError::NotInRoster(missing.clone()))),
            None => Ok(self.of(roster)),
        }
    }

    fn of(&self, roster: Roster) -> Roster {
        match self.0.is_empty() {
            true => roster,
            false => roster.narrowed(&self.0),
        }
    }
}
