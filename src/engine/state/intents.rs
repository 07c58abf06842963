//! Intents: the creates that were about to be sent. Concurrent callers share one commit, and so one flush.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as Turn;
use tokio::task::spawn_blocking;

use super::error::StateError;
use super::handoff::HandOffFile;
use super::store::Store;
use crate::engine::journal::JournalError;
use crate::model::email::EmailKey;

/// The intents of one state directory.
pub(super) struct Intents {
    shared: Arc<Shared>,
    /// Held by the task that writes; the number of the last written intent.
    written: Arc<Turn<u64>>,
}

struct Shared {
    store: Arc<Store>,
    folder: PathBuf,
    /// Flushed before an intent is deleted.
    hand_off: Arc<HandOffFile>,
    queue: Mutex<Queue>,
}

/// The changes for the next commit.
#[derive(Default)]
struct Queue {
    /// By number, in order of arrival.
    waiting: BTreeMap<u64, EmailKey>,
    last: u64,
    settled: BTreeSet<EmailKey>,
}

impl Intents {
    pub(super) fn new(store: Arc<Store>, folder: PathBuf, hand_off: Arc<HandOffFile>) -> Self {
        Self {
            shared: Arc::new(Shared {
                store,
                folder,
                hand_off,
                queue: Mutex::default(),
            }),
            written: Arc::default(),
        }
    }

    /// Returns the intents that an earlier process left.
    pub(super) fn load(&self) -> Result<BTreeSet<EmailKey>, StateError> {
        self.shared.store.read(|connection| {
            let mut rows = connection.prepare("SELECT email FROM intents")?;
            let emails = rows.query_map([], |row| Ok(EmailKey::from_stored(row.get_ref(0)?.as_str()?)))?;
            Ok(emails.collect::<Result<_, _>>()?)
        })
    }

    /// Writes an intent. Durable once it is `Ok`. If the future is dropped, the intent may still be written.
    pub(super) async fn intend(&self, email: &EmailKey) -> Result<(), JournalError> {
        let number = {
            let mut queue = self.shared.queue();
            queue.last += 1;
            let number = queue.last;
            queue.waiting.insert(number, email.clone());
            number
        };
        let mut written = Arc::clone(&self.written).lock_owned().await;
        if *written >= number {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        // The guard moves into the task: it is held until the write ends, even if this future is dropped.
        let result = spawn_blocking(move || shared.commit().map(|upto| *written = upto.max(*written))).await;
        let result = result.unwrap_or_else(|_| Err(self.shared.shutdown_error()));
        result.map_err(|error| {
            self.shared.queue().waiting.remove(&number);
            self.journal_error(Arc::new(error))
        })
    }

    /// Converts an error of the state directory to one of the create.
    pub(super) fn journal_error(&self, source: Arc<dyn std::error::Error + Send + Sync>) -> JournalError {
        JournalError {
            folder: self.shared.folder.clone(),
            source,
        }
    }

    /// Marks an intent as settled. Deleted by the next commit or [`Intents::flush`].
    pub(super) fn mark_settled(&self, email: &EmailKey) {
        self.shared.queue().settled.insert(email.clone());
    }

    /// Deletes the settled intents.
    pub(super) fn flush(&self) {
        if self.shared.queue().settled.is_empty() {
            return;
        }
        if let Err(error) = self.shared.commit() {
            // The next process checks them again and finds them settled.
            tracing::debug!(%error, "cannot delete settled intents");
        }
    }
}

impl Shared {
    /// Writes all queued changes in one durable transaction; returns the number of the last written intent.
    fn commit(&self) -> Result<u64, StateError> {
        // Lock the store before taking the queue, so that commits keep the order of arrival.
        let mut connection = self.store.lock();
        let (waiting, last, settled) = {
            let queue = self.queue();
            (queue.waiting.clone(), queue.last, queue.settled.clone())
        };
        if !settled.is_empty() {
            // The hand-off must be on disk before the intent is deleted.
            self.hand_off.flush()?;
        }
        self.store.write(&mut connection, |write| {
            // Delete first: an e-mail in both was settled before it was intended again.
            let mut gone = write.prepare("DELETE FROM intents WHERE email = ?1")?;
            settled
                .iter()
                .try_for_each(|email| gone.execute([email.as_str()]).map(drop))?;
            let mut new = write.prepare("INSERT OR IGNORE INTO intents (email) VALUES (?1)")?;
            let mut emails = waiting.values();
            Ok(emails.try_for_each(|email| new.execute([email.as_str()]).map(drop))?)
        })?;
        let mut queue = self.queue();
        queue.waiting.retain(|number, _| *number > last);
        queue.settled.retain(|email| !settled.contains(email));
        Ok(last)
    }

    fn shutdown_error(&self) -> StateError {
        let gone = std::io::Error::other("the process is ending");
        StateError::file_error("write intents to", &self.folder)(gone)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
