//! The roster and the Jira site it is for, shared by the commands.

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
use super::seed::seed_differing_from_roster;
use super::state_dir::StateDir;
use super::{settings, state};
use crate::engine::passwords::Passwords;
use crate::files::Accept;
use crate::jira::{BaseUrl, ConnectError, Credentials, JiraRead, Settings};
use crate::model::desk::DeskKey;
use crate::model::email::mask_addresses;
use crate::model::guard;
use crate::model::ledger::Ledger;
use crate::model::policy::Policy;
use crate::model::report::RosterSource;
use crate::model::roster::Roster;
use crate::plan_file::{PlanFile, RosterText};
use crate::roster_file::{self, Loaded, RosterError, Sources};
use crate::sandbox::{self, Running, Sandbox, Seed};

/// The error of a command that was stopped early.
const NOTHING_CHANGED: &str = "stopped before any change was made";

/// A roster, and the Jira site it is for.
pub(super) struct Site {
    /// The roster, narrowed to the selected desks.
    pub roster: Roster,
    /// The whole roster.
    pub whole_roster: Roster,
    pub source: RosterSource,
    /// The roster files as read.
    pub roster_texts: Vec<RosterText>,
    /// The day (UTC) for which `until` is evaluated.
    pub day: Date,
    /// The desks selected with `--desk`.
    pub selected_desks: DeskSelection,
    pub policy: Policy,
    /// The first passwords of `--passwords`.
    pub passwords: Passwords,
    pub settings: Settings,
    /// The state directory; `None` if no state is kept.
    pub state_dir: Option<StateDir>,
    // Dropping this stops the simulated Jira.
    _sandbox: Option<Running>,
}

impl Site {
    /// Loads the roster and the connection settings. Contacts Jira only to identify the site.
    ///
    /// # Errors
    /// An invalid roster or setting, with exit code 3.
    pub(super) async fn open(roster: &Path, args: &TargetArgs, stop: &CancellationToken) -> Result<Self, Failure> {
        let narrow = DeskSelection::parse(&args.desks)?;
        let invalid = |error| Failure::new(Exit::Invalid, error);
        let sources = read_roster(roster, stop).await?.map_err(invalid)?;
        let texts = sources.sources.iter().map(RosterText::from_source).collect();
        let loaded = roster_file::load_sources(sources).map_err(invalid)?;
        let day = today();
        let (mut policy, passwords) = policy_and_passwords(&args.policy, Accept::FilesAndPipes)?;
        let (settings, _sandbox) =
            resolve_connection(&args.connection, || seed_differing_from_roster(&loaded.roster), stop).await?;
        let place = select_state_dir(&args.connection, &settings, stop).await?;
        policy.approve_arguments = state::approve_arguments(place.as_ref(), &args.connection);
        Ok(Self {
            source: roster_source(&loaded),
            whole_roster: loaded.roster.clone().as_of(day),
            roster: narrow.narrow_checked(loaded.roster)?.as_of(day),
            roster_texts: texts,
            day,
            selected_desks: narrow,
            policy,
            passwords,
            settings,
            state_dir: place,
            _sandbox,
        })
    }

    /// Loads the roster of a saved plan and the connection settings. Contacts Jira only to identify the site.
    ///
    /// # Errors
    /// A plan of another site or without its passwords, or an invalid setting, with exit code 3.
    pub(super) async fn from_plan(
        file: &PlanFile,
        args: &TargetArgs,
        stop: &CancellationToken,
    ) -> Result<Self, Failure> {
        let invalid = |error: PlanMismatch| Failure::new(Exit::Invalid, error);
        let sources: Vec<_> = file.roster.iter().map(RosterText::to_source).collect();
        let whole = roster_file::parse(&sources).map_err(|_| invalid(PlanMismatch::Damaged))?;
        let whole = whole.as_of(file.plan.day);
        let narrow = DeskSelection(file.plan.only_desks.clone());
        let roster = narrow.narrow(whole.clone());
        if !file.plan.is_consistent(&roster) {
            return Err(invalid(PlanMismatch::Damaged));
        }
        let (mut policy, passwords) = policy_and_passwords(&args.policy, Accept::FilesAndPipes)?;
        let wanted = file.plan.passwords_wanted();
        let missing = wanted
            .iter()
            .filter(|email| !policy.provided_passwords.contains(**email))
            .count();
        if missing > 0 {
            return Err(invalid(PlanMismatch::Passwords(missing)));
        }
        let (settings, _sandbox) = resolve_connection(&args.connection, Seed::default, stop).await?;
        let (made_for, here) = (file.plan.site.url.clone(), settings.url.to_string());
        let place = match select_state_dir(&args.connection, &settings, stop).await {
            // It is unknown whether another URL belongs to the same site.
            Err(_) if made_for != here && !stop.is_cancelled() => {
                return Err(invalid(PlanMismatch::Site { made_for, here }));
            }
            settled => settled?,
        };
        if made_for != here && !place.as_ref().is_some_and(|place| place.has_address(&made_for)) {
            return Err(invalid(PlanMismatch::Site { made_for, here }));
        }
        policy.approve_arguments = state::approve_arguments(place.as_ref(), &args.connection);
        Ok(Self {
            roster,
            whole_roster: whole,
            source: file.report.roster.clone(),
            roster_texts: Vec::new(),
            day: file.plan.day,
            selected_desks: narrow,
            policy,
            passwords,
            settings,
            state_dir: place,
            _sandbox,
        })
    }

