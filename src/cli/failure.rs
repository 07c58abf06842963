//! Why a command failed, and its exit code.

use std::io;

use super::exit::Exit;
use crate::causes::error_chain;
use crate::engine::recheck::RecheckError;

/// Why a command failed, and its exit code.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    pub(super) error: Box<dyn std::error::Error + Send + Sync>,
}

impl Failure {
    pub(super) fn new(exit: Exit, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            exit,
            error: error.into(),
        }
    }
}

/// Writes the error and its causes in one line.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&error_chain(self.error.as_ref()))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(Exit::Internal, error)
    }
}

/// For a pass that could not be planned.
impl From<RecheckError> for Failure {
    fn from(error: RecheckError) -> Self {
        match error {
            RecheckError::Observe(error) => Self::new(Exit::from_observe_error(&error), error),
            other @ RecheckError::OtherDeployment { .. } => Self::new(Exit::Invalid, other),
            stale @ RecheckError::Stale(_) => Self::new(Exit::Stale, stale),
        }
    }
}
