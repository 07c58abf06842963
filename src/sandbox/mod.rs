//! A simulated Jira, Cloud or Data Center, with its service management, in memory and on loopback: for trials, training
//! and CI, and the
//! judge of the client.
//!
//! It owns the answer to "what would Jira do": it accepts what Jira accepts, refuses what Jira refuses, records every
//! mail Jira would send ([`Sandbox::outbox`]) and every seat it would take ([`Sandbox::seats`]), and writes down what a
//! client should not have done ([`Sandbox::violations`]). It must never share a type with the client: it spells Jira's
//! JSON by itself, from the contracts.
//!
//! | part | owns |
//! |---|---|
//! | `state` | what Jira knows and how it changes; pure; for every deployment |
//! | `routes` | the list of operations of each deployment: name, method, path; a leaf |
//! | `cloud`, `data_center` | the handlers of each: what they refuse, how they spell answers; pure |
//! | `common`, `deployment` | what both answer alike; which of the two it is |
//! | [`Faults`] | the script of what goes wrong, and which request it strikes |
//! | `core` | one request after another: faults, rate limit, answer, journal; synchronous |
//! | `shared` | the core behind its lock, for clones and connections |
//! | `server` | HTTP, waiting, dropping connections |
//!
//! # The ledger
//!
//! What is modelled, where it comes from (sections of jira-facts), how certain it is (**H** official or two clients agree,
//! **M** one client or article, **I** inferred, **U** unknown), and how to have it otherwise: a field of [`Rules`] or
//! [`Config`], or a [fault](Faults).
//!
//! Without mention of Data Center, a row is about Cloud, or about both.
//!
//! ## Signing in
//!
//! | behaviour | source | certainty | otherwise |
//! |---|---|---|---|
//! | basic `email:token`; anything else is 401 with `X-Seraph-LoginReason` | §§5, 8 | H | `Config::user`, `Config::token`, fault `401` |
//! | `serverInfo` and `info` answer without signing in | §1 | H for `info`, I for `serverInfo` | |
//! | a dead token: reads 200 with what strangers see, and `X-Seraph-LoginReason` | §5 | H; which paths, I | fault `dead-token` |
//! | … which only failures have; it may be on every answer, as a list or twice, with `OUT` before | §5 | H | `Rules::login_reasons` |
//! | the gateway below `/ex/jira/CLOUD_ID`: the same calls, and a token alone as `Bearer`; `serverInfo` tells the site's own address | §8 | H | `Config::site` |
//! | `serverInfo` says its `deploymentType`; it may not | §1 | H; that it may not, M | `Rules::states_deployment_type` |
//! | `mypermissions` has what was asked for; it may not | §5 | H; that it may not, I | `Rules::states_permissions` |
//! | an account without an agent licence: 403 with an empty body | §5 | H | fault `403-empty` |
//! | `Origin` or a browser's `User-Agent`: 403 `XSRF check failed`, a violation; Jira does so for writes, the sandbox always | §8 | H | |
//! | the experimental header is missing: 412, a violation | §1 | H that it is needed, I the status | |
//! | … it says `opt-in`, or `true` as older documents say | Atlassian's documents | H | |
//! | the access settings are not written without `X-Atlassian-Token: no-check`: 403, a violation | §3 | H that clients send it, I that it is needed | |
//! | a write that is not sent as JSON: 415, a violation | | I | |
//! | every answer is numbered in `atl-traceid` | | I | |
//! | every answer over HTTP tells the time in `Date` | | H (RFC 9110) | `Config::clock_ahead`, [`Sandbox::set_clock`] |
//!
//! ## Accounts
//!
//! | behaviour | source | certainty | otherwise |
//! |---|---|---|---|
//! | `POST /customer` makes a portal-only account and mails nobody | §§1, 2 | M | |
//! | … only for administrators, else 403 | §2 | M | `Config::administrator`, fault `create:403` |
//! | addresses are compared as they are written, apart from case: composed and decomposed, IDN and punycode are others | §4 | I | |
//! | … an address that is taken, whatever the case: 409, or 400 without `strictConflictStatusCode`; no id in the body | §4 | H | |
//! | … also where the holder is deactivated or hides the address | §4 | I | |
//! | … without a name, the address is the name; control characters and over 255 characters: 400 | | I | |
//! | … the search may not find the account for a while | §4 | I | fault `search-lag` |
//! | ids: `qm:<uuid>:<id>` portal-only, other spellings for people and apps | §4 | M | |
//! | one address can have a portal-only and an Atlassian account | §4 | H | seed two people |
//! | hidden addresses are left out of every answer but one's own `myself` | §4 | M | `SeedPerson::email_hidden`, `Rules::hide_atlassian_emails`, fault `hide-emails` |
//! | `user/search`: beginnings of names and addresses, active only, ends at the thousandth | §§1, 5 | H | |
//! | … also of the later words of a name | | I | |
//! | … by a hidden address too | §4 | I | `Rules::search_finds_hidden_emails` |
//! | … portal-only accounts too | §1 | I | `Rules::search_finds_portal_only` |
//! | … empty without the permission | §5 | H | `Config::user_picker` |
//! | `users/search`: all accounts, at most 1000 a page, a bare array | §1 | H | |
//! | … rows are dropped after the range is taken, so only an empty page ends it | §5 | H; which rows, I | `Rules::sweep_gap` |
//! | … 403 without the permission | contracts | H | `Config::user_picker` |
//! | `user`: `accountType`; groups and application roles only when expanded | §1 | H; that sizes show unexpanded, M | |
//!
//! ## Desks
//!
//! | behaviour | source | certainty | otherwise |
//! |---|---|---|---|
//! | pages: `limit` is lowered without a word and echoed | §6 | H; the maximum, U | `Config::page_limit`, fault `page-limit` |
//! | … a full last page says that it is the last | §6 | U | `Rules::full_last_page_says_so` |
//! | … customers are listed in the order of their accounts | | U | |
//! | … offsets move when somebody else adds or removes | §6 | H | [`Sandbox::add_member`], faults `repeat-row`, `skip-row`, `short-page` |
//! | … deactivated customers stay listed | | I | `Rules::inactive_are_listed` |
//! | `?query=` filters by beginnings of names and addresses | §1 | H | |
//! | adding is silent and idempotent: 204 | §§1, 2 | M silent, H idempotent | |
//! | … somebody does not exist: 400, the others are added | §7 | H | |
//! | … the same for deactivated accounts and apps | | I | `Rules::apps_can_be_added` |
//! | … an app on the list is a row like any other: nothing there says that it is one | contracts | H | seed an app with desks, [`Sandbox::add_member`] |
//! | … more than 50 accounts: 400, a violation | §7 | M | `Rules::membership_limit` |
//! | … an agent is listed then | | U | `Rules::agents_are_listed` |
//! | removing: 204; 400 with an `i18nKey` while the desk is open | §7 | H; the end of the key and the words, M: recorded | |
//! | … somebody does not exist: 400 and nobody is removed; who is not listed is passed over | | I | |
//! | … only for administrators, else 403 | | I | `Config::administrator` |
//! | an open desk gets people nobody added | §3 | M | [`Sandbox::add_member`] |
//! | project roles: `Administrators`, `Service Desk Team`, `Service Desk Customers` | §1 | M | |
//! | … the customers' role holds whoever has a place on the desk, and nobody else | §3 | H/I | `Rules::customers_role_can_be_read`, faults `role:403`, `role:empty`, `role:half` |
//! | the list of customers goes on showing people after they were removed, without a place in the role | §3 | H of the page, U of the list | `Rules::removed_stay_listed` |
//! | … and shows whoever may browse the project by a group | §3 | H of the page, U of the list | `Rules::people_by_group_are_listed`, `SeedDesk::browsing_groups` |
//!
//! ## Access settings
//!
//! | behaviour | source | certainty | otherwise |
//! |---|---|---|---|
//! | which fields there are | §3 | H | |
//! | … Cloud may leave `serviceDeskPublicSignup` out | §3 | I | `Rules::settings_leave_signup_out` |
//! | … there may be more that can be written; of those known to be the site's, none can | §3 | I | `Rules::settings_have_another` |
//! | their types | §3 | U | `Rules::settings_spelling` |
//! | writing replaces all: what is absent becomes false | §3 | I | |
//! | what writing answers | | U | `Rules::settings_answer` |
//! | a write that does not take | §3 | I | fault `write-access:ignored` |
//! | public signup is refused (400) | §3 | H that Cloud has none, I the status | `Rules::public_signup` |
//! | closing a desk removes nobody | §3 | I | `Rules::closing_removes` |
//! | only for administrators, else 403; not through every gateway | §3 | I | `Config::administrator`, faults `read-access:404`, `read-access:html` |
//!
//! ## Errors and limits
//!
//! | behaviour | source | certainty | otherwise |
//! |---|---|---|---|
//! | errors: `{errorMessages, errors}` of the platform, `{errorMessage, i18nErrorMessage}` of JSM, `{message}` of internal paths, `{code, message}` of 429, HTML | §7 | H | faults |
//! | `i18nKey`s other than the one of removing | | U, made up | |
//! | 429: `Retry-After`, `X-RateLimit-Reset`, `RateLimit-Reason`, for each operation by itself; asking early begins the wait anew | §7 | H | `Config::rate`, faults `429`, `429-bare` |
//! | … `Retry-After` may be 0, a fraction, a date, in the past, no number, or there twice; `X-RateLimit-Reset` may stand alone | §7 | H for 0, fractions and dates; the rest, I | `Rules::limited_says_zero`, faults `429-…` |
//! | … one limit may hold for all operations | §7 | H for quotas | `Rules::one_rate_limit` |
//! | `X-RateLimit-NearLimit` when less than a fifth is left | §7 | H | `Config::rate` |
//! | calls that mail or take a seat do so, into the outbox, and are violations | §2 | H, M for `customer/invite` | |
//! | a route that is not simulated: 501 in the shape of its API, a violation; unknown fields and parameters are violations | | stricter than Jira | |
//!
//! ## What other clients send
//!
//! For both deployments, unless a row says otherwise. `tests/clients` has three of these clients themselves.
//!
//! | behaviour | source | certainty | otherwise |
//! |---|---|---|---|
//! | a desk is named by its id, or by its project's key or id | Atlassian's documents | H; of Data Center, M: a working client says so | |
//! | `/rest/api/latest`, and on Cloud `/rest/api/2`, answer as the version quietdesk asks | Atlassian's documents | H; that all of it is alike, I | |
//! | … links name version 3 where it is asked, else 2; the service management's always 2 | recorded | H for 2 and 3, I for `latest` | |
//! | … roles are linked to by the project's id | recorded | H | |
//! | `usernames` beside `accountIds`, and the other way round on Data Center, where it is empty | contracts | H; of Data Center, M: a working client sends it | |
//! | … with names in it: 400, a violation | | I | |
//! | `true` and `false` in query parameters in any case; anything else is refused | a working client sends `True` | M; the refusal, I | |
//! | `includeActive` and `includeInactive` change nothing in Cloud's search | working clients send them | M | |
//! | `user/search` on Cloud finds one account by `accountId` | contracts | H | |
//! | `permissions` changes nothing in Data Center's `mypermissions` | a working client sends it | M | |
//! | `mypermissions` for a project, by `projectKey` or `projectId`: 404 where there is none | contracts | H | |
//! | `serverInfo` with `doHealthCheck=true` has `healthChecks` | a working client sends it | M | |
//! | creating takes `fullName` for `displayName` on Cloud | contracts | H | |
//! | `serverTime` goes on from the time of the start | | a matter of the sandbox | `Config::started` |
//!
//! ## Data Center: signing in, errors and limits
//!
//! | behaviour | source | certainty | otherwise |
//! |---|---|---|---|
//! | `serverInfo`: `deploymentType: "Server"`, `versionNumbers` | §1 | H | [`Version`] |
//! | Cloud's `/rest/api/3/serverInfo` is 404, and no violation: a client that asks which Jira it is may try it | | I | |
//! | a personal access token as `Bearer`; a wrong one is 401 with `X-Seraph-LoginReason` | §8 | H; the header, I | `Config::token` |
//! | basic sign-in; switched off, 403 with its `message`; so by default from Jira 11 | §8 | H | `Config::basic_sign_in` |
//! | a dead token: reads 200 with what strangers see, but `myself` is 401 | §5 | I: known of Cloud | fault `dead-token` |
//! | unlicensed, the service management answers 403 in HTML, but `info` | §1 | H | `Config::licensed` |
//! | `mypermissions` takes no permissions to ask for and tells all | contracts | H; which there are, I | `Config::administrator`, `Config::user_picker` |
//! | `myself`, `POST` and `PUT user`, `user/password` and `user/application` are experimental: without the header 412, a violation | contracts | H; the status, I | `Rules::account_calls_are_experimental` |
//! | creating customers and adding them is experimental: without the header 412, a violation | | M: a working client sends it | `Rules::customer_calls_are_experimental` |
//! | the access settings want the same headers as on Cloud | §3 | I | |
//! | every answer is numbered in `x-arequestid` | | I | |
//! | one bucket of tokens for the user; five headers on every answer; 429 when it is empty | §7 | H; the body, I | `Config::rate`, faults `429`, `429-bare` |
//! | the journal keeps no password | | a matter of the sandbox | [`Sandbox::password_of`] |
//!
//! ## Data Center: accounts
//!
//! | behaviour | source | certainty | otherwise |
//! |---|---|---|---|
//! | the stable id is the `key`, `JIRAUSER10100`; usernames can change | §1 | H; the number, I | |
//! | usernames are the same in any case | | I | `Rules::usernames_ignore_case` |
//! | `POST /customer` makes an account without a group or a seat and mails nobody | §1 | H | |
//! | … whose username is the address | §1 | H | |
//! | … in lower case | | I | `Rules::lowercase_usernames` |
//! | … an address or a username that is taken: 400, no account in the body | §4 | H | |
//! | … it may be 409 | §4 | I | `Rules::create_answers_conflict` |
//! | … the words may be in the account's language, whatever the client asks for | §7 | M | `Rules::create_answers_in_german` |
//! | … it may not see an address that belongs to another username, and make a second account | | U | `Rules::create_checks_emails_only_as_usernames` |
//! | … `displayName` is unknown: 400, a violation; so is `strictConflictStatusCode`: a violation | §1 | H | |
//! | … only for administrators, else 403 | §2 | I | `Config::administrator` |
//! | `POST /user` with `applicationKeys: []` takes no seat and mails nobody | §2 | H/M | |
//! | … it may take one: the default application's role and group, which nobody can know before | §2 | U | `Rules::empty_application_keys_take_a_seat` |
//! | … without `applicationKeys`, or with some, it takes seats: a violation | §2 | H | |
//! | … with any `notification` it mails: a violation | §2 | H | |
//! | … a taken username, a missing field: 400 with `errors` by field | §7 | H; the words, M | |
//! | … two accounts may have one address | | I | `Rules::platform_refuses_taken_emails` |
//! | an application role is membership in its group; each of an active account is a seat | §2 | H | [`Sandbox::seats_in_use`] |
//! | `DELETE /user/application` takes role and group away: 204, also where there was none; unknown names 400 | contracts | H; the rest, I | fault `revoke-application` |
//! | `POST /user/application` takes a seat: a violation | §2 | H | |
//! | `GET /user`: exact on username or key, else 404; groups and roles only when expanded | §1 | H; that sizes show unexpanded, M | |
//! | `user/search`: beginnings of username, name and address; active only unless `includeInactive` | §1 | H; of later words of a name, I | fault `search-lag` |
//! | … `.` finds everybody | §1 | H up to 9, I after | `Rules::dot_finds_everybody` |
//! | … at most 1000 a page; from 10.0 on 100 accounts in all | §1 | H | [`Version`] |
//! | `user/list`, from 10.3 on: at most 2000 a page, `nextCursor` until `isLast`; before 10.3, 404 | §1 | H; what cursors are, I | [`Version`], fault `page-limit` |
//! | … deactivated accounts too | | I | `Rules::user_list_has_inactive` |
//! | … 403 without the permission | contracts | I | `Config::user_picker` |
//! | `PUT /user` changes what the body has; unknown fields are 400, a violation | §1 | H | fault `update-user:ignored` |
//! | … `name` renames; taken: 400 | §1 | I | `Rules::rename_by_put` |
//! | … `active: false` deactivates | §1 | U for 9 | `Rules::put_active` |
//! | `PUT /user/password`: 204; an empty one 400 | §1 | H; the latter, I | |
//! | a directory that cannot be written to: every write to accounts is refused | | I; the status, U | `Config::read_only_directory`, `Rules::read_only_status` |
//! | addresses are hidden from everybody or nobody | | M | fault `hide-emails`, [`Sandbox::set_email_hidden`] |
//! | addresses can be masked for everybody (`ada at example dot com`) | | H that the setting exists; that administrators get it too, I | `Rules::mask_emails` |
//! | … a search finds them by the address all the same | | U | `Rules::search_finds_hidden_emails` |
//!
//! ## Data Center: desks
//!
//! | behaviour | source | certainty | otherwise |
//! |---|---|---|---|
//! | listing and removing through `…/servicedesk/{id}/customer` do not exist: 404, a violation | §1 | H | |
//! | adding by `usernames`: silent, idempotent, 200; names in `accountIds`: 400, a violation | §1 | H | |
//! | … what the body is | §1 | U | `Rules::add_answer` |
//! | … somebody does not exist, or is deactivated: 400, the others are added | §7 | I: known of Cloud | |
//! | the customers are actors of the role `Service Desk Customers`: users and groups, by username, without an address | §1 | H | `SeedDesk::customer_groups` |
//! | … deactivated ones too | | U | `Rules::inactive_are_listed` |
//! | … `Administrators` has the group `jira-administrators` | | M | |
//! | removing an actor: 204, also while the desk is open | §1 | H; while open, I | |
//! | … who is no actor: 404 | | I | `Rules::removing_nobody_is_not_found` |
//! | … only for administrators of the project, else 404 | contracts | I | `Config::administrator` |
//! | actors can be added to that role; any other role is not simulated: 501, a violation | contracts | H; stricter than Jira | |
//! | the access settings take `serviceDeskPublicSignup`; refused (400) where the site has no public signup | §3 | I | `Rules::public_signup` |
//! | … their path may be missing | §1 | I | faults `read-access:404`, `write-access:404` |

