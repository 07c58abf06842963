//! Runs passes one after another; keeps the connection and the state between them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::pass_result::{EndedPass, PassEnd, requires_new_connection};
use super::settings::Connect;
use crate::causes::masked_error_chain;
use crate::daemon::schedule::{PassKind, Run};
use crate::engine::desk_cache::DeskCache;
use crate::engine::journal::{Journal as _, NO_JOURNAL};
use crate::engine::pass::Preview;
use crate::engine::passwords::Passwords;
use crate::engine::progress::Progress;
use crate::engine::recheck::RecheckError;
use crate::engine::session::{PassResult, Scope, Session};
use crate::engine::state::{State, StateError};
use crate::files::Accept;
use crate::jira::{InFlight, JiraRead, JiraWrite, Pace, Stats};
use crate::model::edit::Edit;
use crate::model::ledger::Ledger;
use crate::model::policy::Policy;
use crate::model::report::{Report, RosterSource};
use crate::model::roster::Roster;
use crate::roster_file::{Source, Sources};

/// The connection to Jira. An observing daemon has no client that can write.
enum Connection {
    Observing(JiraRead),
    Applying(JiraWrite),
}

/// Runs passes, and keeps the state between them.
pub(super) struct PassRunner {
    observe: bool,
    connection: Option<Connection>,
    state: Option<State>,
    ledger: Ledger,
    cache: DeskCache,
    policy: Policy,
    passwords: Passwords,
    passwords_file: Option<PathBuf>,
    /// The roster of the last completed pass.
    applied: Option<Arc<Roster>>,
    /// Ids of the guard findings of the last full pass and the edit passes since.
    open_findings: BTreeSet<String>,
    /// A roster that could not be saved yet.
    unsaved_roster: Option<Sources>,
    /// Why the last save failed.
    save_error: Option<String>,
    clock: fn() -> Timestamp,
    stop: CancellationToken,
}

impl PassRunner {
    /// Starts with the ledger of `state`, or with `ledger` where there is no state.
    pub(super) fn new(
        observe: bool,
        state: Option<State>,
        ledger: Ledger,
        (policy, passwords_file): (Policy, Option<PathBuf>),
        clock: fn() -> Timestamp,
        stop: CancellationToken,
    ) -> Self {
        Self {
            policy,
            passwords: Passwords::default(),
            passwords_file,
            observe,
            connection: None,
            ledger,
            state,
            cache: DeskCache::default(),
            applied: None,
            open_findings: BTreeSet::new(),
            unsaved_roster: None,
            save_error: None,
            clock,
            stop,
        }
    }

    /// The read pace of the current connection.
    pub(super) fn pace(&self) -> Option<Arc<Pace>> {
        self.connection.as_ref().map(|connection| connection.read().pace())
    }

    /// The requests in flight on the current connection.
    pub(super) fn traffic(&self) -> Option<Arc<InFlight>> {
        self.connection
            .as_ref()
            .map(|connection| connection.read().in_flight_limiter())
    }

    /// Signs in with the current token. Returns whether Jira accepts it; otherwise the old connection is kept.
    pub(super) async fn renew(&mut self, connect: &Connect) -> bool {
        let connected = tokio::select! {
            connected = connect() => connected,
            () = self.stop.cancelled() => return false,
        };
        match connected {
            Ok(jira) => {
                info!("signed in with the new token");
                self.connection = Some(self.connection_of(jira));
                true
            }
            Err(problem) => {
                let problem = masked_error_chain(&problem);
                warn!(problem, "Jira does not accept the new token; keeping the old one");
                false
            }
        }
    }

    /// Runs one pass.
    pub(super) async fn run(
        &mut self,
        run: Run,
        roster: &Arc<Roster>,
        connect: &Connect,
        progress: &dyn Progress,
    ) -> EndedPass {
        let (before, start) = (self.stats(), Instant::now());
        let (end, report) = match self.run_session(run.kind, roster, connect, progress).await {
            Ok((end, report)) => (end, Some(report)),
            Err(end) => (end, None),
        };
        let after = self.stats();
        if requires_new_connection(&end) {
            // The next pass signs in again, with the token file's content at that time.
            self.connection = None;
        }
        EndedPass {
            run,
            end,
            report,
            took: start.elapsed(),
            before,
            after,
        }
    }

