//! Planning and applying, shared by `plan`, `apply` and the daemon.

use std::collections::BTreeSet;

use tokio_util::sync::CancellationToken;

use super::apply::apply;
use super::desk_cache::DeskCache;
use super::journal::Journal;
use super::observe::{ObserveError, observe, observe_edit, read_staff, resolve_questions, verify_lists_by_role};
use super::passwords::Passwords;
use super::progress::{NoProgress, Progress};
use crate::jira::{JiraRead, JiraWrite, requests};
use crate::model::account::Handle;
use crate::model::calls::{Call, calls};
use crate::model::desk::DeskKey;
use crate::model::edit::Edit;
use crate::model::guard::{ApprovedPlan, GuardContext, run_guards};
use crate::model::ledger::Ledger;
use crate::model::observed::{Deployment, Observed};
use crate::model::outcome::Outcomes;
use crate::model::plan::{Plan, plan_part};
use crate::model::policy::Policy;
use crate::model::report::{Report, ReportInput, RosterSource};
use crate::model::roster::Roster;
use crate::model::step::{Action, Step};

/// The observation and the approved plan of a pass, before anything is written.
#[derive(Debug)]
pub struct Preview {
    /// The observation.
    pub observed: Observed,
    /// The plan, as far as the guards allow it.
    pub approved: ApprovedPlan,
    /// Steps of a saved plan that were already true when it was applied.
    pub already_done: Vec<Step>,
}

/// Observes, plans and runs the guards for some desks of a roster. Cannot write to Jira.
///
/// # Errors
/// Those of [`observe`].
pub(super) async fn preview_desks(
    jira: &JiraRead,
    (whole, part): (&Roster, &Roster),
    ledger: &Ledger,
    policy: &Policy,
    progress: &dyn Progress,
) -> Result<Preview, ObserveError> {
    let observed = observe(jira, part, ledger, progress).await?;
    let rosters = Rosters {
        whole,
        guarded: part,
        planned: part,
    };
    plan_and_guard(jira, rosters, observed, (ledger, None), policy).await
}

/// Observes, plans and runs the guards for an edit of `roster`. Cannot write to Jira.
///
/// # Errors
/// Those of [`observe_edit`].
pub(super) async fn preview_edit(
    jira: &JiraRead,
    (roster, edit): (&Roster, &Edit),
    cache: &DeskCache,
    ledger: &Ledger,
    policy: &Policy,
    progress: &dyn Progress,
) -> Result<Preview, ObserveError> {
    let observed = observe_edit(jira, edit, cache, ledger, progress).await?;
    let rosters = Rosters {
        whole: roster,
        guarded: roster,
        planned: &edit.roster,
    };
    plan_and_guard(jira, rosters, observed, (ledger, Some(cache)), policy).await
}

/// The roster and the parts of it that a pass covers.
#[derive(Clone, Copy)]
struct Rosters<'a> {
    /// The complete roster: shows on which other desks a person is listed.
    whole: &'a Roster,
    /// The part the guards check.
    guarded: &'a Roster,
    /// The part that is planned.
    planned: &'a Roster,
}

/// Plans a part of a roster. Reads the customer roles of desks where they can change the plan, runs the guards, reads
/// the staff status of the accounts to be updated or removed, and plans again with the result.
async fn plan_and_guard(
    jira: &JiraRead,
    Rosters {
        whole,
        guarded: judged,
        planned: part,
    }: Rosters<'_>,
    mut observed: Observed,
    (ledger, cache): (&Ledger, Option<&DeskCache>),
    policy: &Policy,
) -> Result<Preview, ObserveError> {
    let mut plan = plan_part((whole, part), &observed, ledger, policy);
    let warnings_before = observed.warnings.len();
    if verify_lists_by_role(
        jira,
        &plan.desks_with_unread_role,
        cache,
        ledger.history(),
        &mut observed,
    )
    .await?
    {
        // An account that no longer counts as present may reach the desk through another project role.
        let accounts = observed.accounts.len();
        resolve_questions(jira, (part, ledger), &mut observed, accounts, &NoProgress).await?;
        plan = plan_part((whole, part), &observed, ledger, policy);
    } else {
        plan.desks_with_unread_role.clear();
        plan.warnings.extend_from_slice(&observed.warnings[warnings_before..]);
    }
    let context = GuardContext {
        settings: &policy.guards,
        history: ledger.history(),
        approved: &policy.approved,
        now: policy.now,
    };
    let guard_report = run_guards(judged, &observed, &plan, context).with_approve_arguments(&policy.approve_arguments);
    let steps = plan.steps.iter().chain(&plan.paused);
    let mut asked: Vec<_> = steps.filter_map(|step| updated_account(part, step)).collect();
    let candidates = plan.removal_candidates.iter();
    let candidates = candidates.filter(|candidate| guard_report.allows(&candidate.container, &candidate.handle));
    asked.extend(candidates.map(|candidate| {
        (
            candidate.handle.clone(),
            candidate.container.desk().cloned().into_iter().collect(),
        )
    }));
    if !asked.is_empty() {
        read_staff(jira, asked, &mut observed).await?;
        plan = plan_part((whole, part), &observed, ledger, policy);
    }
    let approved = guard_report.approve(plan);
    Ok(Preview {
        observed,
        approved,
        already_done: Vec::new(),
    })
}

/// Returns the account a step updates, and the desks of its roster entry.
fn updated_account(roster: &Roster, step: &Step) -> Option<(Handle, BTreeSet<DeskKey>)> {
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

/// Applies the approved plan, recording in `book` what the next process needs. When `stop` is cancelled, finishes the
/// calls in flight and starts no other.
pub(super) async fn apply_preview(
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
    /// Counts the plan's calls that can send e-mail, by the list of requests.
    #[must_use]
    pub fn mail_sending_calls(&self) -> usize {
        let plan = self.approved.plan();
        let calls = calls(plan);
        calls.iter().filter(|call| endpoint_of_call(plan, call).mails).count()
    }

    /// Returns the plan document, with the outcome of each step if the plan was applied.
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
        Report::new(ReportInput {
            roster,
            source,
            observed: &self.observed,
            plan,
            already: &self.already_done,
            findings: self.approved.findings(),
            calls: calls.count(),
            mail_sending_calls: self.mail_sending_calls(),
            outcomes,
            name_unlisted,
        })
    }
}

/// Returns the request that a call sends.
fn endpoint_of_call(plan: &Plan, call: &Call) -> &'static requests::Endpoint {
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
