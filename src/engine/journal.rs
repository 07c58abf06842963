//! What a pass writes down, so that the next life of the process knows what this one saw and was about to do.
//!
//! A [`Journal`] is asked at fixed moments and decides nothing: before the first write, before a call, before a create is
//! first sent, when a step has ended, and when the pass has. Everything durable goes through it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::state::approvals::{Judged, approvals, keep_planned};
use super::state::error::StateError;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::ledger::{History, Ledger};
use crate::model::outcome::StepEnd;
use crate::model::plan::Plan;
use crate::model::roster::Roster;
use crate::model::step::Step;

/// Where a pass writes down what must outlive it.
///
/// The flow of one create: [`Journal::is_unsettled`], [`Journal::intend`], [`Journal::first_password`] where one is given,
/// the request, [`Journal::ended`].
pub trait Journal: Send + Sync {
    /// What is approved of and was not made use of yet, each with when it was approved (seconds since 1970).
    ///
    /// # Errors
    /// When it cannot be read.
    fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError>;

    /// Keeps what the guards refused, for whoever approves of it. What waited before goes on waiting where a pass did not look
    /// at everything.
    ///
    /// # Errors
    /// When it cannot be written.
    fn keep_refused(&self, judged: Judged<'_>) -> Result<(), StateError>;

    /// Writes down what a pass makes use of and how many it removes, before its first write. Durable once it is `Ok`.
    ///
    /// # Errors
    /// When it cannot be written; the pass must not be carried out then.
    fn reserve(&self, ledger: &mut Ledger) -> Result<(), StateError>;

    /// Settles accounts that a pass saw and that an earlier life may have made without learning of it. Before
    /// [`Journal::save`], which forgets that they were in doubt.
    fn found(&self, roster: &Roster, plan: &Plan);

    /// Writes down what is remembered when a pass has come to its end.
    ///
    /// # Errors
    /// When it cannot be written; what was written before is untouched then.
    fn save(&self, ledger: &mut Ledger) -> Result<(), StateError>;

    /// A plan is about to be applied. What an earlier apply intended and never ended (its future was dropped) is unsettled
    /// from now on.
    fn begins(&self, plan: &Plan);

    /// Whether an earlier create for this e-mail may have taken effect without anybody learning of it.
    fn is_unsettled(&self, email: &EmailKey) -> bool;

    /// Writes down that an account for `email` is about to be made. Durable once it is `Ok`: it survives a crash of the
    /// process and of the machine.
    ///
    /// # Errors
    /// When it cannot be written; the create must not be sent then.
    fn intend<'a>(&'a self, email: &'a EmailKey) -> BoxFuture<'a, Result<(), JournalError>>;

    /// The first password of an account that is about to be made: the one an earlier create of it was sent with, else
    /// `new`. It is durable, and can be handed off, once it is `Ok`.
    ///
    /// # Errors
    /// When it cannot be written down; the create must not be sent then.
    fn first_password<'a>(
        &'a self,
        email: &'a Email,
        name: &'a str,
        desks: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, JournalError>>;

    /// The e-mails whose accounts may have been made with a first password and were never read back.
    fn unproven(&self) -> BTreeSet<EmailKey> {
        BTreeSet::new()
    }

    /// Steps are about to be written to Jira, by one call or what it takes to make it. Journalled before this returns, so
    /// that what a process was doing when it died can be told.
    fn attempts(&self, _: &[&Step]) {}

    /// A step has ended. The intent of a create goes, unless the create may have taken effect unseen; a step that was
    /// attempted is journalled before this returns.
    fn ended(&self, step: &Step, end: &StepEnd);
}

/// Why an intent could not be written down.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "cannot write down in the state directory {} that an account is about to be made, so it is not made; free space \
     there, check its permissions, or name another with --state-dir", folder.display()
)]
pub struct JournalError {
    /// The state directory.
    pub folder: PathBuf,
    /// What went wrong.
    #[source]
    pub source: Arc<dyn std::error::Error + Send + Sync>,
}

/// Writes nothing down, for a pass that is only planned or for a site that does not outlive the process, and knows what was
/// approved of beside the writer of `folder`.
#[derive(Clone, Copy, Debug)]
pub struct ReadOnlyJournal<'a> {
    /// The state directory; nothing where there is none.
    pub folder: Option<&'a Path>,
}

/// The journal of a site without a state directory, such as the embedded sandbox.
pub const NO_JOURNAL: ReadOnlyJournal<'static> = ReadOnlyJournal { folder: None };

impl Journal for ReadOnlyJournal<'_> {
    fn approvals(&self, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError> {
        self.folder
            .map_or_else(|| Ok(BTreeMap::new()), |folder| approvals(folder, history, now))
    }

    fn keep_refused(&self, judged: Judged<'_>) -> Result<(), StateError> {
        self.folder.map_or(Ok(()), |folder| keep_planned(folder, judged))
    }

    fn reserve(&self, _: &mut Ledger) -> Result<(), StateError> {
        Ok(())
    }

    fn found(&self, _: &Roster, _: &Plan) {}

    fn save(&self, _: &mut Ledger) -> Result<(), StateError> {
        Ok(())
    }

    fn begins(&self, _: &Plan) {}

    fn is_unsettled(&self, _: &EmailKey) -> bool {
        false
    }

    fn intend<'a>(&'a self, _: &'a EmailKey) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn first_password<'a>(
        &'a self,
        _: &'a Email,
        _: &'a str,
        _: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, JournalError>> {
        Box::pin(std::future::ready(Ok(new)))
    }

    fn ended(&self, _: &Step, _: &StepEnd) {}
}
