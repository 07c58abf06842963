//! When passes run: at the start, when the roster changes, and every interval.
//!
//! Owns the loop, the last good roster and the state kept between passes. Passes never overlap: changes during a pass
//! cause exactly one more. Must never decide what a pass does, nor write anything in observe mode.

mod events;
mod log;
mod pass_result;
mod passes;
pub mod roster;
pub mod schedule;
mod settings;
pub mod status;
mod systemd;
pub mod telemetry;
mod token;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::events::{Event, Events};
use self::pass_result::EndedPass;
pub use self::pass_result::PassEnd;

use self::passes::PassRunner;
use self::roster::{CurrentRoster, ReloadOutcome};
use self::schedule::{Next, PassKind, Run, Schedule, Timing};
pub use self::settings::{Connect, Narrow, Settings};
use self::status::{PassEnded, RosterState};
use self::token::TokenFile;
use crate::model::ledger::Ledger;
use crate::model::roster::Roster;

/// Delay after refused credentials.
const AFTER_REFUSAL: Duration = Duration::from_secs(300);
/// Delay after the first failure; doubles with each further one.
const BACKOFF: Duration = Duration::from_secs(5);
/// How often to check for an approval while a finding is open.
const APPROVALS: Duration = Duration::from_secs(2);
/// How often to retry a failed save.
const SAVE_AGAIN: Duration = Duration::from_secs(10);
/// Longest time between clock checks while an `until` date is ahead.
const CLOCK: Duration = Duration::from_secs(600);
/// Longest delay after failures.
const MAX_BACKOFF: Duration = Duration::from_secs(300);

/// Runs passes over one roster, now and whenever something changes.
pub struct Daemon {
    settings: Settings,
    current: CurrentRoster,
    wanted: Option<Arc<Roster>>,
    /// Whether loading the roster saved by an earlier run has been attempted.
    restored: bool,
    passes: PassRunner,
    schedule: Schedule,
    token: Option<TokenFile>,
    began: Instant,
    /// The day (UTC) up to which `until` dates have been handled.
    day: Date,
    stop: CancellationToken,
}

impl Daemon {
    /// Creates a daemon that has not read its roster yet.
    #[must_use]
    pub fn new(mut settings: Settings, stop: CancellationToken) -> Self {
        let ledger = std::mem::replace(&mut settings.ledger, Ledger::kept());
        let state = settings.state.take();
        let timing = Timing {
            interval: settings.interval,
            read_rate: settings.read_rate,
            refused: AFTER_REFUSAL,
            backoff: BACKOFF,
            backoff_at_most: MAX_BACKOFF,
        };
        Self {
            current: CurrentRoster::new(&settings.roster),
            wanted: None,
            restored: false,
            passes: PassRunner::new(
                settings.observe,
                state,
                ledger,
                (settings.policy.clone(), settings.passwords.take()),
                settings.clock,
                stop.clone(),
            ),
            schedule: Schedule::new(timing),
            token: settings.token_file.clone().map(TokenFile::new),
            began: Instant::now(),
            day: (settings.clock)().to_zoned(TimeZone::UTC).date(),
            stop,
            settings,
        }
    }

    /// Runs one pass over the current roster.
    pub async fn run_once(mut self) -> PassEnd {
        self.reload_roster();
        let run = Run {
            kind: PassKind::Full,
            paced: false,
        };
        let Some(roster) = self.wanted.clone() else {
            return PassEnd::Interrupted;
        };
        let settings = &self.settings;
        let done = self
            .passes
            .run(run, &roster, &settings.connect, settings.progress.as_ref())
            .await;
        log::pass_ended(&done, None);
        self.settings.status.set_save_error(self.passes.save_error());
        done.end
    }

