//! Formats an error and its causes in one line.

use std::iter::successors;

use crate::model::email::mask_addresses;

/// Returns the error's message, followed by each cause after a colon.
#[must_use]
pub fn error_chain(error: &dyn std::error::Error) -> String {
    append_causes(error.to_string(), error)
}

/// Like [`error_chain`], with e-mails masked for logs: Jira's error messages can contain them.
#[must_use]
pub fn masked_error_chain(error: &dyn std::error::Error) -> String {
    mask_addresses(&error_chain(error))
}

/// Like [`error_chain`], with `words` in place of the error's own message.
#[must_use]
pub fn append_causes(words: String, error: &dyn std::error::Error) -> String {
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
    fn every_cause_appears_once() {
        let error = Outer("read it", std::io::Error::other("it is gone"));
        assert_eq!(error_chain(&error), "cannot read it: it is gone");
        assert_eq!(append_causes("unread".to_owned(), &error), "unread: it is gone");
        assert_eq!(error_chain(&error.1), "it is gone");
    }
}
