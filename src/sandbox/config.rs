//! How a sandbox behaves: who may sign in, how slow and how strict it is, and every fact about Jira that is not certain.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

use super::faults::Faults;

/// How a sandbox behaves. Everything in here is fixed at its start but the faults
/// ([`Sandbox::set_faults`](super::Sandbox::set_faults)).
#[derive(Clone, Debug)]
pub struct Config {
    /// Which Jira it is.
    pub deployment: Deployment,
    /// Whose token it is: the e-mail of the account that signs in; on Data Center its user name too. The account exists
    /// without being seeded.
    pub user: String,
    /// The token that is accepted: an API token; on Data Center a personal access token, and the user's password as well.
    pub token: SecretString,
    /// Data Center: whether a user's name and password are accepted; nothing: as the version has it by default.
    pub basic_sign_in: Option<bool>,
    /// Data Center: whether the service management is licensed.
    pub licensed: bool,
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
            deployment: Deployment::Cloud,
            basic_sign_in: None,
            licensed: true,
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

/// Which Jira a sandbox is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deployment {
    /// Jira Cloud.
    #[default]
    Cloud,
    /// Jira Data Center.
    DataCenter(Version),
}

/// A version of Jira Data Center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 9.12: a search for anything lists all accounts.
    V9_12,
    /// 10.0: a search ends at 100 accounts.
    V10_0,
    /// 10.3: accounts are listed by cursor.
    V10_3,
    /// 11.1: as before, and basic sign-in is off by default.
    V11,
}

impl Version {
    /// Its numbers.
    #[must_use]
    pub fn numbers(self) -> [u32; 3] {
        match self {
            Self::V9_12 => [9, 12, 15],
            Self::V10_0 => [10, 0, 1],
            Self::V10_3 => [10, 3, 4],
            Self::V11 => [11, 1, 0],
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers();
        write!(f, "{major}.{minor}.{patch}")
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
    /// Data Center: whether the service management writes the user names it makes in lower case.
    pub lowercase_usernames: bool,
    /// Data Center: whether the service management's create answers 409 to an e-mail that is taken, not 400.
    pub conflict_is_409: bool,
    /// Data Center: whether the service management's create looks at user names only, so that an e-mail another account has
    /// gets a second one.
    pub create_ignores_emails: bool,
    /// Data Center: whether a user made with `applicationKeys: []` is given the default application all the same.
    pub default_application: bool,
    /// Data Center: what adding to a desk answers.
    pub add_answer: AddAnswer,
    /// Data Center: whether `PUT user` changes the user name.
    pub put_renames: bool,
    /// Data Center: whether `PUT user` changes `active`.
    pub put_activates: bool,
    /// Data Center: whether users come from a directory that Jira only reads, and the status it refuses changes with; 200:
    /// it takes them without effect.
    pub read_only_directory: Option<u16>,
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
            lowercase_usernames: true,
            conflict_is_409: false,
            create_ignores_emails: false,
            default_application: false,
            add_answer: AddAnswer::Page,
            put_renames: true,
            put_activates: true,
            read_only_directory: None,
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

/// What adding to a desk answers on Data Center (jira-facts §1, H that any of these must be accepted).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddAnswer {
    /// A page of the users.
    Page,
    /// A bare array of them.
    Array,
    /// One object.
    Object,
    /// Nothing, with 200.
    Empty,
    /// Nothing, with 204.
    NoContent,
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