mod cloud;
mod common;
mod config;
mod core;
mod data_center;
mod deployment;
mod exchange;
mod faults;
mod journal;
mod limiter;
mod routes;
mod seed;
mod server;
mod shared;
mod state;

use std::io;
use std::net::SocketAddr;
use std::sync::MutexGuard;

pub use config::{
    AddAnswer, Config, Deployment, LoginReasons, NotAVersion, Rules, SettingsAnswer, SettingsSpelling, Version,
};
pub use faults::{FaultError, Faults, places};
pub use journal::{Exchange, Mail};
pub use seed::{DeskAccess, NotAnAccessMode, PersonKind, Seed, SeedDesk, SeedPerson};
pub use server::{Dropped, Running};
pub use state::{AccountSnapshot, DeskSnapshot, Snapshot, UserSnapshot};

use self::core::Core;
use faults::Striking;
use shared::Shared;
use state::{Account, No};

/// A simulated Jira. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Sandbox {
    shared: Shared,
}

/// Somebody else wanted to change what is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotThere {
    /// No desk has this key.
    #[error("the sandbox has no desk {0}")]
    Desk(String),
    /// No account has this id.
    #[error("the sandbox has no account {0}")]
    Account(String),
}

impl Sandbox {
    /// A sandbox that has what `seed` says.
    #[must_use]
    pub fn new(config: Config, seed: &Seed) -> Self {
        Self {
            shared: Shared::new(config, seed),
        }
    }

