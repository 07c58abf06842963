//! What the scenarios share: the real client against the sandbox over real HTTP, drained after each.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use quietdesk::engine::desk_cache::DeskCache;
use quietdesk::engine::journal::{Journal, NO_JOURNAL};
use quietdesk::engine::observe::ObserveError;
use quietdesk::engine::pass::Preview;
use quietdesk::engine::passwords::Passwords;
use quietdesk::engine::progress::NoProgress;
use quietdesk::engine::recheck::RecheckError;
use quietdesk::engine::session::{Scope, Session};
use quietdesk::jira::{BaseUrl, Credentials, JiraRead, JiraWrite, Settings};
use quietdesk::model::calls::calls;
use quietdesk::model::desk::DeskKey;
use quietdesk::model::edit::Edit;
use quietdesk::model::ledger::Ledger;
use quietdesk::model::outcome::{Outcome, Outcomes};
use quietdesk::model::policy::Policy;
use quietdesk::model::roster::Roster;
use quietdesk::roster_file::{Source, parse};
use quietdesk::sandbox::{Config, Deployment, Running, Sandbox, Seed};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;

use super::contracts;

/// A sandbox that runs, and how to reach it.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) running: Running,
    pub(crate) settings: Settings,
}

/// A roster, from its YAML.
pub(crate) fn roster(yaml: &str) -> Roster {
    let source = Source {
        name: "roster.yaml".into(),
        bytes: yaml.as_bytes().to_vec(),
    };
    parse(&[source]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The inputs of a pass that remembers nothing from before.
pub(crate) struct FreshInputs {
    ledger: Ledger,
    memory: DeskCache,
    policy: Policy,
}

impl FreshInputs {
    pub(crate) fn new() -> Self {
        Self {
            ledger: Ledger::not_kept(),
            memory: DeskCache::default(),
            policy: Policy::default(),
        }
    }

    pub(crate) fn session<'a>(&'a mut self, journal: &'a dyn Journal) -> Session<'a> {
        Session {
            journal,
            ledger: &mut self.ledger,
            desk_cache: &mut self.memory,
            policy: &mut self.policy,
            clock: Timestamp::now,
        }
    }
}

/// Plans once, without a memory.
pub(crate) async fn plan_with(jira: &JiraRead, roster: &Roster) -> Result<Arc<Preview>, ObserveError> {
    let mut unknowing = FreshInputs::new();
    let mut session = unknowing.session(&NO_JOURNAL);
    match session.plan(jira, roster, Scope::Everything, &NoProgress).await {
        Ok(planned) => Ok(planned.preview),
        Err(RecheckError::Observe(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

/// One pass; `something` happens between its plan and its first call.
pub(crate) async fn pass_after(
    jira: &JiraWrite,
    roster: &Roster,
    journal: &dyn Journal,
    something: impl FnOnce(),
) -> (Arc<Preview>, Outcomes) {
    let mut unknowing = FreshInputs::new();
    let mut session = unknowing.session(journal);
    let planned = session
        .plan(jira, roster, Scope::Everything, &NoProgress)
        .await
        .unwrap();
    something();
    let (none, stop) = (Passwords::default(), CancellationToken::new());
    let result = session.execute(planned, jira, &none, &NoProgress, &stop).await.unwrap();
    (result.preview, result.outcomes.unwrap())
}

impl World {
    pub(crate) async fn new(seed: Seed) -> Self {
        Self::with(seed, Config::default()).await
    }

    pub(crate) async fn with(seed: Seed, config: Config) -> Self {
        let sandbox = Sandbox::new(config.clone(), &seed);
        let running = sandbox.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        // On Data Center a personal access token needs no user.
        let user = (config.deployment == Deployment::Cloud).then_some(config.user.as_str());
        let settings = Settings {
            url: BaseUrl::parse(&running.url()).unwrap(),
            credentials: Credentials::parse(user, config.token.expose_secret()).unwrap(),
            deployment: None,
            ca_file: None,
            concurrency: 16,
            patience: Duration::from_secs(20),
            stop: CancellationToken::new(),
        };
        Self {
            sandbox,
            running,
            settings,
        }
    }

    pub(crate) async fn read(&self) -> JiraRead {
        JiraRead::connect(self.settings.clone()).await.unwrap()
    }

    pub(crate) async fn plan(&self, roster: &Roster) -> Arc<Preview> {
        self.plan_or_error(roster).await.unwrap()
    }

    pub(crate) async fn plan_or_error(&self, roster: &Roster) -> Result<Arc<Preview>, ObserveError> {
        plan_with(&self.read().await, roster).await
    }

    pub(crate) async fn apply(&self, roster: &Roster) -> Applied {
        self.apply_with(roster, &mut Ledger::not_kept()).await
    }

    /// One full pass with a ledger, as the daemon makes it.
    pub(crate) async fn apply_with(&self, roster: &Roster, ledger: &mut Ledger) -> Applied {
        self.apply_with_journal(roster, ledger, &NO_JOURNAL).await
    }

    /// The same with a journal.
    pub(crate) async fn apply_with_journal(&self, roster: &Roster, ledger: &mut Ledger, book: &dyn Journal) -> Applied {
        self.apply_with_policy(roster, ledger, &Policy::default(), book).await
    }

    /// The same under a policy.
    pub(crate) async fn apply_with_policy(
        &self,
        roster: &Roster,
        ledger: &mut Ledger,
        policy: &Policy,
        journal: &dyn Journal,
    ) -> Applied {
        let mut memory = DeskCache::default();
        self.pass(roster, Scope::Everything, (ledger, &mut memory), policy, journal)
            .await
    }

    /// A full pass as the daemon makes it, and what it remembers for the edits that follow.
    pub(crate) async fn full(&self, roster: &Roster) -> (Applied, DaemonMemory) {
        let mut kept = DaemonMemory {
            ledger: Ledger::kept(),
            memory: DeskCache::default(),
            applied: roster.clone(),
        };
        let remembered = (&mut kept.ledger, &mut kept.memory);
        let policy = Policy::default();
        let applied = self
            .pass(roster, Scope::Everything, remembered, &policy, &NO_JOURNAL)
            .await;
        (applied, kept)
    }

    /// An edit pass, from the roster applied before to this one.
    pub(crate) async fn edit(&self, kept: &mut DaemonMemory, roster: &Roster) -> Applied {
        let deployment = self.read().await.site().deployment;
        let edit = Edit::between(
            &kept.applied,
            roster,
            kept.memory.uncertain_outcomes(),
            Some(deployment),
        );
        let remembered = (&mut kept.ledger, &mut kept.memory);
        let policy = Policy::default();
        let applied = self
            .pass(roster, Scope::Edit(&edit), remembered, &policy, &NO_JOURNAL)
            .await;
        kept.applied = roster.clone();
        applied
    }

    async fn pass(
        &self,
        roster: &Roster,
        scope: Scope<'_>,
        (ledger, memory): (&mut Ledger, &mut DeskCache),
        policy: &Policy,
        journal: &dyn Journal,
    ) -> Applied {
        let jira = JiraWrite::new(self.read().await);
        let (mut policy, is_edit) = (policy.clone(), matches!(scope, Scope::Edit(_)));
        let begun = self.sandbox.requests();
        let mut session = Session {
            journal,
            ledger,
            desk_cache: memory,
            policy: &mut policy,
            clock: Timestamp::now,
        };
        let planned = session.plan(&jira, roster, scope, &NoProgress).await.unwrap();
        // The cost of an edit includes its reads; of a full pass, only applying is counted.
        let asked = if is_edit { begun } else { self.sandbox.requests() };
        let before = (self.sandbox.writes(), asked);
        let none = Passwords::default();
        let stop = CancellationToken::new();
        let result = session
            .execute(planned, &jira, &none, &NoProgress, &stop)
            .await
            .unwrap();
        Applied {
            planned: calls(result.preview.approved.plan()).count(),
            writes: self.sandbox.writes() - before.0,
            requests: self.sandbox.requests() - before.1,
            seen: result.preview,
            outcomes: result.outcomes.unwrap(),
        }
    }

    /// Applies without obstacles: every step succeeds, in exactly the planned calls, and the next plan is empty.
    pub(crate) async fn apply_completely(&self, roster: &Roster) -> Applied {
        let applied = self.apply(roster).await;
        assert_eq!(applied.unsuccessful(), Vec::<String>::new());
        assert_eq!(
            applied.writes, applied.planned,
            "a fault-free apply makes exactly the planned calls"
        );
        self.is_in_step(roster).await;
        applied
    }

    /// Observes and plans again: nothing to do, and applying writes nothing.
    pub(crate) async fn is_in_step(&self, roster: &Roster) {
        let again = self.apply(roster).await;
        assert_eq!(again.steps(), Vec::<String>::new(), "the second plan is empty");
        assert_eq!(again.writes, 0);
    }

    /// What must hold after every scenario.
    pub(crate) fn drain(&self) {
        assert_eq!(self.sandbox.violations(), Vec::<String>::new());
        assert!(
            self.sandbox.outbox().is_empty(),
            "a mail was sent: {:?}",
            self.sandbox.outbox()
        );
        assert_eq!(self.sandbox.seats(), 0, "a seat was taken");
        contracts::check(self.sandbox.deployment(), &self.sandbox.journal());
    }
}

/// What the daemon keeps between passes.
pub(crate) struct DaemonMemory {
    pub(crate) ledger: Ledger,
    pub(crate) memory: DeskCache,
    pub(crate) applied: Roster,
}

/// The result of an apply.
pub(crate) struct Applied {
    pub(crate) seen: Arc<Preview>,
    pub(crate) outcomes: Outcomes,
    pub(crate) planned: usize,
    /// Requests, reads and writes, without signing in.
    pub(crate) requests: usize,
    pub(crate) writes: usize,
}

impl Applied {
    /// The steps as text.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.seen
            .approved
            .plan()
            .steps
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// The held entries as text.
    pub(crate) fn held(&self) -> Vec<String> {
        let held = self.seen.approved.plan().held.iter();
        held.map(|held| {
            let desk = held.desk.as_ref().map(DeskKey::to_string);
            let subject = held
                .email
                .as_ref()
                .map(ToString::to_string)
                .or(desk)
                .unwrap_or_default();
            format!("{subject}: {}", held.reason)
        })
        .collect()
    }

    /// The steps that did not succeed, as text.
    pub(crate) fn unsuccessful(&self) -> Vec<String> {
        let steps = self
            .seen
            .approved
            .plan()
            .steps
            .iter()
            .filter(|step| !self.outcomes.has_succeeded(step.id));
        let in_words = steps.map(|step| {
            let error = self
                .outcomes
                .results
                .get(&step.id)
                .and_then(|end| end.error.clone())
                .unwrap_or_default();
            format!("{step}: {} {error}", self.outcomes.outcome_of(step.id).as_str())
        });
        in_words.collect()
    }

    /// The steps with this outcome, as text.
    pub(crate) fn steps_with_outcome(&self, outcome: Outcome) -> Vec<String> {
        let steps = self.seen.approved.plan().steps.iter();
        steps
            .filter(|step| self.outcomes.outcome_of(step.id) == outcome)
            .map(ToString::to_string)
            .collect()
    }

    /// The number of steps with this outcome.
    pub(crate) fn count(&self, outcome: Outcome) -> usize {
        self.outcomes
            .count_by_outcome(self.seen.approved.plan())
            .get(&outcome)
            .copied()
            .unwrap_or_default()
    }

    /// All outcomes that occurred.
    pub(crate) fn outcomes(&self) -> BTreeSet<&'static str> {
        self.outcomes
            .count_by_outcome(self.seen.approved.plan())
            .keys()
            .map(|outcome| outcome.as_str())
            .collect()
    }
}