    /// Returns the ledger as if the roster in this file had been applied before.
    ///
    /// # Errors
    /// An invalid roster, with exit code 3.
    pub(super) fn base_ledger(&self, path: &Path) -> Result<Ledger, Failure> {
        Ok(Ledger::from_base(
            &self.selected_desks.narrow(load_roster(path)?.roster).as_of(today()),
        ))
    }

    /// Moves the roster's day forward to the ledger's, so that an `until` that has expired stays expired.
    pub(super) fn advance_day(&mut self, ledger: &Ledger) {
        let day = ledger.effective_day(self.day);
        if day == std::mem::replace(&mut self.day, day) {
            return;
        }
        for roster in [&mut self.roster, &mut self.whole_roster] {
            *roster = std::mem::take(roster).as_of(self.day);
        }
    }

    /// Signs in, and logs the account.
    ///
    /// # Errors
    /// A failed sign-in or connection, or two states of this site.
    pub(super) async fn connect(&self) -> Result<JiraRead, Failure> {
        let jira = sign_in(self.settings.clone()).await?;
        log_account(&jira);
        if let Some(place) = &self.state_dir {
            place.check_reported_site(jira.base_url())?;
        }
        Ok(jira)
    }
}

/// Selects the state directory of the site, and logs it.
async fn select_state_dir(
    args: &ConnectionArgs,
    settings: &Settings,
    stop: &CancellationToken,
) -> Result<Option<StateDir>, Failure> {
    let settled = tokio::select! {
        settled = StateDir::resolve(args, settings, true) => settled?,
        () = stop.cancelled() => return Err(Failure::new(Exit::Partial, NOTHING_CHANGED)),
    };
    log_site(settled.as_ref(), args, settings);
    Ok(settled)
}

/// Logs the site, the user of the token, and the state directory.
pub(super) fn log_site(place: Option<&StateDir>, args: &ConnectionArgs, settings: &Settings) {
    // Before sign-in, only the user given is known. Its domain is cut off: logs hold no e-mails.
    let user = args.user.as_deref().and_then(|user| user.split('@').next());
    match place {
        Some(place) => place.log(user),
        None => info!(site = %settings.url, user, "using this site; no state is kept"),
    }
}

/// Logs the account that signed in.
pub(super) fn log_account(jira: &JiraRead) {
    if let Some(account) = jira.own_account() {
        // The name of an account without a display name is its e-mail.
        let name = mask_addresses(&account.name);
        info!(site = jira.base_url(), account = %account.id.0, name, "signed in");
    }
}

/// Why a saved plan cannot be applied here.
#[derive(Debug, thiserror::Error)]
enum PlanMismatch {
    #[error("the plan was made for {made_for}, but --url is {here}; give the --url it was made for")]
    Site { made_for: String, here: String },
    #[error("{0} first passwords that the plan needs are missing; give the file that has them with --passwords")]
    Passwords(usize),
    #[error("the plan is damaged: its steps do not match its roster; create a new plan")]
    Damaged,
}

/// Reads a roster, which can take time from a pipe.
///
/// # Errors
/// When it is stopped meanwhile.
async fn read_roster(path: &Path, stop: &CancellationToken) -> Result<Result<Sources, RosterError>, Failure> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || roster_file::read(&path));
    tokio::select! {
        read = read => read.map_err(|error| Failure::new(Exit::Internal, error)),
        () = stop.cancelled() => Err(Failure::new(Exit::Partial, NOTHING_CHANGED)),
    }
}