    async fn run_session(
        &mut self,
        kind: PassKind,
        roster: &Arc<Roster>,
        connect: &Connect,
        progress: &dyn Progress,
    ) -> Result<(PassEnd, Report), PassEnd> {
        let roster = &self.roster_as_of_today(roster);
        let edit = self.edit_since_last_pass(kind, roster);
        if edit.as_ref().is_some_and(Edit::is_empty) {
            self.applied = Some(Arc::clone(roster));
            return Err(PassEnd::NothingToDo);
        }
        let stop = self.stop.clone();
        self.sign_in(connect).await?;
        read_passwords(self.passwords_file.as_deref(), &mut self.passwords, &mut self.policy);
        let Some(connection) = &self.connection else {
            return Err(PassEnd::Interrupted);
        };
        self.policy.now = (self.clock)().as_second();
        let mut session = Session {
            journal: match &self.state {
                Some(state) => state,
                None => &NO_JOURNAL,
            },
            ledger: &mut self.ledger,
            desk_cache: &mut self.cache,
            policy: &mut self.policy,
            clock: self.clock,
        };
        let scope = edit.as_ref().map_or(Scope::Everything, Scope::Edit);
        let planned = tokio::select! {
            () = stop.cancelled() => return Err(PassEnd::Interrupted),
            planned = session.plan(connection.read(), roster, scope, progress) => planned,
        };
        let planned = match planned {
            Ok(planned) => planned,
            Err(RecheckError::Observe(error)) => return Err(PassEnd::NotObserved(error)),
            // Only a saved plan can be stale or made for another deployment.
            Err(RecheckError::OtherDeployment { .. } | RecheckError::Stale(_)) => return Err(PassEnd::NothingToDo),
        };
        if let Some(problem) = &planned.approvals_error {
            error!(problem = masked_error_chain(problem), "cannot read approvals");
        }
        update_open_findings(&mut self.open_findings, &planned.preview, edit.is_none());
        let result = match connection {
            Connection::Observing(_) => session.finish_without_applying(planned),
            Connection::Applying(jira) => {
                let result = session.execute(planned, jira, &self.passwords, progress, &stop).await;
                result.map_err(|problem| {
                    let problem = masked_error_chain(&problem);
                    error!(problem, "cannot write to the state directory; not applying");
                    self.save_error = Some(problem);
                    PassEnd::Interrupted
                })?
            }
        };
        Ok(self.finish_pass(roster, edit.as_ref(), result))
    }

    /// Returns the edit since the last completed pass; `None` for a full pass, or before the first completed one.
    fn edit_since_last_pass(&self, kind: PassKind, roster: &Roster) -> Option<Edit> {
        let applied = self.applied.as_ref().filter(|_| kind == PassKind::Edit)?;
        let deployment = self.connection.as_ref().map(|it| it.read().site().deployment);
        Some(Edit::between(
            applied,
            roster,
            self.cache.uncertain_outcomes(),
            deployment,
        ))
    }

    /// Signs in, unless the connection of the previous pass is still there.
    async fn sign_in(&mut self, connect: &Connect) -> Result<(), PassEnd> {
        if self.connection.is_some() {
            return Ok(());
        }
        let connected = tokio::select! {
            () = self.stop.cancelled() => return Err(PassEnd::Interrupted),
            connected = connect() => connected,
        };
        let jira = connected.map_err(PassEnd::NotConnected)?;
        self.connection = Some(self.connection_of(jira));
        Ok(())
    }

    /// Keeps the result of a pass, and returns how it ended and its report.
    fn finish_pass(&mut self, roster: &Arc<Roster>, edit: Option<&Edit>, result: PassResult) -> (PassEnd, Report) {
        let PassResult {
            preview: seen,
            outcomes,
            save_error: unsaved,
        } = result;
        if outcomes.as_ref().is_none_or(|outcomes| outcomes.stopped.is_none()) {
            self.applied = Some(Arc::clone(roster));
        }
        self.record_save(unsaved.as_ref());
        if let Some(problem) = &self.save_error {
            error!(problem, "the result of this pass is not remembered");
        }
        let about = edit.map_or(roster.as_ref(), |edit| &edit.roster);
        let report = seen.report(about, &RosterSource::default(), outcomes.as_ref(), false);
        let end = match outcomes {
            Some(outcomes) => PassEnd::Applied(seen, outcomes),
            None => PassEnd::Observed(seen),
        };
        (end, report)
    }

    /// Returns the roster as of today, with due `until` entries expired, even if the clock went back since.
    fn roster_as_of_today(&self, roster: &Arc<Roster>) -> Arc<Roster> {
        let today = self.ledger.effective_day((self.clock)().to_zoned(TimeZone::UTC).date());
        match roster.next_expiry() {
            Some(day) if day <= today => Arc::new(Roster::clone(roster).as_of(today)),
            Some(_) | None => Arc::clone(roster),
        }
    }