    /// Runs passes until stopped. An invalid or missing roster and an unreachable Jira are reported and retried. The
    /// first read, like any other, waits until the roster files have settled.
    pub async fn run(mut self) {
        let mut events = Events::new(&self.settings);
        info!(roster = %self.settings.roster.display(), interval = ?self.settings.interval, "watching");
        systemd::ready();
        while !self.stop.is_cancelled() {
            self.check_expiry();
            match self.schedule.next_action(self.began.elapsed()) {
                Next::Run(run) => self.run_pass(run, &mut events).await,
                Next::Wait(until) => {
                    let until = until.map(|until| self.began + until);
                    let until = [until, self.next_check()].into_iter().flatten().min();
                    let stop = self.stop.clone();
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => {}
                        event = events.next(until) => self.handle_event(event, &mut events).await,
                    }
                }
            }
        }
        systemd::stopping();
        info!("stopped");
    }

    /// Treats an `until` date that is reached at midnight (UTC) as an edit of the roster.
    fn check_expiry(&mut self) {
        let today = self.today();
        let before = std::mem::replace(&mut self.day, today);
        let next = self.wanted.as_ref().and_then(|roster| roster.next_expiry_after(before));
        if next.is_some_and(|day| day <= today) {
            info!("an entry reached its `until` date");
            self.schedule.roster_changed();
        }
    }

    /// Returns when to check next for what causes no event: an approval of an open finding, a new day, a save to retry.
    fn next_check(&self) -> Option<Instant> {
        let now = Instant::now();
        // Counted from the start, so that other events do not postpone it.
        let next_of = |every: Duration| {
            let times = now.duration_since(self.began).as_millis() / every.as_millis() + 1;
            self.began + every * u32::try_from(times).unwrap_or(u32::MAX)
        };
        let approval = self.passes.has_open_findings().then(|| next_of(APPROVALS));
        let next = self
            .wanted
            .as_ref()
            .and_then(|roster| roster.next_expiry_after(self.day));
        let midnight = next.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
        let midnight = midnight.map(|at| at.timestamp().duration_since((self.settings.clock)()));
        // The clock may be set meanwhile, so check it regularly.
        let midnight = midnight.map(|left| (now + Duration::try_from(left).unwrap_or_default()).min(next_of(CLOCK)));
        let save = self.passes.save_error().map(|_| next_of(SAVE_AGAIN));
        [approval, save, midnight].into_iter().flatten().min()
    }

    fn today(&self) -> Date {
        (self.settings.clock)().to_zoned(TimeZone::UTC).date()
    }

    fn report_status(&self, done: &EndedPass, next: Duration) {
        let status = &self.settings.status;
        status.set_save_error(self.passes.save_error());
        status.pass_ended(PassEnded {
            kind: done.run.kind,
            result: done.result(),
            took: done.took,
            report: done.report.as_ref(),
            problem: done.problem(),
            stats_before: &done.before,
            stats_after: &done.after,
        });
        let next = jiff::SignedDuration::try_from(next).ok();
        if let Some(at) = next.and_then(|next| (self.settings.clock)().checked_add(next).ok()) {
            status.set_next_full(at);
        }
        let allowed = self.passes.traffic().map_or(0, |traffic| traffic.allowed());
        status.set_in_flight(0, allowed);
    }

    /// Handles an event while no pass runs.
    async fn handle_event(&mut self, event: Event, events: &mut Events) {
        match event {
            Event::Due => {
                if self.passes.save_error().is_some() {
                    self.passes.save();
                    self.settings.status.set_save_error(self.passes.save_error());
                }
                if self.passes.has_new_approval() {
                    info!("a guard finding was approved: starting a full pass");
                    self.schedule.request_full_pass();
                }
            }
            Event::Watchdog => systemd::feed_watchdog(),
            Event::Roster => self.reload_roster(),
            Event::Hangup => {
                info!("SIGHUP received: starting a full pass");
                self.reload_roster();
                self.schedule.request_full_pass();
            }
            Event::Token => {
                // Other changes in the token file's folder are ignored.
                if self.token.as_mut().is_some_and(TokenFile::changed) {
                    self.renew_token(events).await;
                }
            }
        }
    }

    /// Signs in with a new token. Keeps feeding the watchdog, because that can take up to `--patience`.
    async fn renew_token(&mut self, events: &mut Events) {
        let mut noticed = Vec::new();
        let renewed = {
            let renewing = self.passes.renew(&self.settings.connect);
            tokio::pin!(renewing);
            loop {
                tokio::select! {
                    renewed = &mut renewing => break renewed,
                    event = events.next(None) => queue_event(&mut noticed, event),
                }
            }
        };
        if renewed {
            self.schedule.credentials_changed();
        }
        for event in noticed {
            Box::pin(self.handle_event(event, events)).await;
        }
    }

    /// Reads the roster, logs the result, and schedules a pass if it is new.
    fn reload_roster(&mut self) {
        let looked = self.current.reload();
        self.handle_reload(&looked);
    }

    fn handle_reload(&mut self, looked: &ReloadOutcome) {
        log::reload_outcome(looked, self.wanted.is_some());
        self.apply_reload(looked);
        let nothing_in_force = self.wanted.is_none() && !matches!(looked, ReloadOutcome::Unchanged);
        if nothing_in_force && !std::mem::replace(&mut self.restored, true) {
            self.restore();
        }
    }

    fn apply_reload(&mut self, looked: &ReloadOutcome) {
        if let ReloadOutcome::Unusable(problem) = looked {
            self.report_unusable(problem.summary());
        }
        let (ReloadOutcome::New | ReloadOutcome::Recovered, Some(loaded)) = (looked, self.current.roster()) else {
            return;
        };
        match (self.settings.narrow)(loaded.roster.clone()) {
            Ok(roster) => {
                self.settings.status.set_roster(RosterState::Valid {
                    digest: loaded.digest.clone(),
                    customers: roster.customers.len(),
                    desks: roster.desks.len(),
                });
                if matches!(looked, ReloadOutcome::New) {
                    log::roster_warnings(&loaded.warnings);
                    self.passes.save_roster(self.current.take_sources());
                    self.wanted = Some(Arc::new(roster));
                    self.schedule.roster_changed();
                }
            }
            Err(problem) => {
                log::unusable_roster(&problem, self.wanted.is_some());
                self.report_unusable(problem);
            }
        }
    }

    /// Uses the roster saved by an earlier run if the file cannot be used at the start.
    fn restore(&mut self) {
        let Some(kept) = self.passes.load_saved_roster() else {
            return;
        };
        match self.current.restore(kept) {
            Ok(()) => {
                let roster = self
                    .current
                    .roster()
                    .map(|loaded| (self.settings.narrow)(loaded.roster.clone()));
                if let Some(Ok(roster)) = roster {
                    warn!("the last good roster, saved by an earlier run, is in force until the file can be used");
                    self.wanted = Some(Arc::new(roster));
                    self.schedule.roster_changed();
                    self.report_unusable(
                        "the file cannot be used; see the log; the roster of an earlier run is in force".to_owned(),
                    );
                }
            }
            Err(problem) => warn!(
                problem = problem.summary(),
                "cannot use the roster saved by an earlier run"
            ),
        }
    }

    fn report_unusable(&self, summary: String) {
        let in_force = self.wanted.is_some();
        self.settings
            .status
            .set_roster(RosterState::Unusable { summary, in_force });
    }

    /// Runs one pass. Events during it are kept and handled after it.
    async fn run_pass(&mut self, run: Run, events: &mut Events) {
        let Some(roster) = self.wanted.clone() else { return };
        self.schedule.run_started(run);
        systemd::status(&log::running_status(run));
        if let Some(pace) = self.passes.pace() {
            pace.set_rate(run.paced.then_some(self.settings.read_rate));
        }
        let (pace, traffic) = (self.passes.pace(), self.passes.traffic());
        let status = &self.settings.status;
        status.pass_began(run.kind);
        let mut every_second = tokio::time::interval(Duration::from_secs(1));
        let mut meanwhile = DeferredEvents::default();
        let done = {
            let progress = self.settings.progress.as_ref();
            let pass = self.passes.run(run, &roster, &self.settings.connect, progress);
            tokio::pin!(pass);
            loop {
                tokio::select! {
                    done = &mut pass => break done,
                    _ = every_second.tick(), if traffic.is_some() => if let Some(traffic) = &traffic {
                        status.set_in_flight(traffic.used(), traffic.allowed());
                    },
                    event = events.next(None) => {
                        meanwhile.record(event, &mut self.current);
                        if let (true, Some(pace)) = (meanwhile.has_pending(), &pace) {
                            pace.set_rate(None);
                        }
                    }
                }
            }
        };
        let cost = done.cost();
        self.schedule
            .run_ended(self.began.elapsed(), done.run_outcome(), cost, (self.settings.chance)());
        let next = self.schedule.full_due().saturating_sub(self.began.elapsed());
        self.report_status(&done, next);
        log::pass_ended(&done, Some(next));
        systemd::status(&log::ended_status(&done));
        meanwhile.reloads.iter().for_each(|looked| self.handle_reload(looked));
        for event in meanwhile.events {
            self.handle_event(event, events).await;
        }
    }
}

/// Events and roster changes that arrived while a pass ran.
#[derive(Default)]
struct DeferredEvents {
    events: Vec<Event>,
    reloads: Vec<ReloadOutcome>,
}

impl DeferredEvents {
    /// Keeps an event. Reads the roster at once, so that an unchanged one does not hurry the pass.
    fn record(&mut self, event: Event, current: &mut CurrentRoster) {
        if event != Event::Roster {
            return queue_event(&mut self.events, event);
        }
        match current.reload() {
            ReloadOutcome::Unchanged => {}
            looked @ (ReloadOutcome::New | ReloadOutcome::Recovered | ReloadOutcome::Unusable(_)) => {
                self.reloads.push(looked)
            }
        }
    }

    fn has_pending(&self) -> bool {
        !self.events.is_empty() || !self.reloads.is_empty()
    }
}

/// Feeds the watchdog, and queues any other event once.
fn queue_event(noticed: &mut Vec<Event>, event: Event) {
    match event {
        Event::Due => {}
        Event::Watchdog => systemd::feed_watchdog(),
        Event::Roster | Event::Hangup | Event::Token => {
            if !noticed.contains(&event) {
                noticed.push(event);
            }
        }
    }
}
