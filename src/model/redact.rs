//! Masking of personal data in reports, for public places such as a pull request.

use super::account::AccountId;
use super::email::mask_addresses;
use super::report::{HeldEntry, NoteEntry, RefusedEntry, Report, StepEntry};
use super::step::StepKind;

/// Masks an e-mail: keeps its first letter and its domain, enough to notice a mistyped domain.
#[must_use]
pub fn mask_email(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{}…@{domain}", local.chars().next().unwrap_or('?')),
        None => "…".to_owned(),
    }
}

/// Masks a display name: keeps its first letter.
#[must_use]
pub fn mask_name(text: &str) -> String {
    text.chars()
        .next()
        .map_or_else(String::new, |first| format!("{first}…"))
}

impl Report {
    /// Masks e-mails and names in all fields and messages.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        self.steps.iter_mut().chain(&mut self.paused).for_each(mask_step);
        self.held.iter_mut().for_each(mask_held);
        self.notes.iter_mut().for_each(mask_note);
        self.refused.iter_mut().for_each(mask_refused);
        for stranger in self
            .desks
            .values_mut()
            .flat_map(|desk| desk.unlisted_accounts.iter_mut().flatten())
        {
            stranger.email = stranger.email.as_deref().map(mask_email);
            mask_account(&mut stranger.account);
            stranger.name = mask_name(&stranger.name);
        }
        self.warnings.iter_mut().for_each(mask_text);
        self.stopped.iter_mut().for_each(mask_text);
        self
    }
}

fn mask_step(step: &mut StepEntry) {
    match step.kind {
        StepKind::CreateCustomer => {
            // Without a name, the e-mail is the display name.
            let named = step
                .after
                .as_deref()
                .filter(|name| Some(*name) != step.email.as_deref())
                .map(mask_name);
            step.after = named.or_else(|| step.email.as_deref().map(mask_email));
        }
        StepKind::UpdateCustomer => {
            // An address, a name, or both.
            step.before = step.before.as_deref().map(mask_changes);
            step.after = step.after.as_deref().map(mask_changes);
        }
        // These fields hold access modes at most.
        StepKind::AddToDesk | StepKind::RemoveFromDesk | StepKind::SetAccess => {}
    }
    step.email = step.email.as_deref().map(mask_email);
    step.error.iter_mut().for_each(mask_text);
}

/// Masks each part of an account change.
fn mask_changes(text: &str) -> String {
    let masked = text.split(", ").map(|part| match part {
        "deactivated" | "active" => part.to_owned(),
        address if address.contains('@') => mask_email(address),
        other => mask_name(other),
    });
    masked.collect::<Vec<_>>().join(", ")
}

fn mask_held(held: &mut HeldEntry) {
    held.email = held.email.as_deref().map(mask_email);
    held.account
        .iter_mut()
        .chain(&mut held.candidates)
        .for_each(mask_account);
    mask_text(&mut held.reason);
}

fn mask_note(note: &mut NoteEntry) {
    note.email = note.email.as_deref().map(mask_email);
    if note.desk.is_none() {
        // Notes without a desk contain a display name.
        note.note = "Jira has another name, which quietdesk leaves alone".to_owned();
    }
}

fn mask_refused(refused: &mut RefusedEntry) {
    refused.email = refused.email.as_deref().map(mask_email);
    mask_account(&mut refused.account);
}

/// Masks an account id that is an e-mail: a Data Center username can be one.
fn mask_account(account: &mut AccountId) {
    if account.0.contains('@') {
        account.0 = mask_email(&account.0);
    }
}

fn mask_text(text: &mut String) {
    *text = mask_addresses(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_letter_and_a_domain_are_left() {
        assert_eq!(mask_email("ada.lovelace@example.com"), "a…@example.com");
        assert_eq!(mask_email("@example.com"), "?…@example.com");
        assert_eq!(mask_email("ada"), "…");
        assert_eq!(
            (mask_name("Ada Lovelace"), mask_name("")),
            ("A…".to_owned(), String::new())
        );
        let changed = "old@example.com, Ada Lovelace, deactivated";
        assert_eq!(mask_changes(changed), "o…@example.com, A…, deactivated");
    }
}
