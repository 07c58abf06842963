//! An error and its causes in one line.

use std::iter::successors;

use crate::model::email::masked;

/// What the error says, and after a colon each what its cause says.
#[must_use]
pub fn in_full(error: &dyn std::error::Error) -> String {
    with_causes(error.to_string(), error)
}

/// The same for logs: what Jira said can hold e-mails.
#[must_use]
pub fn masked_in_full(error: &dyn std::error::Error) -> String {
    masked(&in_full(error))
}

/// The same with other words for the error itself.
#[must_use]
pub fn with_causes(words: String, error: &dyn std::error::Error) -> String {
    // The trait is not in scope: with it, `source` would be that of the reference.
    let causes = successors(error.source(), |cause| cause.source());
    causes.fold(words, |line, cause| format!("{line}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot {0}")]
    struct Outer(&'static str, #[source] std::io::Error);

    #[test]
    fn every_cause_is_told_once() {
        let error = Outer("read it", std::io::Error::other("it is gone"));
        assert_eq!(in_full(&error), "cannot read it: it is gone");
        assert_eq!(with_causes("unread".to_owned(), &error), "unread: it is gone");
        assert_eq!(in_full(&error.1), "it is gone");
    }
}
