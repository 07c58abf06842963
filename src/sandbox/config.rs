//! How a sandbox behaves: who may sign in, how slow and how strict it is, and every fact about Jira that is not certain.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::faults::Faults;

/// How a sandbox behaves. Everything in here is fixed at its start but the faults
/// ([`Sandbox::set_faults`](super::Sandbox::set_faults)).
#[derive(Clone, Debug)]
pub struct Config {
    /// Which Jira it is.
    pub deployment: Deployment,
    /// Whose token it is: the e-mail of the account that signs in, on Data Center its username. The account exists
    /// without being seeded.
    pub user: String,
    /// What is accepted: on Cloud an API token; on Data Center a personal access token (`Bearer`), and the password of
    /// basic sign-in.
    pub token: SecretString,
    /// Whether the service management is licensed. If not, Data Center refuses everything of it but `info`.
    pub licensed: bool,
    /// Whether Data Center lets people sign in with a password; nothing: as its version does by default.
    pub basic_sign_in: Option<bool>,
    /// Whether Data Center's users come from a directory Jira cannot write to.
    pub read_only_directory: bool,
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
    /// The site's own address, which links in answers begin with and `serverInfo` tells; nothing: the one the request
    /// went to. Cloud also answers as its gateway does, below `/ex/jira/CLOUD_ID`.
    pub site: Option<String>,
    /// The time of day inside the sandbox when it starts.
    pub started: jiff::Timestamp,
    /// How far the clock that answers tell (`Date`) is ahead of this machine's, in seconds
    /// ([`Sandbox::set_clock`](super::Sandbox::set_clock)).
    pub clock_ahead: i64,
    /// Facts that are not certain.
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
            clock_ahead: 0,
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

/// A line of releases of Data Center; the ones between which something a client can see has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 9.12: the search shows every account, page by page.
    V9_12,
    /// 10.0: the search ends at the hundredth account, and there is no other list.
    V10_0,
    /// 10.3: there is a list of all accounts.
    V10_3,
    /// 11: nobody signs in with a password, unless the site allows it.
    V11,
}

/// A word that is no [`Version`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version the sandbox simulates: 9.12, 10.0, 10.3 or 11")]
pub struct NotAVersion(String);

impl Version {
    /// The number of the release it stands for.
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
    type Err = NotAVersion;

    fn from_str(word: &str) -> Result<Self, NotAVersion> {
        match word {
            "9.12" => Ok(Self::V9_12),
            "10.0" => Ok(Self::V10_0),
            "10.3" => Ok(Self::V10_3),
            "11" => Ok(Self::V11),
            other => Err(NotAVersion(other.to_owned())),
        }
    }
}

