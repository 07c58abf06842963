//! What a pass records so that the next process knows what this one observed and was about to do.
//!
//! A [`Journal`] is called at fixed moments and decides nothing: before the first write, before a call, before a create
//! is first sent, after a step, and after the pass. Everything durable goes through it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::state::approvals::{GuardFindings, save_plan_findings, valid_approvals};
use super::state::error::StateError;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::ledger::{History, Ledger};
use crate::model::outcome::StepResult;
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::Step;

/// Records what must outlive a pass.
///
/// The flow of one create: [`Journal::is_uncertain`], [`Journal::record_intent`], [`Journal::record_first_password`] if
/// it has one, the request, [`Journal::record_outcome`].
pub trait Journal: Send + Sync {
    /// Returns the unused approvals by finding id, with the time of each (seconds since 1970).
    ///
    /// # Errors
    /// When they cannot be read.
    fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError>;

    /// Saves the refused findings for `quietdesk approve`. After a partial pass, earlier findings keep waiting.
    ///
    /// # Errors
    /// When they cannot be written.
    fn save_findings(&self, judged: GuardFindings<'_>) -> Result<(), StateError>;

    /// Saves the approvals a pass uses and its number of removals, before its first write. Durable once it is `Ok`.
    ///
    /// # Errors
    /// When they cannot be written; the pass must not be carried out.
    fn reserve(&self, ledger: &mut Ledger) -> Result<(), StateError>;

    /// Settles uncertain creates of an earlier process if this pass observed their accounts. Call before
    /// [`Journal::save`], which forgets that they were uncertain.
    fn settle_observed(&self, roster: &Roster, plan: &Plan);

    /// Saves the ledger at the end of a pass.
    ///
    /// # Errors
    /// When it cannot be written; the previous ledger is untouched.
    fn save(&self, ledger: &mut Ledger) -> Result<(), StateError>;

    /// Starts applying a plan. Creates that an earlier apply intended and did not end (its future was dropped) become
    /// uncertain.
    fn begin_apply(&self, plan: &Plan);

    /// Returns whether an earlier create for this e-mail may have taken effect without a response.
    fn is_uncertain(&self, email: &EmailKey) -> bool;

    /// Records that an account for `email` is about to be created. Durable once it is `Ok`: it survives a crash of the
    /// process and of the machine.
    ///
    /// # Errors
    /// When it cannot be written; the create must not be sent.
    fn record_intent<'a>(&'a self, email: &'a EmailKey) -> BoxFuture<'a, Result<(), JournalError>>;

    /// Returns the first password to create an account with: the one an earlier create was sent with, else `new`. It is
    /// durable, and part of the hand-off, once it is `Ok`.
    ///
    /// # Errors
    /// When it cannot be written; the create must not be sent.
    fn record_first_password<'a>(
        &'a self,
        email: &'a Email,
        name: &'a str,
        desks: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, JournalError>>;

    /// Returns the e-mails of accounts that may have been created with a first password and were never read back.
    fn unverified_creates(&self) -> BTreeSet<EmailKey> {
        BTreeSet::new()
    }

    /// Records steps that one call is about to write to Jira. Written before this returns, so that the journal shows
    /// what a process was doing when it died.
    fn record_attempts(&self, _: &[&Step]) {}

    /// Records the outcome of a step. Clears the intent of a create, unless the create may have taken effect without a
    /// response. The line of an attempted step is written before this returns.
    fn record_outcome(&self, step: &Step, end: &StepResult);
}

/// An intent that could not be recorded.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "cannot write to the state directory {}; not creating the account; free disk space, check the permissions, or use \
     another --state-dir", folder.display()
)]
pub struct JournalError {
    /// The state directory.
    pub folder: PathBuf,
    /// The cause.
    #[source]
    pub source: Arc<dyn std::error::Error + Send + Sync>,
}

/// A journal that records nothing: for a pass that is only planned, or a site that ends with the process. Reads the
/// approvals and saves the refused findings of `folder`, beside its writer.
#[derive(Clone, Copy, Debug)]
pub struct ReadOnlyJournal<'a> {
    /// The state directory, if there is one.
    pub folder: Option<&'a Path>,
}

/// The journal of a site without a state directory, such as the embedded sandbox.
pub const NO_JOURNAL: ReadOnlyJournal<'static> = ReadOnlyJournal { folder: None };

impl Journal for ReadOnlyJournal<'_> {
    fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError> {
        self.folder
            .map_or_else(|| Ok(BTreeMap::new()), |folder| valid_approvals(folder, history, now))
    }

    fn save_findings(&self, judged: GuardFindings<'_>) -> Result<(), StateError> {
        self.folder.map_or(Ok(()), |folder| save_plan_findings(folder, judged))
    }

    fn reserve(&self, _: &mut Ledger) -> Result<(), StateError> {
        Ok(())
    }

    fn settle_observed(&self, _: &Roster, _: &Plan) {}

    fn save(&self, _: &mut Ledger) -> Result<(), StateError> {
        Ok(())
    }

    fn begin_apply(&self, _: &Plan) {}

    fn is_uncertain(&self, _: &EmailKey) -> bool {
        false
    }

    fn record_intent<'a>(&'a self, _: &'a EmailKey) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn record_first_password<'a>(
        &'a self,
        _: &'a Email,
        _: &'a str,
        _: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, JournalError>> {
        Box::pin(std::future::ready(Ok(new)))
    }

    fn record_outcome(&self, _: &Step, _: &StepResult) {}
}
