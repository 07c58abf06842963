//! What a pass writes down while it applies, so that the next life of the process knows what this one was about to do.
//!
//! A [`Book`] is asked at fixed moments and decides nothing: before a call, before a create is first sent, and when a step
//! has ended.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::outcome::StepEnd;
use crate::model::plan::Plan;
use crate::model::step::Step;

/// Where a pass writes down what must outlive it.
///
/// The flow of one create: [`Book::is_unsettled`], [`Book::intend`], the request, [`Book::ended`].
pub trait Book: Send + Sync {
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
    fn intend<'a>(&'a self, email: &'a EmailKey) -> BoxFuture<'a, Result<(), BookError>>;

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
    ) -> BoxFuture<'a, Result<SecretString, BookError>>;

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
pub struct BookError {
    /// The state directory.
    pub folder: PathBuf,
    /// What went wrong.
    #[source]
    pub source: Arc<dyn std::error::Error + Send + Sync>,
}

/// Keeps nothing: for a site that does not outlive the process, such as the embedded sandbox.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBook;

impl Book for NoBook {
    fn begins(&self, _: &Plan) {}

    fn is_unsettled(&self, _: &EmailKey) -> bool {
        false
    }

    fn intend<'a>(&'a self, _: &'a EmailKey) -> BoxFuture<'a, Result<(), BookError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn first_password<'a>(
        &'a self,
        _: &'a Email,
        _: &'a str,
        _: &'a [DeskKey],
        new: SecretString,
    ) -> BoxFuture<'a, Result<SecretString, BookError>> {
        Box::pin(std::future::ready(Ok(new)))
    }

    fn ended(&self, _: &Step, _: &StepEnd) {}
}
