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
//! What is modelled, the fact it comes from, and how to have it otherwise: a field of [`Rules`] or [`Config`], or a
//! [fault](Faults). `docs/jira.md` says of each fact where it comes from, how certain it is, and what quietdesk does
//! where it is wrong. What names no fact is the sandbox's own, or stricter than Jira.
//!
//! Without mention of Data Center, a line is about Cloud, or about both.
//!
//! ## Signing in
//!
//! - basic `email:token`; anything else is 401 with `X-Seraph-LoginReason` (docs/jira.md#sign-in-cloud,
//!   docs/jira.md#dead-token). Otherwise: `Config::user`, `Config::token`, fault `401`.
//! - `serverInfo` and `info` answer without signing in (docs/jira.md#jsm-there, docs/jira.md#server-info-open).
//! - a dead token: reads 200 with what strangers see, and `X-Seraph-LoginReason` (docs/jira.md#dead-token). Otherwise:
//!   fault `dead-token`.
//! - … which only failures have; it may be on every answer, as a list or twice, with `OUT` before
//!   (docs/jira.md#login-reason). Otherwise: `Rules::login_reasons`.
//! - the gateway below `/ex/jira/CLOUD_ID`: the same calls, and a token alone as `Bearer`; `serverInfo` tells the
//!   site's own address (docs/jira.md#gateway, docs/jira.md#service-accounts). Otherwise: `Config::site`.
//! - `serverInfo` says its `deploymentType`; it may not (docs/jira.md#which-jira, docs/jira.md#which-jira-silent).
//!   Otherwise: `Rules::states_deployment_type`.
//! - `mypermissions` has what was asked for; it may not (docs/jira.md#permissions, docs/jira.md#permissions-silent).
//!   Otherwise: `Rules::states_permissions`.
//! - an account without an agent licence: 403 with an empty body (docs/jira.md#agent-license). Otherwise: fault
//!   `403-empty`.
//! - `Origin` or a browser's `User-Agent`: 403 `XSRF check failed`, a violation; Jira does so for writes, the sandbox
//!   always (docs/jira.md#no-browser).
//! - the experimental header is missing: 412, a violation (docs/jira.md#experimental-header).
//! - … it says `opt-in`, or `true` as older documents say (docs/jira.md#experimental-value).
//! - the access settings are not written without `X-Atlassian-Token: no-check`: 403, a violation
//!   (docs/jira.md#xsrf-token).
//! - a write that is not sent as JSON: 415, a violation (docs/jira.md#json-only).
//! - every answer is numbered in `atl-traceid` (docs/jira.md#request-number).
//! - every answer over HTTP tells the time in `Date` (docs/jira.md#server-clock). Otherwise: `Config::clock_ahead`,
//!   [`Sandbox::set_clock`].
//!
//! ## Accounts
//!
//! - `POST /customer` makes a portal-only account and mails nobody (docs/jira.md#create-shape,
//!   docs/jira.md#create-silent).
//! - … only for administrators, else 403 (docs/jira.md#create-administrators). Otherwise: `Config::administrator`,
//!   fault `create:403`.
//! - addresses are compared as they are written, apart from case: composed and decomposed, IDN and punycode are others
//!   (docs/jira.md#emails-as-written).
//! - … an address that is taken, whatever the case: 409, or 400 without `strictConflictStatusCode`; no id in the body
//!   (docs/jira.md#create-conflict, docs/jira.md#emails-ignore-case).
//! - … also where the holder is deactivated or hides the address (docs/jira.md#create-conflict-unseen).
//! - … without a name, the address is the name; control characters and over 255 characters: 400
//!   (docs/jira.md#create-name).
//! - … the search may not find the account for a while (docs/jira.md#look-up-lag). Otherwise: fault `search-lag`.
//! - ids: `qm:<uuid>:<id>` portal-only, other spellings for people and apps (docs/jira.md#account-kinds).
//! - one address can have a portal-only and an Atlassian account (docs/jira.md#two-accounts-one-email). Otherwise: seed
//!   two people.
//! - hidden addresses are left out of every answer but one's own `myself` (docs/jira.md#hidden-emails). Otherwise:
//!   `SeedPerson::email_hidden`, `Rules::hide_atlassian_emails`, fault `hide-emails`.
//! - `user/search`: beginnings of names and addresses, active only, ends at the thousandth (docs/jira.md#search-prefix,
//!   docs/jira.md#search-end).
//! - … also of the later words of a name (docs/jira.md#search-prefix).
//! - … by a hidden address too (docs/jira.md#search-hidden). Otherwise: `Rules::search_finds_hidden_emails`.
//! - … portal-only accounts too (docs/jira.md#search-portal-only). Otherwise: `Rules::search_finds_portal_only`.
//! - … empty without the permission (docs/jira.md#search-without-permission). Otherwise: `Config::user_picker`.
//! - `users/search`: all accounts, at most 1000 a page, a bare array (docs/jira.md#sweep-cloud).
//! - … rows are dropped after the range is taken, so only an empty page ends it (docs/jira.md#sweep-gaps). Otherwise:
//!   `Rules::sweep_gap`.
//! - … 403 without the permission (docs/jira.md#sweep-permission). Otherwise: `Config::user_picker`.
//! - `user`: `accountType`; groups and application roles only when expanded (docs/jira.md#more-than-a-customer).
//!
//! ## Desks
//!
//! - pages: `limit` is lowered without a word and echoed (docs/jira.md#jsm-pages, docs/jira.md#page-limit). Otherwise:
//!   `Config::page_limit`, fault `page-limit`.
//! - … a full last page says that it is the last (docs/jira.md#last-page). Otherwise: `Rules::full_last_page_says_so`.
//! - … customers are listed in the order of their accounts (docs/jira.md#list-order).
//! - … offsets move when somebody else adds or removes (docs/jira.md#offsets-shift). Otherwise:
//!   [`Sandbox::add_member`], faults `repeat-row`, `skip-row`, `short-page`.
//! - … deactivated customers stay listed (docs/jira.md#inactive-listed). Otherwise: `Rules::inactive_are_listed`.
//! - `?query=` filters by beginnings of names and addresses (docs/jira.md#customers-query).
//! - adding is silent and idempotent: 204 (docs/jira.md#add, docs/jira.md#add-silent).
//! - … somebody does not exist: 400, the others are added (docs/jira.md#add-partly).
//! - … the same for deactivated accounts and apps (docs/jira.md#apps-cannot-be-added). Otherwise:
//!   `Rules::apps_can_be_added`.
//! - … an app on the list is a row like any other: nothing there says that it is one (docs/jira.md#list-shows-apps).
//!   Otherwise: seed an app with desks, [`Sandbox::add_member`].
//! - … more than 50 accounts: 400, a violation (docs/jira.md#batch-50). Otherwise: `Rules::membership_limit`.
//! - … an agent is listed then (docs/jira.md#agents-listed). Otherwise: `Rules::agents_are_listed`.
//! - removing: 204; 400 with an `i18nKey` while the desk is open (docs/jira.md#remove, docs/jira.md#remove-while-open).
//! - … somebody does not exist: 400 and nobody is removed; who is not listed is passed over
//!   (docs/jira.md#remove-unknown).
//! - … only for administrators, else 403 (docs/jira.md#remove-permission). Otherwise: `Config::administrator`.
//! - an open desk gets people nobody added (docs/jira.md#open-adds-people). Otherwise: [`Sandbox::add_member`].
//! - project roles: `Administrators`, `Service Desk Team`, `Service Desk Customers` (docs/jira.md#project-roles).
//! - … the customers' role holds whoever has a place on the desk, and nobody else
//!   (docs/jira.md#role-is-second-witness). Otherwise: `Rules::customers_role_can_be_read`, faults `role:403`,
//!   `role:empty`, `role:half`.
//! - the list of customers goes on showing people after they were removed, without a place in the role
//!   (docs/jira.md#removed-stay-listed). Otherwise: `Rules::removed_stay_listed`.
//! - … and shows whoever may browse the project by a group (docs/jira.md#browsing-groups-listed). Otherwise:
//!   `Rules::people_by_group_are_listed`, `SeedDesk::browsing_groups`.
//!
//! ## Access settings
//!
//! - which fields there are (docs/jira.md#access-fields).
//! - … Cloud may leave `serviceDeskPublicSignup` out (docs/jira.md#cloud-not-public). Otherwise:
//!   `Rules::settings_leave_signup_out`.
//! - … there may be more that can be written; of those known to be the site's, none can
//!   (docs/jira.md#access-other-settings). Otherwise: `Rules::settings_have_another`.
//! - their types (docs/jira.md#access-types). Otherwise: `Rules::settings_spelling`.
//! - writing replaces all: what is absent becomes false (docs/jira.md#access-full-replacement).
//! - what writing answers (docs/jira.md#access-write-answer). Otherwise: `Rules::settings_answer`.
//! - a write that does not take (docs/jira.md#access-write-answer). Otherwise: fault `write-access:ignored`.
//! - public signup is refused (400) (docs/jira.md#public-needs-site, docs/jira.md#cloud-not-public). Otherwise:
//!   `Rules::public_signup`.
//! - closing a desk removes nobody (docs/jira.md#closing-removes-none). Otherwise: `Rules::closing_removes`.
//! - only for administrators, else 403; not through every gateway (docs/jira.md#access-administrators,
//!   docs/jira.md#access-scoped-tokens). Otherwise: `Config::administrator`, faults `read-access:404`,
//!   `read-access:html`.
//!
//! ## Errors and limits
//!
//! - errors: `{errorMessages, errors}` of the platform, `{errorMessage, i18nErrorMessage}` of JSM, `{message}` of
//!   internal paths, `{code, message}` of 429, HTML (docs/jira.md#error-shapes). Otherwise: faults.
//! - `i18nKey`s other than the one of removing (docs/jira.md#i18n-keys, made up here).
//! - 429: `Retry-After`, `X-RateLimit-Reset`, `RateLimit-Reason`, for each operation by itself; asking early begins the
//!   wait anew (docs/jira.md#cloud-429, docs/jira.md#burst-limits, docs/jira.md#early-retry). Otherwise:
//!   `Config::rate`, faults `429`, `429-bare`.
//! - … `Retry-After` may be 0, a fraction, a date, in the past, no number, or there twice; `X-RateLimit-Reset` may
//!   stand alone (docs/jira.md#retry-after-values). Otherwise: `Rules::limited_says_zero`, faults `429-…`.
//! - … one limit may hold for all operations (docs/jira.md#one-limit). Otherwise: `Rules::one_rate_limit`.
//! - `X-RateLimit-NearLimit` when less than a fifth is left (docs/jira.md#near-limit). Otherwise: `Config::rate`.
//! - calls that mail or take a seat do so, into the outbox, and are violations (docs/jira.md#mailing-calls,
//!   docs/jira.md#invite-calls).
//! - a route that is not simulated: 501 in the shape of its API, a violation; unknown fields and parameters are
//!   violations (stricter than Jira).
//!
//! ## What other clients send
//!
//! For both deployments, unless a line says otherwise. `tests/clients` has three of these clients themselves.
//!
//! - a desk is named by its id, or by its project's key or id (docs/jira.md#desk-names).
//! - `/rest/api/latest`, and on Cloud `/rest/api/2`, answer as the version quietdesk asks (docs/jira.md#api-versions).
//! - … links name version 3 where it is asked, else 2; the service management's always 2 (docs/jira.md#api-versions).
//! - … roles are linked to by the project's id (docs/jira.md#api-versions).
//! - `usernames` beside `accountIds`, and the other way round on Data Center, where it is empty
//!   (docs/jira.md#old-fields).
//! - … with names in it: 400, a violation.
//! - `true` and `false` in query parameters in any case; anything else is refused
//!   (docs/jira.md#parameters-in-any-case).
//! - `includeActive` and `includeInactive` change nothing in Cloud's search (docs/jira.md#parameters-in-any-case).
//! - `user/search` on Cloud finds one account by `accountId` (docs/jira.md#more-parameters).
//! - `permissions` changes nothing in Data Center's `mypermissions` (docs/jira.md#parameters-in-any-case).
//! - `mypermissions` for a project, by `projectKey` or `projectId`: 404 where there is none
//!   (docs/jira.md#more-parameters).
//! - `serverInfo` with `doHealthCheck=true` has `healthChecks` (docs/jira.md#more-parameters).
//! - creating takes `fullName` for `displayName` on Cloud (docs/jira.md#old-fields).
//! - `serverTime` goes on from the time of the start (a matter of the sandbox). Otherwise: `Config::started`.
//!
//! ## Data Center: signing in, errors and limits
//!
//! - `serverInfo`: `deploymentType: "Server"`, `versionNumbers` (docs/jira.md#which-jira). Otherwise: [`Version`].
//! - Cloud's `/rest/api/3/serverInfo` is 404, and no violation: a client that asks which Jira it is may try it
//!   (docs/jira.md#which-jira).
//! - a personal access token as `Bearer`; a wrong one is 401 with `X-Seraph-LoginReason`
//!   (docs/jira.md#sign-in-data-center). Otherwise: `Config::token`.
//! - basic sign-in; switched off, 403 with its `message`; so by default from Jira 11 (docs/jira.md#basic-off).
//!   Otherwise: `Config::basic_sign_in`.
//! - a dead token: reads 200 with what strangers see, but `myself` is 401 (docs/jira.md#dead-token). Otherwise: fault
//!   `dead-token`.
//! - unlicensed, the service management answers 403 in HTML, but `info` (docs/jira.md#jsm-unlicensed). Otherwise:
//!   `Config::licensed`.
//! - `mypermissions` takes no permissions to ask for and tells all (docs/jira.md#permissions). Otherwise:
//!   `Config::administrator`, `Config::user_picker`.
//! - `myself`, `POST` and `PUT user`, `user/password` and `user/application` are experimental: without the header 412,
//!   a violation (docs/jira.md#experimental-accounts). Otherwise: `Rules::account_calls_are_experimental`.
//! - creating customers and adding them is experimental: without the header 412, a violation
//!   (docs/jira.md#experimental-customers). Otherwise: `Rules::customer_calls_are_experimental`.
//! - the access settings want the same headers as on Cloud (docs/jira.md#access-data-center).
//! - every answer is numbered in `x-arequestid` (docs/jira.md#request-number).
//! - one bucket of tokens for the user; five headers on every answer; 429 when it is empty
//!   (docs/jira.md#data-center-bucket). Otherwise: `Config::rate`, faults `429`, `429-bare`.
//! - the journal keeps no password (a matter of the sandbox). Otherwise: [`Sandbox::password_of`].
//!
//! ## Data Center: accounts
//!
//! - the stable id is the `key`, `JIRAUSER10100`; usernames can change (docs/jira.md#stable-key).
//! - usernames are the same in any case (docs/jira.md#usernames-ignore-case). Otherwise:
//!   `Rules::usernames_ignore_case`.
//! - `POST /customer` makes an account without a group or a seat and mails nobody
//!   (docs/jira.md#create-silent-data-center).
//! - … whose username is the address (docs/jira.md#username-is-email).
//! - … in lower case (docs/jira.md#username-is-email). Otherwise: `Rules::lowercase_usernames`.
//! - … an address or a username that is taken: 400, no account in the body (docs/jira.md#create-conflict-data-center).
//! - … it may be 409 (docs/jira.md#create-conflict-data-center). Otherwise: `Rules::create_answers_conflict`.
//! - … the words may be in the account's language, whatever the client asks for (docs/jira.md#conflict-language).
//!   Otherwise: `Rules::create_answers_in_german`.
//! - … it may not see an address that belongs to another username, and make a second account
//!   (docs/jira.md#create-usernames-only). Otherwise: `Rules::create_checks_emails_only_as_usernames`.
//! - … `displayName` is unknown: 400, a violation; so is `strictConflictStatusCode`: a violation
//!   (docs/jira.md#create-shape).
//! - … only for administrators, else 403 (docs/jira.md#create-administrators-data-center). Otherwise:
//!   `Config::administrator`.
//! - `POST /user` with `applicationKeys: []` takes no seat and mails nobody (docs/jira.md#no-applications-no-seat,
//!   docs/jira.md#first-password).
//! - … it may take one: the default application's role and group, which nobody can know before
//!   (docs/jira.md#no-applications-no-seat). Otherwise: `Rules::empty_application_keys_take_a_seat`.
//! - … without `applicationKeys`, or with some, it takes seats: a violation (docs/jira.md#seat-by-application).
//! - … with any `notification` it mails: a violation (docs/jira.md#user-notification).
//! - … a taken username, a missing field: 400 with `errors` by field (docs/jira.md#create-user-emails,
//!   docs/jira.md#error-shapes).
//! - … two accounts may have one address (docs/jira.md#create-user-emails). Otherwise:
//!   `Rules::platform_refuses_taken_emails`.
//! - an application role is membership in its group; each of an active account is a seat
//!   (docs/jira.md#seat-by-application). Otherwise: [`Sandbox::seats_in_use`].
//! - `DELETE /user/application` takes role and group away: 204, also where there was none; unknown names 400
//!   (docs/jira.md#take-seat-back). Otherwise: fault `revoke-application`.
//! - `POST /user/application` takes a seat: a violation (docs/jira.md#seat-by-application).
//! - `GET /user`: exact on username or key, else 404; groups and roles only when expanded (docs/jira.md#user-exact,
//!   docs/jira.md#more-than-a-customer).
//! - `user/search`: beginnings of username, name and address; active only unless `includeInactive`
//!   (docs/jira.md#search-data-center). Otherwise: fault `search-lag`.
//! - … `.` finds everybody (docs/jira.md#sweep-dot). Otherwise: `Rules::dot_finds_everybody`.
//! - … at most 1000 a page; from 10.0 on 100 accounts in all (docs/jira.md#sweep-dot, docs/jira.md#search-100).
//!   Otherwise: [`Version`].
//! - `user/list`, from 10.3 on: at most 2000 a page, `nextCursor` until `isLast`; before 10.3, 404
//!   (docs/jira.md#sweep-cursor). Otherwise: [`Version`], fault `page-limit`.
//! - … deactivated accounts too (docs/jira.md#sweep-inactive). Otherwise: `Rules::user_list_has_inactive`.
//! - … 403 without the permission (docs/jira.md#sweep-permission). Otherwise: `Config::user_picker`.
//! - `PUT /user` changes what the body has; unknown fields are 400, a violation (docs/jira.md#change-name). Otherwise:
//!   fault `update-user:ignored`.
//! - … `name` renames; taken: 400 (docs/jira.md#rename). Otherwise: `Rules::rename_by_put`.
//! - … `active: false` deactivates (docs/jira.md#reactivate). Otherwise: `Rules::put_active`.
//! - `PUT /user/password`: 204; an empty one 400 (docs/jira.md#set-password).
//! - a directory that cannot be written to: every write to accounts is refused (docs/jira.md#read-only-directory).
//!   Otherwise: `Config::read_only_directory`, `Rules::read_only_status`.
//! - addresses are hidden from everybody or nobody (docs/jira.md#masked-emails). Otherwise: fault `hide-emails`,
//!   [`Sandbox::set_email_hidden`].
//! - addresses can be masked for everybody (`ada at example dot com`) (docs/jira.md#masked-emails). Otherwise:
//!   `Rules::mask_emails`.
//! - … a search finds them by the address all the same (docs/jira.md#search-hidden). Otherwise:
//!   `Rules::search_finds_hidden_emails`.
//!
//! ## Data Center: desks
//!
//! - listing and removing through `…/servicedesk/{id}/customer` do not exist: 404, a violation
//!   (docs/jira.md#role-is-list).
//! - adding by `usernames`: silent, idempotent, 200; names in `accountIds`: 400, a violation
//!   (docs/jira.md#add-data-center, docs/jira.md#add-silent).
//! - … what the body is (docs/jira.md#add-data-center). Otherwise: `Rules::add_answer`.
//! - … somebody does not exist, or is deactivated: 400, the others are added (docs/jira.md#add-partly).
//! - the customers are actors of the role `Service Desk Customers`: users and groups, by username, without an address
//!   (docs/jira.md#role-is-list, docs/jira.md#role-groups). Otherwise: `SeedDesk::customer_groups`.
//! - … deactivated ones too (docs/jira.md#inactive-listed). Otherwise: `Rules::inactive_are_listed`.
//! - … `Administrators` has the group `jira-administrators` (docs/jira.md#project-roles).
//! - removing an actor: 204, also while the desk is open (docs/jira.md#remove-data-center).
//! - … who is no actor: 404 (docs/jira.md#remove-not-in-role). Otherwise: `Rules::removing_nobody_is_not_found`.
//! - … only for administrators of the project, else 404 (docs/jira.md#remove-permission). Otherwise:
//!   `Config::administrator`.
//! - actors can be added to that role; any other role is not simulated: 501, a violation (stricter than Jira).
//! - the access settings take `serviceDeskPublicSignup`; refused (400) where the site has no public signup
//!   (docs/jira.md#public-needs-site). Otherwise: `Rules::public_signup`.
//! - … their path may be missing (docs/jira.md#access-data-center). Otherwise: faults `read-access:404`,
//!   `write-access:404`.

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
