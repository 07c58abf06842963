//! The configuration of a sandbox: credentials, latency, limits, faults, and every uncertain fact about Jira.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::faults::Faults;

/// The configuration of a sandbox. Fixed at its start, except for the faults
/// ([`Sandbox::set_faults`](super::Sandbox::set_faults)).
#[derive(Clone, Debug)]
pub struct Config {
    /// Cloud, or a version of Data Center.
    pub deployment: Deployment,
    /// The owner of the token: the e-mail of the account that signs in, on Data Center its username. The account exists
    /// without being seeded.
    pub user: String,
    /// The accepted secret: on Cloud an API token; on Data Center a personal access token (`Bearer`), and the password
    /// of basic sign-in.
    pub token: SecretString,
    /// Whether the service management is licensed. If not, Data Center refuses all of it except `info`.
    pub licensed: bool,
    /// Whether Data Center accepts basic sign-in; `None`: the default of its version.
    pub basic_sign_in: Option<bool>,
    /// Whether Data Center's user directory is read-only.
    pub read_only_directory: bool,
    /// Whether that account administers Jira (permission `ADMINISTER`): required to create and remove customers and for
    /// the access settings.
    pub administrator: bool,
    /// Whether it may browse users (permission `USER_PICKER`). Without it, searches are empty and the sweep is refused.
    pub user_picker: bool,
    /// The duration of every request, by tokio's clock.
    pub latency: Duration,
    /// Requests a second for each operation before it returns 429; `None`: no limit.
    pub rate: Option<u32>,
    /// The highest `limit` of a JSM page; a higher one is lowered to it, and echoed.
    pub page_limit: u32,
    /// The fault script.
    pub faults: Faults,
    /// Whether the journal keeps request and response bodies. Off for measurements.
    pub record_bodies: bool,
    /// How many exchanges the journal keeps; the oldest are dropped first. The counters are not limited.
    pub journal_limit: usize,
    /// The site's own address, in links and `serverInfo`; `None`: the address the request was sent to. Cloud also
    /// serves its gateway's paths, below `/ex/jira/CLOUD_ID`.
    pub site: Option<String>,
    /// The sandbox's time when it starts.
    pub started: jiff::Timestamp,
    /// How far the clock of the `Date` header is ahead of this machine's, in seconds
    /// ([`Sandbox::set_clock`](super::Sandbox::set_clock)).
    pub clock_offset: i64,
    /// Uncertain facts about Jira.
    pub rules: Rules,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            deployment: Deployment::Cloud,
            licensed: true,
            basic_sign_in: None,
            read_only_directory: false,
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
            site: None,
            started: jiff::Timestamp::UNIX_EPOCH,
            clock_offset: 0,
            rules: Rules::default(),
        }
    }
}

/// The deployment a sandbox simulates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deployment {
    /// Jira Cloud.
    #[default]
    Cloud,
    /// Jira Data Center.
    DataCenter(Version),
}

/// A release line of Data Center: those between which a change is visible to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 9.12: the search shows every account, page by page.
    V9_12,
    /// 10.0: the search ends at the hundredth account, and there is no other list.
    V10_0,
    /// 10.3: there is a list of all accounts.
    V10_3,
    /// 11: no basic sign-in, unless the site enables it.
    V11,
}

/// The error for a text that is not a [`Version`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version the sandbox simulates; use 9.12, 10.0, 10.3 or 11")]
pub struct ParseVersionError(String);