/// Returns today's date in UTC.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Signs in to Jira.
///
/// # Errors
/// A failed sign-in or connection.
pub(super) async fn sign_in(settings: Settings) -> Result<JiraRead, Failure> {
    let connected = JiraRead::connect(settings).await;
    connected.map_err(|error: ConnectError| Failure::new(Exit::from_connect_error(&error), error))
}

/// Returns the policy and the first passwords.
///
/// # Errors
/// A passwords file that cannot be used, with exit code 3.
pub(super) fn policy_and_passwords(args: &PolicyArgs, accept: Accept) -> Result<(Policy, Passwords), Failure> {
    let passwords = args.passwords.as_deref();
    let passwords = passwords.map(|file| Passwords::read(file, accept)).transpose();
    let passwords = passwords
        .map_err(|error| Failure::new(Exit::Invalid, error))?
        .unwrap_or_default();
    let policy = Policy {
        reactivate: args.reactivate,
        provided_passwords: passwords.emails(),
        guards: guard::Settings {
            max_removals: args.max_removals,
            max_removal_percent: args.max_removal_percent,
            allow_empty: args.allow_empty,
            allow_shrink: args.allow_shrink,
        },
        approved: BTreeSet::new(),
        approve_arguments: String::new(),
        now: Timestamp::now().as_second(),
        clock_offset: None,
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

/// Returns a roster's files, digest and warnings for reports.
pub(super) fn roster_source(loaded: &Loaded) -> RosterSource {
    RosterSource {
        files: loaded.files.iter().map(|file| file.display().to_string()).collect(),
        digest: loaded.digest.clone(),
        warnings: loaded.warnings.clone(),
    }
}

/// Returns the connection settings: those given, or those of a sandbox started for this command with `seed`.
pub(super) async fn resolve_connection(
    args: &ConnectionArgs,
    seed: impl FnOnce() -> Seed,
    stop: &CancellationToken,
) -> Result<(Settings, Option<Running>), Failure> {
    if !args.sandbox {
        if args.faults.is_some() {
            return Err(Failure::new(
                Exit::Usage,
                "--faults needs a simulated Jira: give --sandbox as well",
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
            // The simulated site allows public desks wherever the deployment does.
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
        "a simulated Jira is running; inspect it at /_sandbox/state, /_sandbox/journal and /_sandbox/outbox"
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

/// The desks selected with `--desk`; if empty, all desks.
#[derive(Clone, Debug)]
pub(super) struct DeskSelection(Vec<DeskKey>);

/// An invalid `--desk`.
#[derive(Debug, thiserror::Error)]
enum DeskSelectionError {
    #[error("--desk {0:?} {1}")]
    NotAKey(String, crate::model::desk::InvalidDeskKey),
    #[error("--desk {0}: the roster has no such desk; choose one of its `desks:`")]
    NotInRoster(DeskKey),
}

/// Parses the keys given with `--desk`.
///
/// # Errors
/// An invalid project key, with exit code 3.
pub(super) fn parse_desk_keys(desks: &[String]) -> Result<Vec<DeskKey>, Failure> {
    let keys = desks
        .iter()
        .map(|text| DeskKey::parse(text).map_err(|why| DeskSelectionError::NotAKey(text.clone(), why)));
    let keys: Result<_, _> = keys.collect();
    keys.map_err(|error| Failure::new(Exit::Invalid, error))
}

impl DeskSelection {
    /// # Errors
    /// An invalid project key, with exit code 3.
    pub(super) fn parse(desks: &[String]) -> Result<Self, Failure> {
        parse_desk_keys(desks).map(Self)
    }

    /// Returns the selected desks; if empty, all desks.
    pub(super) fn keys(&self) -> &[DeskKey] {
        &self.0
    }

    /// Returns the roster narrowed to the selected desks, all of which it must declare.
    ///
    /// # Errors
    /// A desk the roster does not have, with exit code 3.
    pub(super) fn narrow_checked(&self, roster: Roster) -> Result<Roster, Failure> {
        match self.0.iter().find(|key| !roster.desks.contains_key(*key)) {
            Some(missing) => Err(Failure::new(
                Exit::Invalid,
                DeskSelectionError::NotInRoster(missing.clone()),
            )),
            None => Ok(self.narrow(roster)),
        }
    }

    fn narrow(&self, roster: Roster) -> Roster {
        match self.0.is_empty() {
            true => roster,
            false => roster.narrowed_to(&self.0),
        }
    }
}
