//! A pass as a whole: what `plan`, `apply` and the daemon have in common.

use tokio_util::sync::CancellationToken;

use super::apply::apply;
use super::book::Book;
use super::memory::Memory;
use super::observe::{ObserveError, observe};
use super::observe_edit::observe_edit;
use super::observe_staff::ask_staff;
use super::passwords::Passwords;
use super::progress::Progress;
use crate::jira::{JiraRead, JiraWrite, requests};
use crate::model::calls::{Call, Limits, calls};
use crate::model::edit::Edit;
use crate::model::email::EmailKey;
use crate::model::guard::{ApprovedPlan, judge};
use crate::model::ledger::Ledger;
use crate::model::observed::Observed;
use crate::model::outcome::Outcomes;
use crate::model::plan::{Plan, plan as make_plan};
use crate::model::policy::Policy;
use crate::model::report::{Material, Report, RosterSource};
use crate::model::roster::Roster;
use crate::model::step::{AccountRef, Action, Step};

/// What was seen and decided, before anything is written.
#[derive(Debug)]
pub struct Preview {
    /// What was seen.
    pub observed: Observed,
    /// What was decided, and may be done.
    pub approved: ApprovedPlan,
}

/// Observes, plans and judges. Has no way to write.
///
/// # Errors
/// Those of [`observe`].
pub async fn preview(
    jira: &JiraRead,
    roster: &Roster,
    ledger: &Ledger,
    policy: &Policy,
    progress: &dyn Progress,
) -> Result<Preview, ObserveError> {
    let observed = observe(jira, roster, progress).await?;
    decide(jira, roster, observed, ledger, policy).await
}

/// Observes what an edit concerns, plans and judges. Has no way to write.
///
/// # Errors
/// Those of [`observe_edit`].
pub async fn preview_edit(
    jira: &JiraRead,
    edit: &Edit,
    memory: &Memory,
    ledger: &Ledger,
    policy: &Policy,
    progress: &dyn Progress,
) -> Result<Preview, ObserveError> {
    let observed = observe_edit(jira, edit, memory, progress).await?;
    decide(jira, &edit.roster, observed, ledger, policy).await
}

/// Plans, asks who of those to be changed is more than a customer, and plans again: the plan that is shown knows.
async fn decide(
    jira: &JiraRead,
    roster: &Roster,
    mut observed: Observed,
    ledger: &Ledger,
    policy: &Policy,
) -> Result<Preview, ObserveError> {
    let mut plan = make_plan(roster, &observed, ledger, policy);
    let changed: Vec<_> = plan.steps.iter().chain(&plan.paused).filter_map(changes).collect();
    if !changed.is_empty() {
        ask_staff(jira, roster, &changed, &mut observed).await?;
        plan = make_plan(roster, &observed, ledger, policy);
    }
    let approved = judge(plan);
    Ok(Preview { observed, approved })
}

/// Whom a step changes.
fn changes(step: &Step) -> Option<(EmailKey, AccountRef)> {
    match &step.action {
        Action::UpdateCustomer { email, account, .. } => Some((email.key().clone(), account.clone())),
        Action::CreateCustomer { .. } | Action::AddToDesk { .. } | Action::SetAccess { .. } => None,
    }
}

/// Applies what was approved, and writes into `book` what the next life of the process must know. Ends early when
/// `stop` is asked for, after the calls in flight.
pub async fn carry_out(
    jira: &JiraWrite,
    preview: &Preview,
    book: &dyn Book,
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
        let calls = calls(plan, Limits::JIRA);
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
        let calls = calls(plan, Limits::JIRA);
        Report::of(Material {
            roster,
            source,
            observed: &self.observed,
            plan,
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
        Call::SetAccess(_) => &requests::SET_ACCESS,
    }
}
