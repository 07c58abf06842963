//! A pass as a whole: what `plan`, `apply` and the daemon have in common.

use std::collections::BTreeSet;

use tokio_util::sync::CancellationToken;

use super::apply::apply;
use super::journal::Journal;
use super::memory::Memory;
use super::observe::{ObserveError, ask, ask_staff, hear_roles, observe, observe_edit};
use super::passwords::Passwords;
use super::progress::{Progress, Silent};
use crate::jira::{JiraRead, JiraWrite, requests};
use crate::model::account::Handle;
use crate::model::calls::{Call, calls};
use crate::model::desk::DeskKey;
use crate::model::edit::Edit;
use crate::model::guard::{ApprovedPlan, Judge, screen};
use crate::model::ledger::Ledger;
use crate::model::observed::{Deployment, Observed};
use crate::model::outcome::Outcomes;
use crate::model::plan::{Plan, plan_part};
use crate::model::policy::Policy;
use crate::model::report::{Material, Report, RosterSource};
use crate::model::roster::Roster;
use crate::model::step::{Action, Step};

/// What was seen and decided, before anything is written.
#[derive(Debug)]
pub struct Preview {
    /// What was seen.
    pub observed: Observed,
    /// What was decided, and may be done.
    pub approved: ApprovedPlan,
    /// Steps of a saved plan whose end was reached before it was applied.
    pub already: Vec<Step>,
}

/// Observes some desks of a whole roster, plans and judges. Has no way to write.
///
/// # Errors
/// Those of [`observe`].
pub(super) async fn preview_part(
    jira: &JiraRead,
    (whole, part): (&Roster, &Roster),
    ledger: &Ledger,
    policy: &Policy,
    progress: &dyn Progress,
) -> Result<Preview, ObserveError> {
    let observed = observe(jira, part, ledger, progress).await?;
    let rosters = Rosters {
        whole,
        judged: part,
        part,
    };
    decide(jira, rosters, observed, (ledger, None), policy).await
}

/// Observes what an edit of `roster` concerns, plans and judges. Has no way to write.
///
/// # Errors
/// Those of [`observe_edit`].
pub(super) async fn preview_edit(
    jira: &JiraRead,
    (roster, edit): (&Roster, &Edit),
    memory: &Memory,
    ledger: &Ledger,
    policy: &Policy,
    progress: &dyn Progress,
) -> Result<Preview, ObserveError> {
    let observed = observe_edit(jira, edit, memory, ledger, progress).await?;
    let rosters = Rosters {
        whole: roster,
        judged: roster,
        part: &edit.roster,
    };
    decide(jira, rosters, observed, (ledger, Some(memory)), policy).await
}

/// What a pass is about.
#[derive(Clone, Copy)]
struct Rosters<'a> {
    /// All that is listed: says where else a person is.
    whole: &'a Roster,
    /// What the guards judge.
    judged: &'a Roster,
    /// What is planned for.
    part: &'a Roster,
}

/// Plans for a part of a roster, asks the second witness of the desks where it counts, asks who of those to be changed or removed is more than a customer, and plans again: the
/// plan that is shown knows. The guards judge before anybody is asked for.
async fn decide(
    jira: &JiraRead,
    Rosters { whole, judged, part }: Rosters<'_>,
    mut observed: Observed,
    (ledger, memory): (&Ledger, Option<&Memory>),
    policy: &Policy,
) -> Result<Preview, ObserveError> {
    let mut plan = plan_part((whole, part), &observed, ledger, policy);
    let told = observed.warnings.len();
    if hear_roles(jira, &plan.unwitnessed, memory, ledger.history(), &mut observed).await? {
        // Who counted as present, and does not any more, may be on the desk's team.
        let accounts = observed.accounts.len();
        ask(jira, (part, ledger), &mut observed, accounts, &Silent).await?;
        plan = plan_part((whole, part), &observed, ledger, policy);
    } else {
        plan.unwitnessed.clear();
        plan.warnings.extend_from_slice(&observed.warnings[told..]);
    }
    let judge = Judge {
        settings: &policy.guards,
        history: ledger.history(),
        approved: &policy.approved,
        now: policy.now,
    };
    let screening = screen(judged, &observed, &plan, judge).told_at(&policy.approve_at);
    let steps = plan.steps.iter().chain(&plan.paused);
    let mut asked: Vec<_> = steps.filter_map(|step| changed(part, step)).collect();
    let leavers = plan.leavers.iter();
    let leavers = leavers.filter(|leaver| screening.allows(&leaver.container, &leaver.handle));
    asked.extend(leavers.map(|leaver| {
        (
            leaver.handle.clone(),
            leaver.container.desk().cloned().into_iter().collect(),
        )
    }));
    if !asked.is_empty() {
        ask_staff(jira, asked, &mut observed).await?;
        plan = plan_part((whole, part), &observed, ledger, policy);
    }
    let approved = screening.approve(plan);
    Ok(Preview {
        observed,
        approved,
        already: Vec::new(),
    })
}

/// Whom a step changes, and the desks of that entry.
fn changed(roster: &Roster, step: &Step) -> Option<(Handle, BTreeSet<DeskKey>)> {
    match &step.action {
        Action::UpdateCustomer { email, account, .. } => {
            let customer = roster.customers.get(email.key());
            let desks = customer.map(|customer| customer.desks.clone());
            Some((account.handle.clone(), desks.unwrap_or_default()))
        }
        Action::CreateCustomer { .. }
        | Action::AddToDesk { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => None,
    }
}

/// Applies what was approved, and writes into `book` what the next life of the process must know. Ends early when
/// `stop` is asked for, after the calls in flight.
pub(super) async fn carry_out(
    jira: &JiraWrite,
    preview: &Preview,
    book: &dyn Journal,
    passwords: &Passwords,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> Outcomes {
    apply(
        jira,
        &preview.approved,
        &preview.observed,
        book,
        passwords,
        progress,
        stop,
    )
    .await
}

impl Preview {
    /// How many of the plan's calls could mail anybody, counted from the list of requests.
    #[must_use]
    pub fn mail_sending_calls(&self) -> usize {
        let plan = self.approved.plan();
        let calls = calls(plan);
        calls.iter().filter(|call| endpoint(plan, call).mails).count()
    }

    /// The plan document, with what became of the steps where they were applied.
    #[must_use]
    pub fn report(
        &self,
        roster: &Roster,
        source: &RosterSource,
        outcomes: Option<&Outcomes>,
        name_unlisted: bool,
    ) -> Report {
        let plan = self.approved.plan();
        let calls = calls(plan);
        Report::of(Material {
            roster,
            source,
            observed: &self.observed,
            plan,
            already: &self.already,
            findings: self.approved.findings(),
            calls: calls.count(),
            mail_sending_calls: self.mail_sending_calls(),
            outcomes,
            name_unlisted,
        })
    }
}

/// The request a call is made with.
fn endpoint(plan: &Plan, call: &Call) -> &'static requests::Endpoint {
    match call {
        Call::Create(id) => match plan.step(*id).map(|step| &step.action) {
            Some(Action::CreateCustomer { password: Some(_), .. }) => &requests::CREATE_USER,
            _ => &requests::CREATE_CUSTOMER,
        },
        Call::Update(_) => &requests::UPDATE_USER,
        Call::Add { .. } => &requests::ADD_TO_DESK,
        Call::Remove { .. } => match plan.site.deployment {
            Deployment::Cloud => &requests::REMOVE_FROM_DESK,
            Deployment::DataCenter => &requests::REMOVE_FROM_ROLE,
        },
        Call::SetAccess(_) => &requests::SET_ACCESS,
    }
}