/// Facts about Jira that are not certain, each with the answer the sandbox assumes. `docs/jira.md` says
/// where each comes from, and what quietdesk does if it is otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How many accounts one membership call may name; more is refused with 400.
    pub membership_limit: usize,
    /// Which answers say in `X-Seraph-LoginReason` what became of the sign-in, and how.
    pub login_reasons: LoginReasons,
    /// Whether `serverInfo` says its `deploymentType`.
    pub states_deployment_type: bool,
    /// Whether `mypermissions` has the permissions that were asked for.
    pub states_permissions: bool,
    /// Whether [`Config::rate`] holds for all operations together on Cloud, too.
    pub one_rate_limit: bool,
    /// Whether what is beyond [`Config::rate`] is answered with `Retry-After: 0`.
    pub limited_says_zero: bool,
    /// Whether a full page that happens to be the last says so. If not, an empty page follows it.
    pub full_last_page_says_so: bool,
    /// The sweep of all accounts drops every n-th row of the range asked for, so that pages are short before the end.
    pub sweep_gap: Option<u32>,
    /// How the access settings spell their booleans.
    pub settings_spelling: SettingsSpelling,
    /// What writing the access settings answers.
    pub settings_answer: SettingsAnswer,
    /// Cloud: whether the access settings leave `serviceDeskPublicSignup` out, which cannot be chosen any more.
    pub settings_leave_signup_out: bool,
    /// Whether the access settings have one more boolean that can be written.
    pub settings_have_another: bool,
    /// Whether the site lets anybody sign up (`globalPublicSignup`). Never on Cloud.
    pub public_signup: bool,
    /// Whether closing a desk removes the customers nobody added by hand; here: all of them.
    pub closing_removes: bool,
    /// Whether the e-mail of every account but portal-only ones is hidden, even from administrators.
    pub hide_atlassian_emails: bool,
    /// Data Center: whether e-mails are masked, even for administrators: `ada at example dot com`.
    pub mask_emails: bool,
    /// Whether a search by a hidden e-mail finds its account.
    pub search_finds_hidden_emails: bool,
    /// Whether the user search finds portal-only accounts.
    pub search_finds_portal_only: bool,
    /// Whether an agent who is added to a desk appears in its list of customers.
    pub agents_are_listed: bool,
    /// Cloud: whether the list of a desk's customers goes on showing people after they were removed. They have no place in
    /// its role then.
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
    /// Data Center: whether creating a customer makes the username of the address in lower case.
    pub lowercase_usernames: bool,
    /// Data Center: whether usernames are the same in any case.
    pub usernames_ignore_case: bool,
    /// Data Center: whether creating a customer asks only whether the address is somebody's username. If so, an address
    /// that an account with another username has is given to a second account.
    pub create_checks_emails_only_as_usernames: bool,
    /// Data Center: whether creating a customer whose address is taken answers 409 rather than 400.
    pub create_answers_conflict: bool,
    /// Data Center: whether creating is refused in the account's language, German, whatever the client asks for.
    pub create_answers_in_german: bool,
    /// Data Center: whether `myself` and changing accounts need `X-ExperimentalApi`.
    pub account_calls_are_experimental: bool,
    /// Data Center: whether creating customers and adding them needs `X-ExperimentalApi: opt-in`.
    pub customer_calls_are_experimental: bool,
    /// Data Center: whether the platform's create refuses an address another account has.
    pub platform_refuses_taken_emails: bool,
    /// Data Center: whether the platform's create gives the default application, a seat, for an empty list of them too.
    pub empty_application_keys_take_a_seat: bool,
    /// Data Center: whether changing an account can give it another username; if not, `name` is ignored.
    pub rename_by_put: bool,
    /// Data Center: whether changing an account can deactivate it; if not, `active` is ignored.
    pub put_active: bool,
    /// Data Center: whether a search for `.` finds everybody.
    pub dot_finds_everybody: bool,
    /// Data Center: whether the list of all accounts has deactivated ones.
    pub user_list_has_inactive: bool,
    /// Data Center: what writing to a read-only directory is answered.
    pub read_only_status: u16,
    /// Data Center: what adding to a desk answers.
    pub add_answer: AddAnswer,
    /// Data Center: whether taking somebody out of a role who is not in it answers 404 rather than 204.
    pub removing_nobody_is_not_found: bool,
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
            removing_nobody_is_not_found: true,
        }
    }
}

/// How `X-Seraph-LoginReason` tells what became of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginReasons {
    /// Only failures say so.
    OfFailures,
    /// Every answer does, in a list: `OUT, OK`.
    Listed,
    /// Every answer does, in two headers: `OUT` and `OK`.
    Twice,
}

/// How the access settings spell their booleans (docs/jira.md#access-types).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsSpelling {
    /// `true` and `false`.
    Booleans,
    /// `"true"` and `"false"`.
    Texts,
}

/// What writing the access settings answers (docs/jira.md#access-write-answer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsAnswer {
    /// 200 with the settings as they are now.
    Settings,
    /// 200 with an empty body.
    Empty,
    /// 204.
    NoContent,
}

/// What adding customers to a desk of Data Center answers (docs/jira.md#add-data-center).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddAnswer {
    /// 200 with a list of the users.
    Users,
    /// 200 with the first of them alone, as an object.
    User,
    /// 200 with a page of them.
    Page,
    /// 200 with an empty body.
    Empty,
    /// 204.
    NoContent,
}
