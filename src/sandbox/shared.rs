//! The core that all clones of a sandbox and its connections share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::config::Config;
use super::core::Core;
use super::seed::Seed;

/// A core behind its lock, and its start time. Clones share one core.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    core: Arc<Mutex<Core>>,
    start: Instant,
}

impl Shared {
    pub(super) fn new(config: Config, seed: &Seed) -> Self {
        Self {
            core: Arc::new(Mutex::new(Core::new(config, seed))),
            start: Instant::now(),
        }
    }

    /// Locks the core.
    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        // A panic under the lock is a bug of the sandbox; its record until then is still worth reading.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