    /// Saves the ledger and the roster, if they are not saved yet.
    pub(super) fn save(&mut self) {
        let saved = self.state.as_ref().map(|state| state.save(&mut self.ledger));
        self.record_save(saved.and_then(Result::err).as_ref());
    }

    /// Records the result of a save, and retries an unsaved roster.
    fn record_save(&mut self, unsaved: Option<&StateError>) {
        self.save_error = unsaved.map(|problem| masked_error_chain(problem));
        let unkept = self.unsaved_roster.take();
        self.save_roster(unkept);
    }

    /// Why the last save failed; `None` if it succeeded.
    pub(super) fn save_error(&self) -> Option<String> {
        self.save_error.clone()
    }

    /// Whether a guard finding can be approved.
    pub(super) fn has_open_findings(&self) -> bool {
        self.state.is_some() && !self.open_findings.is_empty()
    }

    /// Whether an open guard finding was approved.
    pub(super) fn has_new_approval(&self) -> bool {
        let Some(state) = self.state.as_ref().filter(|_| self.has_open_findings()) else {
            return false;
        };
        let now = (self.clock)().as_second();
        match state.approvals(self.ledger.history(), now) {
            Ok(approvals) => approvals.keys().any(|id| self.open_findings.contains(id)),
            Err(problem) => {
                error!(problem = masked_error_chain(&problem), "cannot read approvals");
                false
            }
        }
    }

    /// Saves a valid roster, for a start at which its file cannot be used.
    pub(super) fn save_roster(&mut self, sources: Option<Sources>) {
        let (Some(state), Some(sources)) = (&self.state, sources) else {
            return;
        };
        self.unsaved_roster = None;
        let files = sources.sources.iter();
        let files: Vec<_> = files
            .map(|source| (source.name.clone(), source.bytes.clone()))
            .collect();
        if let Err(problem) = state.save_roster(&files) {
            let problem = masked_error_chain(&problem);
            error!(problem, "cannot save the roster for the next start; retrying");
            (self.unsaved_roster, self.save_error) = (Some(sources), Some(problem));
        }
    }

    /// Loads the roster saved by an earlier run.
    pub(super) fn load_saved_roster(&self) -> Option<Sources> {
        let kept = self.state.as_ref()?.saved_roster();
        let kept =
            kept.inspect_err(|problem| error!(problem = masked_error_chain(problem), "cannot read the saved roster"));
        let sources = kept.ok()??.into_iter().map(|(name, bytes)| Source { name, bytes });
        let sources: Vec<_> = sources.collect();
        let files = sources.iter().map(|source| source.name.clone().into()).collect();
        Some(Sources { files, sources })
    }

    fn stats(&self) -> Stats {
        let stats = self.connection.as_ref().map(|connection| connection.read().stats());
        stats.unwrap_or_default()
    }

    fn connection_of(&self, jira: JiraRead) -> Connection {
        if let Some(state) = &self.state {
            state.record_base_url(jira.base_url());
        }
        match self.observe {
            true => Connection::Observing(jira),
            false => Connection::Applying(JiraWrite::new(jira)),
        }
    }
}

impl Connection {
    fn read(&self) -> &JiraRead {
        match self {
            Self::Observing(jira) => jira,
            Self::Applying(jira) => jira,
        }
    }
}

/// Updates the open guard findings. An edit pass checks only some subjects, so earlier findings stay open.
fn update_open_findings(waiting: &mut BTreeSet<String>, seen: &Preview, is_whole: bool) {
    let released = seen.approved.overridden();
    waiting.retain(|id| !is_whole && !released.iter().any(|finding| finding.id == *id));
    let refused = seen.approved.findings().iter();
    waiting.extend(refused.map(|finding| finding.id.clone()));
}

/// Reads the initial passwords again. If the file cannot be used, logs it and keeps the previous ones.
fn read_passwords(file: Option<&Path>, passwords: &mut Passwords, policy: &mut Policy) {
    match file.map(|file| Passwords::read(file, Accept::Files)) {
        None => {}
        Some(Ok(read)) => {
            policy.provided_passwords = read.emails();
            *passwords = read;
        }
        Some(Err(problem)) => warn!(
            problem = masked_error_chain(&problem),
            "cannot use the passwords file; keeping the passwords read before"
        ),
    }
}