impl Version {
    /// The number of the simulated release: major, minor, patch.
    pub(super) fn numbers(self) -> [u32; 3] {
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

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(word: &str) -> Result<Self, ParseVersionError> {
        match word {
            "9.12" => Ok(Self::V9_12),
            "10.0" => Ok(Self::V10_0),
            "10.3" => Ok(Self::V10_3),
            "11" => Ok(Self::V11),
            other => Err(ParseVersionError(other.to_owned())),
        }
    }
}

/// Uncertain facts about Jira, each with the value the sandbox assumes. `docs/jira.md` has the source of each, and what
/// quietdesk does if it is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The most accounts of one membership call; more are refused with 400.
    pub membership_limit: usize,
    /// Which responses have `X-Seraph-LoginReason`, the result of the sign-in, and in which form.
    pub login_reasons: LoginReasons,
    /// Whether `serverInfo` has `deploymentType`.
    pub states_deployment_type: bool,
    /// Whether `mypermissions` has the permissions requested.
    pub states_permissions: bool,
    /// Whether [`Config::rate`] applies to all operations together on Cloud, too.
    pub one_rate_limit: bool,
    /// Whether requests beyond [`Config::rate`] are refused with `Retry-After: 0`.
    pub limited_says_zero: bool,
    /// Whether a full last page is marked as the last. If not, an empty page follows it.
    pub full_last_page_says_so: bool,
    /// The sweep of all accounts drops every n-th row of the requested range, so that pages are short before the end.
    pub sweep_gap: Option<u32>,
    /// How booleans are encoded in the access settings.
    pub settings_spelling: SettingsSpelling,
    /// The response to writing the access settings.
    pub settings_answer: SettingsAnswer,
    /// Cloud: whether the access settings leave out `serviceDeskPublicSignup`, which can no longer be chosen.
    pub settings_leave_signup_out: bool,
    /// Whether the access settings have another writable boolean.
    pub settings_have_another: bool,
    /// Whether anyone may sign up to the site (`globalPublicSignup`). Never on Cloud.
    pub public_signup: bool,
    /// Whether closing a desk removes the customers that were not added by hand; here: all of them.
    pub closing_removes: bool,
    /// Whether the e-mail of every account except portal-only ones is hidden, even from administrators.
    pub hide_atlassian_emails: bool,
    /// Data Center: whether e-mails are masked, even for administrators: `ada at example dot com`.
    pub mask_emails: bool,
    /// Whether a search by a hidden e-mail finds its account.
    pub search_finds_hidden_emails: bool,
    /// Whether the user search finds portal-only accounts.
    pub search_finds_portal_only: bool,
    /// Whether an agent who is added to a desk appears in its list of customers.
    pub agents_are_listed: bool,
    /// Cloud: whether the list of a desk's customers continues to show people after they were removed. They then have
    /// no place in its role.
    pub removed_stay_listed: bool,
    /// Cloud: whether the list shows the members of the groups that may browse the desk's project
    /// ([`SeedDesk::browsing_groups`](super::SeedDesk::browsing_groups)), without a place in its role.
    pub people_by_group_are_listed: bool,
    /// Cloud: whether the project role of a desk's customers can be read; if not, it alone is refused with 403.
    pub customers_role_can_be_read: bool,
    /// Cloud: whether an app can be added to a desk; if not, adding one is refused.
    pub apps_can_be_added: bool,
    /// Whether a deactivated account stays in the list of a desk's customers.
    pub inactive_are_listed: bool,
    /// Data Center: whether the username of a created customer is the address in lower case.
    pub lowercase_usernames: bool,
    /// Data Center: whether usernames ignore case.
    pub usernames_ignore_case: bool,
    /// Data Center: whether creating a customer only checks whether the address is a username. If so, an address that
    /// an account with another username has is given to a second account.
    pub create_checks_emails_only_as_usernames: bool,
    /// Data Center: whether creating a customer with an address that is taken returns 409 rather than 400.
    pub create_answers_conflict: bool,
    /// Data Center: whether creating is refused in the account's language, German, whatever the client requests.
    pub create_answers_in_german: bool,
    /// Data Center: whether `myself` and changing accounts need `X-ExperimentalApi`.
    pub account_calls_are_experimental: bool,
    /// Data Center: whether creating customers and adding them needs `X-ExperimentalApi: opt-in`.
    pub customer_calls_are_experimental: bool,
    /// Data Center: whether the platform's create refuses an address that another account has.
    pub platform_refuses_taken_emails: bool,
    /// Data Center: whether the platform's create grants the default application, a seat, for an empty list too.
    pub empty_application_keys_take_a_seat: bool,
    /// Data Center: whether updating an account can change its username; if not, `name` is ignored.
    pub rename_by_put: bool,
    /// Data Center: whether updating an account can deactivate it; if not, `active` is ignored.
    pub put_active: bool,
    /// Data Center: whether a search for `.` finds all accounts.
    pub dot_finds_everybody: bool,
    /// Data Center: whether the list of all accounts includes deactivated ones.
    pub user_list_has_inactive: bool,
    /// Data Center: the response status of a write to a read-only directory.
    pub read_only_status: u16,
    /// Data Center: the response to adding customers to a desk.
    pub add_answer: AddAnswer,
    /// Data Center: whether removing an account that is not in a role returns 404 rather than 204.
    pub removing_non_member_is_not_found: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            membership_limit: 50,
            login_reasons: LoginReasons::OfFailures,
            states_deployment_type: true,
            states_permissions: true,
            one_rate_limit: false,
            limited_says_zero: false,
            full_last_page_says_so: true,
            sweep_gap: Some(40),
            settings_spelling: SettingsSpelling::Booleans,
            settings_answer: SettingsAnswer::Settings,
            settings_leave_signup_out: false,
            settings_have_another: false,
            public_signup: false,
            closing_removes: false,
            hide_atlassian_emails: false,
            mask_emails: false,
            search_finds_hidden_emails: true,
            search_finds_portal_only: true,
            agents_are_listed: true,
            removed_stay_listed: false,
            people_by_group_are_listed: false,
            customers_role_can_be_read: true,
            apps_can_be_added: false,
            inactive_are_listed: true,
            lowercase_usernames: true,
            usernames_ignore_case: true,
            create_checks_emails_only_as_usernames: false,
            create_answers_conflict: false,
            create_answers_in_german: false,
            account_calls_are_experimental: true,
            customer_calls_are_experimental: true,
            platform_refuses_taken_emails: false,
            empty_application_keys_take_a_seat: false,
            rename_by_put: true,
            put_active: true,
            dot_finds_everybody: true,
            user_list_has_inactive: true,
            read_only_status: 400,
            add_answer: AddAnswer::Users,
            removing_non_member_is_not_found: true,
        }
    }
}

/// Which responses have `X-Seraph-LoginReason`, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginReasons {
    /// Only failures.
    OfFailures,
    /// Every response, as a list: `OUT, OK`.
    Listed,
    /// Every response, as two headers: `OUT` and `OK`.
    Twice,
}

/// How booleans are encoded in the access settings (docs/jira.md#access-types).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsSpelling {
    /// `true` and `false`.
    Booleans,
    /// `"true"` and `"false"`.
    Texts,
}

/// The response to writing the access settings (docs/jira.md#access-write-answer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsAnswer {
    /// 200 with the current settings.
    Settings,
    /// 200 with an empty body.
    Empty,
    /// 204.
    NoContent,
}

/// The response to adding customers to a desk of Data Center (docs/jira.md#add-data-center).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddAnswer {
    /// 200 with a list of the users.
    Users,
    /// 200 with only the first user, as an object.
    User,
    /// 200 with a page of the users.
    Page,
    /// 200 with an empty body.
    Empty,
    /// 204.
    NoContent,
}
