//! Reports without personal data, for where others read along: a public pull request, say.

use super::account::AccountId;
use super::email::masked;
use super::report::{HeldEntry, NoteEntry, RefusedEntry, Report, StepEntry};
use super::step::StepKind;

/// An address by its first letter and its domain: enough to see a mistyped domain, not to know who it is.
#[must_use]
pub fn email(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{}…@{domain}", local.chars().next().unwrap_or('?')),
        None => "…".to_owned(),
    }
}

/// A display name by its first letter.
#[must_use]
pub fn name(text: &str) -> String {
    text.chars()
        .next()
        .map_or_else(String::new, |first| format!("{first}…"))
}

impl Report {
    /// The same report with e-mails and names masked, and out of the texts as well.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        self.steps.iter_mut().chain(&mut self.paused).for_each(step);
        self.held.iter_mut().for_each(held);
        self.notes.iter_mut().for_each(note);
        self.refused.iter_mut().for_each(refused);
        for stranger in self
            .desks
            .values_mut()
            .flat_map(|desk| desk.unlisted_accounts.iter_mut().flatten())
        {
            stranger.email = stranger.email.as_deref().map(email);
            account(&mut stranger.account);
            stranger.name = name(&stranger.name);
        }
        self.warnings.iter_mut().for_each(text);
        self.stopped.iter_mut().for_each(text);
        self
    }
}

fn step(step: &mut StepEntry) {
    match step.kind {
        StepKind::CreateCustomer => {
            // Without a name of its own, an account is called by its e-mail.
            let named = step
                .after
                .as_deref()
                .filter(|name| Some(*name) != step.email.as_deref())
                .map(name);
            step.after = named.or_else(|| step.email.as_deref().map(email));
        }
        StepKind::UpdateCustomer => {
            // An address, a name, or both.
            step.before = step.before.as_deref().map(parts);
            step.after = step.after.as_deref().map(parts);
        }
        // Access modes, or nothing.
        StepKind::AddToDesk | StepKind::RemoveFromDesk | StepKind::SetAccess => {}
    }
    step.email = step.email.as_deref().map(email);
    step.error.iter_mut().for_each(text);
}

/// What changes about an account, each part masked.
fn parts(text: &str) -> String {
    let masked = text.split(", ").map(|part| match part {
        "deactivated" | "active" => part.to_owned(),
        address if address.contains('@') => email(address),
        other => name(other),
    });
    masked.collect::<Vec<_>>().join(", ")
}

fn held(held: &mut HeldEntry) {
    held.email = held.email.as_deref().map(email);
    held.account.iter_mut().chain(&mut held.candidates).for_each(account);
    text(&mut held.reason);
}

fn note(note: &mut NoteEntry) {
    note.email = note.email.as_deref().map(email);
    if note.desk.is_none() {
        // It tells a name; those about a desk tell none.
        note.note = "Jira has another name, which quietdesk leaves alone".to_owned();
    }
}

fn refused(refused: &mut RefusedEntry) {
    refused.email = refused.email.as_deref().map(email);
    account(&mut refused.account);
}

/// On Data Center it may be a user name, which may be the address.
fn account(account: &mut AccountId) {
    if account.0.contains('@') {
        account.0 = email(&account.0);
    }
}

fn text(text: &mut String) {
    *text = masked(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_letter_and_a_domain_are_left() {
        assert_eq!(email("ada.lovelace@example.com"), "a…@example.com");
        assert_eq!(email("@example.com"), "?…@example.com");
        assert_eq!(email("ada"), "…");
        assert_eq!((name("Ada Lovelace"), name("")), ("A…".to_owned(), String::new()));
        let changed = "old@example.com, Ada Lovelace, deactivated";
        assert_eq!(parts(changed), "o…@example.com, A…, deactivated");
    }
}
