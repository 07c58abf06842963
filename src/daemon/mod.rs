//! When passes run: at the start, when the roster changes, and every interval.
//!
//! Owns the loop, the last good roster and the memory between passes. Passes never overlap: a change during a pass
//! leads to exactly one more. Must never decide what a pass does, nor write anything in observing mode.

mod ended;
mod events;
mod passes;
pub mod roster;
pub mod schedule;
mod settings;
pub mod status;
mod systemd;
pub mod telemetry;
mod tell;
mod token;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::ended::Done;
pub use self::ended::PassEnd;
use self::events::{Event, Events};

use self::passes::Passes;
use self::roster::{CurrentRoster, Looked};
use self::schedule::{Kind, Next, Run, Schedule, Timing};
pub use self::settings::{Connect, Narrow, Settings};
use self::status::{PassEnded, RosterState};
use self::token::TokenFile;
use crate::model::ledger::Ledger;
use crate::model::roster::Roster;

/// How long to wait after refused credentials.
const AFTER_REFUSAL: Duration = Duration::from_secs(300);
/// How long to wait after a first failure; doubles with each.
const BACKOFF: Duration = Duration::from_secs(5);
/// How often to look for an approval, where something waits for one.
const APPROVALS: Duration = Duration::from_secs(2);
/// How often to try again to save what could not be saved.
const SAVE_AGAIN: Duration = Duration::from_secs(10);
/// How often to look at the clock at least, where somebody's `until` is to come.
const CLOCK: Duration = Duration::from_secs(600);
/// How long to wait after failures at most.
const BACKOFF_AT_MOST: Duration = Duration::from_secs(300);

/// The daemon.
pub struct Daemon {
    settings: Settings,
    current: CurrentRoster,
    wanted: Option<Arc<Roster>>,
    /// The roster kept from an earlier life has been asked for.
    restored: bool,
    passes: Passes,
    schedule: Schedule,
    token: Option<TokenFile>,
    began: Instant,
    /// The day that the roster in force was last looked at for.
    day: Date,
    stop: CancellationToken,
}

