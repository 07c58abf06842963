//! Passes one after another: the connection, and what is remembered between them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::ended::{Done, PassEnd, drops_the_connection};
use super::settings::Connect;
use crate::causes::masked_in_full;
use crate::daemon::schedule::{Kind, Run};
use crate::engine::journal::{Journal as _, NO_JOURNAL};
use crate::engine::memory::Memory;
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

/// What a pass reaches Jira by. An observing daemon holds nothing that could write.
enum Connection {
    Observing(JiraRead),
    Applying(JiraWrite),
}

/// What is kept between passes.
pub(super) struct Passes {
    observe: bool,
    connection: Option<Connection>,
    state: Option<State>,
    ledger: Ledger,
    memory: Memory,
    policy: Policy,
    passwords: Passwords,
    /// Where they come from.
    passwords_file: Option<PathBuf>,
    /// The roster that the last pass which came to its end was about.
    applied: Option<Arc<Roster>>,
    /// The ids of what the guards refused in the last full pass and since.
    refused: BTreeSet<String>,
    /// A roster that could not be kept.
    unkept: Option<Sources>,
    /// Why what was seen last is not saved.
    unsaved: Option<String>,
    clock: fn() -> Timestamp,
    stop: CancellationToken,
}

impl Passes {
    /// Remembers what `state` does, or begins with `ledger`.
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
            memory: Memory::default(),
            applied: None,
            refused: BTreeSet::new(),
            unkept: None,
            unsaved: None,
            clock,
            stop,
        }
    }

    /// How fast is read, as long as the connection lasts.
    pub(super) fn pace(&self) -> Option<Arc<Pace>> {
        self.connection.as_ref().map(|connection| connection.read().pace())
    }

    /// How much is asked of Jira, as long as the connection lasts.
    pub(super) fn traffic(&self) -> Option<Arc<InFlight>> {
        self.connection.as_ref().map(|connection| connection.read().traffic())
    }

    /// Signs in with the token as it is now. A new token replaces the old one only where Jira accepts it; true then.
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
                let problem = masked_in_full(&problem);
                warn!(
                    problem,
                    "the new token is not used, because Jira does not accept it; the old one stays"
                );
                false
            }
        }
    }

    /// One pass.
    pub(super) async fn run(
        &mut self,
        run: Run,
        roster: &Arc<Roster>,
        connect: &Connect,
        progress: &dyn Progress,
    ) -> Done {
        let (before, start) = (self.stats(), Instant::now());
        let (end, report) = match self.pass(run.kind, roster, connect, progress).await {
            Ok((end, report)) => (end, Some(report)),
            Err(end) => (end, None),
        };
        let after = self.stats();
        if drops_the_connection(&end) {
            // The next pass signs in anew, with whatever the token file holds by then.
            self.connection = None;
        }
        Done {
            run,
            end,
            report,
            took: start.elapsed(),
            before,
            after,
        }
    }

    async fn pass(
        &mut self,
        kind: Kind,
        roster: &Arc<Roster>,
        connect: &Connect,
        progress: &dyn Progress,
    ) -> Result<(PassEnd, Report), PassEnd> {
        let roster = &self.today(roster);
        let edit = self.edit(kind, roster);
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
            memory: &mut self.memory,
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
            // Only a saved plan has another kind of Jira, or steps to be stale.
            Err(RecheckError::AnotherKind { .. } | RecheckError::Stale(_)) => return Err(PassEnd::NothingToDo),
        };
        if let Some(problem) = &planned.unread_approvals {
            error!(problem = masked_in_full(problem), "approvals cannot be read");
        }
        take_refused(&mut self.refused, &planned.seen, edit.is_none());
        let result = match connection {
            Connection::Observing(_) => session.look_on(planned),
            Connection::Applying(jira) => {
                let result = session.execute(planned, jira, &self.passwords, progress, &stop).await;
                result.map_err(|problem| {
                    let problem = masked_in_full(&problem);
                    error!(problem, "nothing is done, because it cannot be written down");
                    self.unsaved = Some(problem);
                    PassEnd::Interrupted
                })?
            }
        };
        Ok(self.passed(roster, edit.as_ref(), result))
    }

    /// What a pass over an edit is about. Before the first pass that came to its end, everything is.
    fn edit(&self, kind: Kind, roster: &Roster) -> Option<Edit> {
        let applied = self.applied.as_ref().filter(|_| kind == Kind::Edit)?;
        let deployment = self.connection.as_ref().map(|it| it.read().site().deployment);
        Some(Edit::between(applied, roster, self.memory.unsettled(), deployment))
    }

    /// Signs in, where no connection is left from the pass before.
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

    /// What is kept of a pass that has come to its end, and what is said of it.
    fn passed(&mut self, roster: &Arc<Roster>, edit: Option<&Edit>, result: PassResult) -> (PassEnd, Report) {
        let PassResult {
            seen,
            outcomes,
            unsaved,
        } = result;
        if outcomes.as_ref().is_none_or(|outcomes| outcomes.stopped.is_none()) {
            self.applied = Some(Arc::clone(roster));
        }
        self.saved(unsaved.as_ref());
        if let Some(problem) = &self.unsaved {
            error!(problem, "what this pass saw is not remembered");
        }
        let about = edit.map_or(roster.as_ref(), |edit| &edit.roster);
        let report = seen.report(about, &RosterSource::default(), outcomes.as_ref(), false);
        let end = match outcomes {
            Some(outcomes) => PassEnd::Applied(seen, outcomes),
            None => PassEnd::Observed(seen),
        };
        (end, report)
    }

    /// The roster as it is today: whose `until` has come is wanted no more, also where the clock went back since.
    fn today(&self, roster: &Arc<Roster>) -> Arc<Roster> {
        let today = self.ledger.day((self.clock)().to_zoned(TimeZone::UTC).date());
        match roster.next_expiry() {
            Some(day) if day <= today => Arc::new(Roster::clone(roster).on(today)),
            Some(_) | None => Arc::clone(roster),
        }
    }

    /// Saves what was seen and the roster, as far as they are not saved yet.
    pub(super) fn save(&mut self) {
        let saved = self.state.as_ref().map(|state| state.save(&mut self.ledger));
        self.saved(saved.and_then(Result::err).as_ref());
    }

    /// What was seen is saved, or is not.
    fn saved(&mut self, unsaved: Option<&StateError>) {
        self.unsaved = unsaved.map(|problem| masked_in_full(problem));
        let unkept = self.unkept.take();
        self.keep_roster(unkept);
    }

    /// Why what was seen last is not saved; nothing where it is.
    pub(super) fn unsaved(&self) -> Option<String> {
        self.unsaved.clone()
    }

    /// Whether the last pass refused something that can be approved of.
    pub(super) fn refuses(&self) -> bool {
        self.state.is_some() && !self.refused.is_empty()
    }

    /// Whether somebody approved of something that the last pass refused.
    pub(super) fn is_approved(&self) -> bool {
        let Some(state) = self.state.as_ref().filter(|_| self.refuses()) else {
            return false;
        };
        let now = (self.clock)().as_second();
        match state.approvals(self.ledger.history(), now) {
            Ok(approvals) => approvals.keys().any(|id| self.refused.contains(id)),
            Err(problem) => {
                error!(problem = masked_in_full(&problem), "approvals cannot be read");
                false
            }
        }
    }

    /// Keeps a good roster for a start at which its file cannot be used.
    pub(super) fn keep_roster(&mut self, sources: Option<Sources>) {
        let (Some(state), Some(sources)) = (&self.state, sources) else {
            return;
        };
        self.unkept = None;
        let files = sources.sources.iter();
        let files: Vec<_> = files
            .map(|source| (source.name.clone(), source.bytes.clone()))
            .collect();
        if let Err(problem) = state.keep_roster(&files) {
            let problem = masked_in_full(&problem);
            error!(problem, "the roster is not kept for the next start; it is tried again");
            (self.unkept, self.unsaved) = (Some(sources), Some(problem));
        }
    }

    /// The roster kept by an earlier life.
    pub(super) fn kept_roster(&self) -> Option<Sources> {
        let kept = self.state.as_ref()?.roster();
        let kept = kept
            .inspect_err(|problem| error!(problem = masked_in_full(problem), "the roster kept from before is lost"));
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
            state.reached(jira.own_address());
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

/// Takes in what a pass refused. An edit looks at a few: what was refused before goes on waiting.
fn take_refused(waiting: &mut BTreeSet<String>, seen: &Preview, is_whole: bool) {
    let released = seen.approved.released();
    waiting.retain(|id| !is_whole && !released.iter().any(|finding| finding.id == *id));
    let refused = seen.approved.findings().iter();
    waiting.extend(refused.map(|finding| finding.id.clone()));
}

/// Reads the first passwords anew. A file that cannot be used is told, and those known before stay.
fn read_passwords(file: Option<&Path>, passwords: &mut Passwords, policy: &mut Policy) {
    match file.map(|file| Passwords::read(file, Accept::Files)) {
        None => {}
        Some(Ok(read)) => {
            policy.provided = read.emails();
            *passwords = read;
        }
        Some(Err(problem)) => warn!(
            problem = masked_in_full(&problem),
            "the passwords file cannot be used; those known before stay"
        ),
    }
}
