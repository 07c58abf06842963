//! Intents: which creates were about to be sent. Written with group commit, so that many at once cost one flush.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Database, ReadableTable as _, TableDefinition};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::StateError;
use super::handoff::HandOffFile;
use super::store::{Store, table};
use crate::engine::journal::JournalError;
use crate::model::email::EmailKey;

const INTENTS: TableDefinition<'_, &str, ()> = TableDefinition::new("intents");

type Told = Result<(), JournalError>;

/// The intents of one state directory.
pub(super) struct Intents(Arc<Shared>);

struct Shared {
    store: Store,
    folder: PathBuf,
    /// What must be on disk before an intent goes.
    hand_off: Arc<HandOffFile>,
    queue: Mutex<Queue>,
    /// Held from taking a batch to having written it, so that batches are written in the order they were taken. Nothing
    /// after a failure: redb writes no more to what it could not write to, so it is opened again.
    database: Mutex<Option<Database>>,
}

/// What the next commit takes along.
#[derive(Default)]
struct Queue {
    waiting: Vec<(EmailKey, oneshot::Sender<Told>)>,
    settled: BTreeSet<EmailKey>,
    /// Whether a task is committing, and will look again when it is done.
    committing: bool,
}

impl Intents {
    /// Opens them, and reads those an earlier life left.
    pub(super) fn open(
        store: Store,
        folder: PathBuf,
        hand_off: Arc<HandOffFile>,
    ) -> Result<(Self, BTreeSet<EmailKey>), StateError> {
        let database = store.checked_writer()?;
        let tables = store.read(&database)?;
        let left = store.guarded("read", || {
            let Some(rows) = table(&tables, INTENTS)? else {
                return Ok(BTreeSet::new());
            };
            let emails = rows.iter()?.map(|row| Ok(EmailKey::restored(row?.0.value())));
            emails.collect::<Result<_, redb::Error>>()
        })?;
        drop(tables);
        let shared = Shared {
            store,
            folder,
            hand_off,
            queue: Mutex::default(),
            database: Mutex::new(Some(database)),
        };
        Ok((Self(Arc::new(shared)), left))
    }

    /// Durable once it is `Ok`. When the future is dropped, the intent may be written all the same.
    pub(super) async fn intend(&self, email: &EmailKey) -> Told {
        let (tell, told) = oneshot::channel();
        let first = {
            let mut queue = self.0.queue();
            queue.waiting.push((email.clone(), tell));
            !std::mem::replace(&mut queue.committing, true)
        };
        if first {
            let mut committing = Committing {
                shared: self.0.clone(),
                ended: false,
            };
            spawn_blocking(move || committing.run());
        }
        let gone = || std::io::Error::other("the process is ending");
        told.await.unwrap_or_else(|_| Err(self.0.error(Arc::new(gone()))))
    }

    /// An error of the state directory, as whoever creates is told.
    pub(super) fn error(&self, source: Arc<dyn std::error::Error + Send + Sync>) -> JournalError {
        self.0.error(source)
    }

    /// No longer needed. Goes with the next commit, or with [`Intents::flush`].
    pub(super) fn settle(&self, email: &EmailKey) {
        self.0.queue().settled.insert(email.clone());
    }

    /// Writes what waits to be written.
    pub(super) fn flush(&self) {
        if self.0.queue().settled.is_empty() {
            return;
        }
        if let Err(error) = self.0.commit() {
            // What is left is looked at again in the next life, and found settled then.
            tracing::debug!(%error, "settled intents are left");
        }
    }
}

/// The task that commits as long as anybody waits.
struct Committing {
    shared: Arc<Shared>,
    ended: bool,
}

impl Committing {
    fn run(&mut self) {
        loop {
            {
                let mut queue = self.shared.queue();
                if queue.waiting.is_empty() {
                    queue.committing = false;
                    self.ended = true;
                    return;
                }
            }
            // Whoever waits is told; there is nobody else to tell.
            let _ = self.shared.commit();
        }
    }
}

impl Drop for Committing {
    /// A runtime that ends may never run the task: then nobody must go on waiting for it.
    fn drop(&mut self) {
        if !self.ended {
            let mut queue = self.shared.queue();
            queue.committing = false;
            queue.waiting.clear();
        }
    }
}

impl Shared {
    /// Writes everything that waits, in one durable transaction, and tells whoever waited for it.
    fn commit(&self) -> Result<(), Arc<StateError>> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let (waiting, settled) = {
            let mut queue = self.queue();
            (std::mem::take(&mut queue.waiting), std::mem::take(&mut queue.settled))
        };
        let opened = match database.take() {
            Some(database) => Ok(database),
            None => self.store.writer(),
        };
        // Whoever was made is told of even if the machine stops right after the intent has gone.
        let opened = match settled.is_empty() {
            true => opened,
            false => self.hand_off.flush().and(opened),
        };
        let written = opened.and_then(|opened| {
            let added = waiting.iter().map(|(email, _)| email);
            self.store.guarded("write", || write(&opened, &settled, added))?;
            Ok(opened)
        });
        let result = match written {
            Ok(opened) => {
                *database = Some(opened);
                Ok(())
            }
            Err(error) => {
                self.queue().settled.extend(settled);
                Err(Arc::new(error))
            }
        };
        for (_, tell) in waiting {
            // Who no longer waits needs not be told.
            let _ = tell.send(result.clone().map_err(|error| self.error(error)));
        }
        result
    }

    fn error(&self, source: Arc<dyn std::error::Error + Send + Sync>) -> JournalError {
        JournalError {
            folder: self.folder.clone(),
            source,
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One durable transaction.
fn write<'a>(
    database: &Database,
    settled: &BTreeSet<EmailKey>,
    added: impl Iterator<Item = &'a EmailKey>,
) -> Result<(), redb::Error> {
    let write = database.begin_write()?;
    {
        let mut intents = write.open_table(INTENTS)?;
        // What is settled was so before it was intended anew.
        for email in settled {
            intents.remove(email.as_str())?;
        }
        for email in added {
            intents.insert(email.as_str(), ())?;
        }
    }
    Ok(write.commit()?)
}