    /// The whole site as a service, for callers in this process. Under tokio's paused clock, waiting takes no time. A
    /// connection that is dropped before the answer is a response with the extension [`Dropped`], whose body fails.
    pub fn router(&self) -> axum::Router {
        server::router(self.shared.clone())
    }

    /// Listens. Port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn serve(&self, address: SocketAddr) -> io::Result<Running> {
        server::serve(&self.shared, address).await
    }

    /// Which Jira it is.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        self.core().config.deployment
    }

    /// Every mail Jira would have sent.
    #[must_use]
    pub fn outbox(&self) -> Vec<Mail> {
        self.core().journal.outbox.clone()
    }

    /// Licence seats taken since the start.
    #[must_use]
    pub fn seats(&self) -> u64 {
        self.core().state.seats_taken()
    }

    /// Data Center: the licence seats accounts have now, also those they began with: one for each application role of
    /// each active account. None on Cloud, whose seats are only counted when they are taken.
    #[must_use]
    pub fn seats_in_use(&self) -> u64 {
        self.core().state.seats_in_use()
    }

    /// Data Center: the password that was set for an account, by its username.
    #[must_use]
    pub fn password_of(&self, username: &str) -> Option<String> {
        let core = self.core();
        core.state.by_username(username)?.1.password.clone()
    }

    /// What clients did that they should not have done, each with the number of its exchange.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.core().journal.violations.clone()
    }

    /// The exchanges, oldest first; at most [`Config::journal_limit`].
    #[must_use]
    pub fn journal(&self) -> Vec<Exchange> {
        self.core().journal.exchanges()
    }

    /// How many requests reached it.
    #[must_use]
    pub fn requests(&self) -> usize {
        *self.core().journal.requests.borrow()
    }

    /// Waits until so many requests reached it.
    pub async fn reached(&self, requests: usize) {
        let mut arrived = self.core().journal.requests.subscribe();
        // The sender lives as long as the sandbox.
        let _ = arrived.wait_for(|arrived| *arrived >= requests).await;
    }

    /// How many of them were no `GET`, whatever they were answered.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.core().journal.writes
    }

    /// Forgets the journal, its counters, the outbox and the violations. Seats and the numbers of exchanges go on.
    pub fn clear_journal(&self) {
        self.core().journal.clear();
    }

    /// Everything a client could have changed, in a form that can be compared.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.core().state.snapshot()
    }

    /// From now on, this goes wrong and nothing else; rules count from here.
    pub fn set_faults(&self, faults: &Faults) {
        let mut core = self.core();
        core.striking = Striking::new(faults, core.seed);
    }

    /// The ids of the accounts with this address (on Data Center their keys), in any case, oldest first; hidden addresses too.
    #[must_use]
    pub fn accounts_of(&self, email: &str) -> Vec<String> {
        let core = self.core();
        let accounts = core.state.holders(email).into_iter();
        let ids = accounts.filter_map(|no| Some(core.state.account(no)?.id.clone()));
        ids.collect()
    }

    /// Somebody else makes an account and puts it on its desks. Returns its id.
    pub fn create_account(&self, person: &SeedPerson) -> String {
        let mut core = self.core();
        let no = core.state.admit(person);
        let account = core.state.account(no);
        account.map(|account| account.id.clone()).unwrap_or_default()
    }

    /// Somebody else deletes an account.
    ///
    /// # Errors
    /// When there is none with this id.
    pub fn delete_account(&self, id: &str) -> Result<(), NotThere> {
        let mut core = self.core();
        let no = number(&core, id)?;
        core.state.delete_account(no);
        Ok(())
    }

    /// Somebody else deactivates an account or brings it back. True if that changed it.
    ///
    /// # Errors
    /// When there is none with this id.
    pub fn set_active(&self, id: &str, active: bool) -> Result<bool, NotThere> {
        self.change(id, |account| account.active = active)
    }

    /// Somebody changes their display name. True if that changed it.
    ///
    /// # Errors
    /// When there is no account with this id.
    pub fn rename(&self, id: &str, name: &str) -> Result<bool, NotThere> {
        self.change(id, |account| account.name = name.to_owned())
    }

    /// Somebody hides or shows their address. True if that changed it.
    ///
    /// # Errors
    /// When there is no account with this id.
    pub fn set_email_hidden(&self, id: &str, hidden: bool) -> Result<bool, NotThere> {
        self.change(id, |account| account.email_hidden = hidden)
    }

    /// The token is replaced: the one before is refused from now on.
    pub fn set_token(&self, token: &str) {
        self.core().config.token = token.into();
    }

    /// Somebody else gives an account another address.
    ///
    /// # Errors
    /// When there is no account with this id.
    pub fn set_email(&self, id: &str, email: &str) -> Result<bool, NotThere> {
        self.change(id, |account| account.email = email.to_owned())
    }

    /// Sets the clock that answers tell, so many seconds ahead of this machine's.
    pub fn set_clock(&self, ahead: i64) {
        self.core().config.clock_ahead = ahead;
    }

    /// Somebody else puts an account on a desk's list, or it gets there by itself. True if that changed the list.
    ///
    /// # Errors
    /// When the desk or the account does not exist.
    pub fn add_member(&self, desk: &str, id: &str) -> Result<bool, NotThere> {
        self.set_member(desk, id, true)
    }

    /// Somebody else takes an account off a desk's list. True if that changed the list.
    ///
    /// # Errors
    /// When the desk or the account does not exist.
    pub fn remove_member(&self, desk: &str, id: &str) -> Result<bool, NotThere> {
        self.set_member(desk, id, false)
    }

    /// Somebody else changes how open a desk is. True if that changed it.
    ///
    /// # Errors
    /// When the desk does not exist.
    pub fn set_access(&self, desk: &str, access: DeskAccess) -> Result<bool, NotThere> {
        let mut core = self.core();
        let missing = || NotThere::Desk(desk.to_owned());
        let found = core.state.desk_by_key(desk).ok_or_else(missing)?;
        let (id, settings) = (found.id, found.settings.with_access(access));
        Ok(core.state.set_settings(id, settings))
    }

    fn set_member(&self, desk: &str, id: &str, member: bool) -> Result<bool, NotThere> {
        let mut core = self.core();
        let no = number(&core, id)?;
        let missing = || NotThere::Desk(desk.to_owned());
        let desk = core.state.desk_by_key(desk).ok_or_else(missing)?.id;
        Ok(core.state.force_member(desk, no, member))
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Account)) -> Result<bool, NotThere> {
        let mut core = self.core();
        let no = number(&core, id)?;
        Ok(core.state.change_account(no, change))
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.shared.core()
    }
}

fn number(core: &Core, id: &str) -> Result<No, NotThere> {
    let found = core.state.by_id(id).map(|(no, _)| no);
    found.ok_or_else(|| NotThere::Account(id.to_owned()))
}