impl Daemon {
    /// A daemon that has not looked at its roster yet.
    #[must_use]
    pub fn new(mut settings: Settings, stop: CancellationToken) -> Self {
        let ledger = std::mem::replace(&mut settings.ledger, Ledger::kept());
        let state = settings.state.take();
        let timing = Timing {
            interval: settings.interval,
            read_rate: settings.read_rate,
            refused: AFTER_REFUSAL,
            backoff: BACKOFF,
            backoff_at_most: BACKOFF_AT_MOST,
        };
        Self {
            current: CurrentRoster::new(&settings.roster),
            wanted: None,
            restored: false,
            passes: Passes::new(
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

    /// One pass over the roster as it is now.
    pub async fn once(mut self) -> PassEnd {
        self.look();
        let run = Run {
            kind: Kind::Full,
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
        tell::pass(&done, None);
        self.settings.status.saved(self.passes.unsaved());
        done.end
    }

    /// Runs passes until it is told to stop. An invalid or missing roster and a Jira that does not answer are
    /// reported, and waited out. The first look waits until nobody writes to the roster, like any other.
    pub async fn run(mut self) {
        let mut events = Events::new(&self.settings);
        info!(roster = %self.settings.roster.display(), interval = ?self.settings.interval, "watching");
        systemd::ready();
        while !self.stop.is_cancelled() {
            self.day_turns();
            match self.schedule.next(self.began.elapsed()) {
                Next::Run(run) => self.pass(run, &mut events).await,
                Next::Wait(until) => {
                    let until = until.map(|until| self.began + until);
                    let until = [until, self.looks_again()].into_iter().flatten().min();
                    let stop = self.stop.clone();
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => {}
                        event = events.next(until) => self.take(event, &mut events).await,
                    }
                }
            }
        }
        systemd::stopping();
        info!("stopped");
    }

    /// Somebody's `until` comes at midnight (UTC): that is an edit of the roster, which nobody made.
    fn day_turns(&mut self) {
        let today = self.today();
        let before = std::mem::replace(&mut self.day, today);
        let next = self.wanted.as_ref().and_then(|roster| roster.expiry_after(before));
        if next.is_some_and(|day| day <= today) {
            info!("an entry's `until` has come");
            self.schedule.new_roster();
        }
    }

    /// When to look whether something came that no event tells of: an approval, where there is something to approve of,
    /// or a new day.
    fn looks_again(&self) -> Option<Instant> {
        let now = Instant::now();
        // Counted from the start, so that other events put none of it off.
        let next_of = |every: Duration| {
            let times = now.duration_since(self.began).as_millis() / every.as_millis() + 1;
            self.began + every * u32::try_from(times).unwrap_or(u32::MAX)
        };
        let approval = self.passes.refuses().then(|| next_of(APPROVALS));
        let next = self.wanted.as_ref().and_then(|roster| roster.expiry_after(self.day));
        let midnight = next.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
        let midnight = midnight.map(|at| at.timestamp().duration_since((self.settings.clock)()));
        // The clock may be set meanwhile: it is looked at often enough.
        let midnight = midnight.map(|left| (now + Duration::try_from(left).unwrap_or_default()).min(next_of(CLOCK)));
        let save = self.passes.unsaved().map(|_| next_of(SAVE_AGAIN));
        [approval, save, midnight].into_iter().flatten().min()
    }

    fn today(&self) -> Date {
        (self.settings.clock)().to_zoned(TimeZone::UTC).date()
    }

    fn tell_status(&self, done: &Done, next: Duration) {
        let status = &self.settings.status;
        status.saved(self.passes.unsaved());
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
            status.next_full(at);
        }
        let allowed = self.passes.traffic().map_or(0, |traffic| traffic.allowed());
        status.in_flight(0, allowed);
    }

    /// What an event leads to while no pass runs.
    async fn take(&mut self, event: Event, events: &mut Events) {
        match event {
            Event::Due => {
                if self.passes.unsaved().is_some() {
                    self.passes.save();
                    self.settings.status.saved(self.passes.unsaved());
                }
                if self.passes.is_approved() {
                    info!("somebody approved of what a guard refused");
                    self.schedule.read_again();
                }
            }
            Event::Alive => systemd::alive(),
            Event::Roster => self.look(),
            Event::Hangup => {
                info!("told to read everything again");
                self.look();
                self.schedule.read_again();
            }
            Event::Token => {
                // Whatever else happens in its folder is no new token.
                if self.token.as_mut().is_some_and(TokenFile::changed) {
                    self.renew(events).await;
                }
            }
        }
    }

    /// Signs in with a new token. That can take as long as patience lasts, and the loop lives meanwhile.
    async fn renew(&mut self, events: &mut Events) {
        let mut noticed = Vec::new();
        let renewed = {
            let renewing = self.passes.renew(&self.settings.connect);
            tokio::pin!(renewing);
            loop {
                tokio::select! {
                    renewed = &mut renewing => break renewed,
                    event = events.next(None) => notice(&mut noticed, event),
                }
            }
        };
        if renewed {
            self.schedule.new_credentials();
        }
        for event in noticed {
            Box::pin(self.take(event, events)).await;
        }
    }

    /// Looks at the roster, says what it found, and has a new one applied.
    fn look(&mut self) {
        let looked = self.current.look();
        self.looked(&looked);
    }

    fn looked(&mut self, looked: &Looked) {
        tell::looked(looked, self.wanted.is_some());
        self.act_on(looked);
        let nothing_in_force = self.wanted.is_none() && !matches!(looked, Looked::Same);
        if nothing_in_force && !std::mem::replace(&mut self.restored, true) {
            self.restore();
        }
    }

    fn act_on(&mut self, looked: &Looked) {
        if let Looked::Unusable(problem) = looked {
            self.unusable(problem.summary());
        }
        let (Looked::New | Looked::Mended, Some(loaded)) = (looked, self.current.roster()) else {
            return;
        };
        match (self.settings.narrow)(loaded.roster.clone()) {
            Ok(roster) => {
                self.settings.status.roster(RosterState::Valid {
                    digest: loaded.digest.clone(),
                    customers: roster.customers.len(),
                    desks: roster.desks.len(),
                });
                if matches!(looked, Looked::New) {
                    tell::beware(&loaded.warnings);
                    self.passes.keep_roster(self.current.take_sources());
                    self.wanted = Some(Arc::new(roster));
                    self.schedule.new_roster();
                }
            }
            Err(problem) => {
                tell::unusable(&problem, self.wanted.is_some());
                self.unusable(problem);
            }
        }
    }

    /// Where no roster can be used at the start, the last good one of an earlier life is in force.
    fn restore(&mut self) {
        let Some(kept) = self.passes.kept_roster() else { return };
        match self.current.restore(kept) {
            Ok(()) => {
                let roster = self
                    .current
                    .roster()
                    .map(|loaded| (self.settings.narrow)(loaded.roster.clone()));
                if let Some(Ok(roster)) = roster {
                    warn!("the last good roster, kept from before, is in force until the file can be used");
                    self.wanted = Some(Arc::new(roster));
                    self.schedule.new_roster();
                    self.unusable(
                        "the file cannot be used, see the log; the roster kept from before is in force".to_owned(),
                    );
                }
            }
            Err(problem) => warn!(
                problem = problem.summary(),
                "the roster kept from before cannot be used"
            ),
        }
    }

    fn unusable(&self, summary: String) {
        let in_force = self.wanted.is_some();
        self.settings.status.roster(RosterState::Unusable { summary, in_force });
    }

    /// One pass. What happens meanwhile is noticed, and leads to one more when this one is done.
    async fn pass(&mut self, run: Run, events: &mut Events) {
        let Some(roster) = self.wanted.clone() else { return };
        self.schedule.began(run);
        systemd::status(&tell::begins(run));
        if let Some(pace) = self.passes.pace() {
            pace.set(run.paced.then_some(self.settings.read_rate));
        }
        let (pace, traffic) = (self.passes.pace(), self.passes.traffic());
        let status = &self.settings.status;
        status.pass_began(run.kind);
        let mut every_second = tokio::time::interval(Duration::from_secs(1));
        let mut meanwhile = Meanwhile::default();
        let done = {
            let progress = self.settings.progress.as_ref();
            let pass = self.passes.run(run, &roster, &self.settings.connect, progress);
            tokio::pin!(pass);
            loop {
                tokio::select! {
                    done = &mut pass => break done,
                    _ = every_second.tick(), if traffic.is_some() => if let Some(traffic) = &traffic {
                        status.in_flight(traffic.used(), traffic.allowed());
                    },
                    event = events.next(None) => {
                        meanwhile.take(event, &mut self.current);
                        if let (true, Some(pace)) = (meanwhile.somebody_waits(), &pace) {
                            pace.set(None);
                        }
                    }
                }
            }
        };
        let cost = done.cost();
        self.schedule
            .ended(self.began.elapsed(), done.ended(), cost, (self.settings.chance)());
        let next = self.schedule.full_due().saturating_sub(self.began.elapsed());
        self.tell_status(&done, next);
        tell::pass(&done, Some(next));
        systemd::status(&tell::status(&done));
        meanwhile.looked.iter().for_each(|looked| self.looked(looked));
        for event in meanwhile.events {
            self.take(event, events).await;
        }
    }
}

/// What was noticed while a pass ran.
#[derive(Default)]
struct Meanwhile {
    events: Vec<Event>,
    looked: Vec<Looked>,
}

impl Meanwhile {
    /// Looks at the roster at once: most looks find what was there before, and hurry nobody.
    fn take(&mut self, event: Event, current: &mut CurrentRoster) {
        if event != Event::Roster {
            return notice(&mut self.events, event);
        }
        match current.look() {
            Looked::Same => {}
            looked @ (Looked::New | Looked::Mended | Looked::Unusable(_)) => self.looked.push(looked),
        }
    }

    fn somebody_waits(&self) -> bool {
        !self.events.is_empty() || !self.looked.is_empty()
    }
}

/// Feeds the watchdog; whatever else happens waits its turn, once.
fn notice(noticed: &mut Vec<Event>, event: Event) {
    match event {
        Event::Due => {}
        Event::Alive => systemd::alive(),
        Event::Roster | Event::Hangup | Event::Token => {
            if !noticed.contains(&event) {
                noticed.push(event);
            }
        }
    }
}
