//! Intents: which creates were about to be sent. Whoever comes first writes for all who wait, so that many at once cost
//! one flush.

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
    /// Whose turn it is to write, and the number up to which it is written.
    written: Arc<Turn<u64>>,
}

struct Shared {
    store: Arc<Store>,
    folder: PathBuf,
    /// What must be on disk before an intent goes.
    hand_off: Arc<HandOffFile>,
    queue: Mutex<Queue>,
}

/// What the next commit takes along.
#[derive(Default)]
struct Queue {
    /// By number, in the order they came.
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

    /// Those an earlier life left.
    pub(super) fn left(&self) -> Result<BTreeSet<EmailKey>, StateError> {
        self.shared.store.read(|connection| {
            let mut rows = connection.prepare("SELECT email FROM intents")?;
            let emails = rows.query_map([], |row| Ok(EmailKey::restored(row.get_ref(0)?.as_str()?)))?;
            Ok(emails.collect::<Result<_, _>>()?)
        })
    }

    /// Durable once it is `Ok`. When the future is dropped, the intent may be written all the same.
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
        // The turn goes along: it ends when this is written, also where nobody waits for it any more.
        let told = spawn_blocking(move || shared.commit().map(|upto| *written = upto.max(*written))).await;
        let told = told.unwrap_or_else(|_| Err(self.shared.ending()));
        told.map_err(|error| {
            self.shared.queue().waiting.remove(&number);
            self.error(Arc::new(error))
        })
    }

    /// An error of the state directory, as whoever creates is told.
    pub(super) fn error(&self, source: Arc<dyn std::error::Error + Send + Sync>) -> JournalError {
        JournalError {
            folder: self.shared.folder.clone(),
            source,
        }
    }

    /// No longer needed. Goes with the next commit, or with [`Intents::flush`].
    pub(super) fn settle(&self, email: &EmailKey) {
        self.shared.queue().settled.insert(email.clone());
    }

    /// Writes what waits to be written.
    pub(super) fn flush(&self) {
        if self.shared.queue().settled.is_empty() {
            return;
        }
        if let Err(error) = self.shared.commit() {
            // What is left is looked at again in the next life, and found settled then.
            tracing::debug!(%error, "settled intents are left");
        }
    }
}

impl Shared {
    /// Writes everything that waits, in one durable transaction; the number up to which it did.
    fn commit(&self) -> Result<u64, StateError> {
        // First, so that what is taken is written in the order it came.
        let mut connection = self.store.lock();
        let (waiting, last, settled) = {
            let queue = self.queue();
            (queue.waiting.clone(), queue.last, queue.settled.clone())
        };
        if !settled.is_empty() {
            // Whoever was made is told of even if the machine stops right after the intent has gone.
            self.hand_off.flush()?;
        }
        self.store.write(&mut connection, |write| {
            // What is settled was so before it was intended anew.
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

    fn ending(&self) -> StateError {
        let gone = std::io::Error::other("the process is ending");
        StateError::file("write down intents in", &self.folder)(gone)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
