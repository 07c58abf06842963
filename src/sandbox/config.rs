//! How a sandbox behaves: who may sign in, how slow and how strict it is, and every fact about Jira that is not certain.

use std::time::Duration;

use secrecy::SecretString;

use super::faults::Faults;

/// How a sandbox behaves. Everything in here is fixed at its start but the faults
/// ([`Sandbox::set_faults`](super::Sandbox::set_faults)).
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose token it is: the e-mail of the account that signs in. The account exists without being seeded.
    pub user: String,
    /// The API token that is accepted.
    pub token: SecretString,
    /// Whether that account administers Jira (permission `ADMINISTER`): needed to create and remove customers and for
    /// the access settings.
    pub administrator: bool,
    /// Whether it may browse users (permission `USER_PICKER`): without it, searches are empty and the sweep is refused.
    pub user_picker: bool,
    /// How long every request takes, by tokio's clock.
    pub latency: Duration,
    /// Requests a second for each operation before it answers 429; nothing: no limit.
    pub rate: Option<u32>,
    /// The highest `limit` of a JSM page: what is echoed when more was asked for.
    pub page_limit: u32,
    /// What goes wrong.
    pub faults: Faults,
    /// Whether the journal keeps request and answer bodies. Off for measurements.
    pub record_bodies: bool,
    /// How many exchanges the journal keeps; the oldest are forgotten first. The counters count on.
    pub journal_limit: usize,
    /// The time of day inside the sandbox when it starts.
    pub started: jiff::Timestamp,
    /// Facts that are not certain.
    pub rules: Rules,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            user: "quietdesk@example.com".to_owned(),
            token: SecretString::from("sandbox"),
            administrator: true,
            user_picker: true,
            latency: Duration::ZERO,
            rate: None,
            page_limit: 50,
            faults: Faults::default(),
            record_bodies: true,
            journal_limit: 50_000,
            started: jiff::Timestamp::UNIX_EPOCH,
            rules: Rules::default(),
        }
    }
}

/// Facts about Jira that are not certain, each with the answer the sandbox assumes. The ledger in
/// [the module](super) says where each comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How many accounts one membership call may name; more is refused with 400.
    pub membership_limit: usize,
    /// Whether a full page that happens to be the last says so. If not, an empty page follows it.
    pub full_last_page_says_so: bool,
    /// The sweep of all accounts drops every n-th row of the range asked for, so that pages are short before the end.
    pub sweep_gap: Option<u32>,
    /// How the access settings spell their booleans.
    pub settings_spelling: SettingsSpelling,
    /// What writing the access settings answers.
    pub settings_answer: SettingsAnswer,
    /// Whether the site lets anybody sign up (`globalPublicSignup`). Never on Cloud.
    pub public_signup: bool,
    /// Whether closing a desk removes the customers nobody added by hand; here: all of them.
    pub closing_removes: bool,
    /// Whether the e-mail of every account but portal-only ones is hidden, even from administrators.
    pub hide_atlassian_emails: bool,
    /// Whether a search by a hidden e-mail finds its account.
    pub search_finds_hidden_emails: bool,
    /// Whether the user search finds portal-only accounts.
    pub search_finds_portal_only: bool,
    /// Whether an agent who is added to a desk appears in its list of customers.
    pub agents_are_listed: bool,
    /// Whether a deactivated account stays in the list of a desk's customers.
    pub inactive_are_listed: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            membership_limit: 50,
            full_last_page_says_so: true,
            sweep_gap: Some(40),
            settings_spelling: SettingsSpelling::Booleans,
            settings_answer: SettingsAnswer::Settings,
            public_signup: false,
            closing_removes: false,
            hide_atlassian_emails: false,
            search_finds_hidden_emails: true,
            search_finds_portal_only: true,
            agents_are_listed: true,
            inactive_are_listed: true,
        }
    }
}

/// How the access settings spell their booleans (jira-facts §3, U).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsSpelling {
    /// `true` and `false`.
    Booleans,
    /// `"true"` and `"false"`.
    Texts,
}

/// What writing the access settings answers (U).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsAnswer {
    /// 200 with the settings as they are now.
    Settings,
    /// 200 with an empty body.
    Empty,
    /// 204.
    NoContent,
}
