//! A simulated Jira, Cloud or Data Center, with its service management, in memory and on loopback: for trials, training
//! and CI, and to verify the client.
//!
//! It owns the answer to "what would Jira do": it accepts what Jira accepts, refuses what Jira refuses, records every
//! e-mail Jira would send ([`Sandbox::outbox`]), every seat it would take ([`Sandbox::seats`]), and every request a
//! client should not have sent ([`Sandbox::violations`]). It must never share a type with the client: it defines Jira's
//! JSON itself, from the contracts.
//!
//! | part | owns |
//! |---|---|
//! | `state` | what Jira stores and how it changes; pure; for every deployment |
//! | `routes` | the list of operations of each deployment: name, method, path; a leaf |
//! | `cloud`, `data_center` | the handlers of each: refusals and response formats; pure |
//! | `common`, `deployment` | handlers that both share; dispatch between the two |
//! | [`Faults`] | the script of faults, and which requests they apply to |
//! | `core` | one request at a time: faults, rate limit, response, journal; synchronous |
//! | `shared` | the core behind its lock, for clones and connections |
//! | `server` | HTTP, waiting, dropping connections |
//!
//! # The ledger
//!
//! What is modeled, the fact it comes from, and what overrides it: a field of [`Rules`] or [`Config`], or a
//! [fault](Faults). `docs/jira.md` has the source of each fact, how certain it is, and what quietdesk does where it is
//! wrong. A line without a fact is the sandbox's own, or stricter than Jira.
//!
//! A line that does not mention Data Center is about Cloud, or about both.
//!
//! ## Signing in
//!
//! - basic `email:token`; anything else is 401 with `X-Seraph-LoginReason` (docs/jira.md#sign-in-cloud,
//!   docs/jira.md#dead-token). Override: `Config::user`, `Config::token`, fault `401`.
//! - `serverInfo` and `info` need no sign-in (docs/jira.md#jsm-there, docs/jira.md#server-info-open).
//! - a dead token: reads return 200 with what anonymous users see, and `X-Seraph-LoginReason`
//!   (docs/jira.md#dead-token). Override: fault `dead-token`.
//! - … only failures have that header; it may be on every response, as a list or twice, with `OUT` before
//!   (docs/jira.md#login-reason). Override: `Rules::login_reasons`.
//! - the gateway below `/ex/jira/CLOUD_ID`: the same calls, and a token alone as `Bearer`; `serverInfo` has the
//!   site's own address (docs/jira.md#gateway, docs/jira.md#service-accounts). Override: `Config::site`.
//! - `serverInfo` has its `deploymentType`; it may not (docs/jira.md#which-jira, docs/jira.md#which-jira-silent).
//!   Override: `Rules::states_deployment_type`.
//! - `mypermissions` has the permissions requested; it may not (docs/jira.md#permissions,
//!   docs/jira.md#permissions-silent). Override: `Rules::states_permissions`.
//! - an account without an agent license: 403 with an empty body (docs/jira.md#agent-license). Override: fault
//!   `403-empty`.
//! - `Origin` or a browser's `User-Agent`: 403 `XSRF check failed`, a violation; Jira does so for writes, the sandbox
//!   always (docs/jira.md#no-browser).
//! - the experimental header is missing: 412, a violation (docs/jira.md#experimental-header).
//! - … its value is `opt-in`, or `true` as in older documents (docs/jira.md#experimental-value).
//! - writing the access settings without `X-Atlassian-Token: no-check`: 403, a violation (docs/jira.md#xsrf-token).
//! - a write that is not sent as JSON: 415, a violation (docs/jira.md#json-only).
//! - every response is numbered in `atl-traceid` (docs/jira.md#request-number).
//! - every response over HTTP has the time in `Date` (docs/jira.md#server-clock). Override: `Config::clock_offset`,
//!   [`Sandbox::set_clock`].
//!
//! ## Accounts
//!
//! - `POST /customer` creates a portal-only account and sends no e-mail (docs/jira.md#create-shape,
//!   docs/jira.md#create-silent).
//! - … only for administrators, else 403 (docs/jira.md#create-administrators). Override: `Config::administrator`,
//!   fault `create:403`.
//! - addresses are compared as written, ignoring case: composed and decomposed, IDN and punycode are different
//!   (docs/jira.md#emails-as-written).
//! - … an address that is taken, in any case: 409, or 400 without `strictConflictStatusCode`; no id in the body
//!   (docs/jira.md#create-conflict, docs/jira.md#emails-ignore-case).
//! - … also where the account with it is deactivated or hides the address (docs/jira.md#create-conflict-unseen).
//! - … without a name, the address is the name; control characters and over 255 characters: 400
//!   (docs/jira.md#create-name).
//! - … the search may not find the account for a while (docs/jira.md#look-up-lag). Override: fault `search-lag`.
//! - ids: `qm:<uuid>:<id>` portal-only, other formats for people and apps (docs/jira.md#account-kinds).
//! - one address can have a portal-only and an Atlassian account (docs/jira.md#two-accounts-one-email). Override: seed
//!   two people.
//! - hidden addresses are left out of every response except one's own `myself` (docs/jira.md#hidden-emails). Override:
//!   `SeedPerson::email_hidden`, `Rules::hide_atlassian_emails`, fault `hide-emails`.
//! - `user/search`: prefixes of names and addresses, active only, at most 1000 results (docs/jira.md#search-prefix,
//!   docs/jira.md#search-end).
//! - … also of the later words of a name (docs/jira.md#search-prefix).
//! - … by a hidden address too (docs/jira.md#search-hidden). Override: `Rules::search_finds_hidden_emails`.
//! - … portal-only accounts too (docs/jira.md#search-portal-only). Override: `Rules::search_finds_portal_only`.
//! - … empty without the permission (docs/jira.md#search-without-permission). Override: `Config::user_picker`.
//! - `users/search`: all accounts, at most 1000 a page, a bare array (docs/jira.md#sweep-cloud).
//! - … rows are dropped after the range is taken, so only an empty page ends it (docs/jira.md#sweep-gaps). Override:
//!   `Rules::sweep_gap`.
//! - … 403 without the permission (docs/jira.md#sweep-permission). Override: `Config::user_picker`.
//! - `user`: `accountType`; groups and application roles only when expanded (docs/jira.md#more-than-a-customer).
//!
//! ## Desks
//!
//! - pages: a `limit` that is too high is lowered silently, and echoed (docs/jira.md#jsm-pages,
//!   docs/jira.md#page-limit). Override: `Config::page_limit`, fault `page-limit`.
//! - … a full last page is marked as the last (docs/jira.md#last-page). Override: `Rules::full_last_page_says_so`.
//! - … customers are listed in the order of their accounts (docs/jira.md#list-order).
//! - … offsets shift when another client adds or removes (docs/jira.md#offsets-shift). Override:
//!   [`Sandbox::add_member`], faults `repeat-row`, `skip-row`, `short-page`.
//! - … deactivated customers stay listed (docs/jira.md#inactive-listed). Override: `Rules::inactive_are_listed`.
//! - `?query=` filters by prefixes of names and addresses (docs/jira.md#customers-query).
//! - adding is silent and idempotent: 204 (docs/jira.md#add, docs/jira.md#add-silent).
//! - … an account that does not exist: 400, the others are added (docs/jira.md#add-partly).
//! - … the same for deactivated accounts and apps (docs/jira.md#apps-cannot-be-added). Override:
//!   `Rules::apps_can_be_added`.
//! - … an app on the list is a row like any other: its row does not show that it is an app
//!   (docs/jira.md#list-shows-apps). Override: seed an app with desks, [`Sandbox::add_member`].
//! - … more than 50 accounts: 400, a violation (docs/jira.md#batch-50). Override: `Rules::membership_limit`.
//! - … an agent is listed then (docs/jira.md#agents-listed). Override: `Rules::agents_are_listed`.
//! - removing: 204; 400 with an `i18nKey` while the desk is open (docs/jira.md#remove, docs/jira.md#remove-while-open).
//! - … an account that does not exist: 400 and none is removed; accounts not on the list are ignored
//!   (docs/jira.md#remove-unknown).
//! - … only for administrators, else 403 (docs/jira.md#remove-permission). Override: `Config::administrator`.
//! - an open desk gets customers that were never added (docs/jira.md#open-adds-people). Override:
//!   [`Sandbox::add_member`].
//! - project roles: `Administrators`, `Service Desk Team`, `Service Desk Customers` (docs/jira.md#project-roles).
//! - … the customers' role holds exactly the people with a place on the desk (docs/jira.md#role-is-second-witness).
//!   Override: `Rules::customers_role_can_be_read`, faults `role:403`, `role:empty`, `role:half`.
//! - the list of customers continues to show people after they were removed, without a place in the role
//!   (docs/jira.md#removed-stay-listed). Override: `Rules::removed_stay_listed`.
//! - … and shows people who may browse the project through a group (docs/jira.md#browsing-groups-listed). Override:
//!   `Rules::people_by_group_are_listed`, `SeedDesk::browsing_groups`.
//!
//! ## Access settings
//!
//! - which fields there are (docs/jira.md#access-fields).
//! - … Cloud may leave `serviceDeskPublicSignup` out (docs/jira.md#cloud-not-public). Override:
//!   `Rules::settings_leave_signup_out`.
//! - … there may be more writable ones; of those known to belong to the site, none is writable
//!   (docs/jira.md#access-other-settings). Override: `Rules::settings_have_another`.
//! - their types (docs/jira.md#access-types). Override: `Rules::settings_spelling`.
//! - writing replaces all: absent fields become false (docs/jira.md#access-full-replacement).
//! - the response to a write (docs/jira.md#access-write-answer). Override: `Rules::settings_answer`.
//! - a write that has no effect (docs/jira.md#access-write-answer). Override: fault `write-access:ignored`.
//! - public signup is refused (400) (docs/jira.md#public-needs-site, docs/jira.md#cloud-not-public). Override:
//!   `Rules::public_signup`.
//! - closing a desk removes no customers (docs/jira.md#closing-removes-none). Override: `Rules::closing_removes`.
//! - only for administrators, else 403; not through every gateway (docs/jira.md#access-administrators,
//!   docs/jira.md#access-scoped-tokens). Override: `Config::administrator`, faults `read-access:404`,
//!   `read-access:html`.
//!
//! ## Errors and limits
//!
//! - errors: `{errorMessages, errors}` of the platform, `{errorMessage, i18nErrorMessage}` of JSM, `{message}` of
//!   internal paths, `{code, message}` of 429, HTML (docs/jira.md#error-shapes). Override: faults.
//! - `i18nKey`s other than the one of removing (docs/jira.md#i18n-keys, made up here).
//! - 429: `Retry-After`, `X-RateLimit-Reset`, `RateLimit-WithholdReason`, for each operation separately; an early retry
//!   restarts the wait (docs/jira.md#cloud-429, docs/jira.md#burst-limits, docs/jira.md#early-retry). Override:
//!   `Config::rate`, faults `429`, `429-bare`.
//! - … `Retry-After` may be 0, a fraction, a date, in the past, not a number, or there twice; `X-RateLimit-Reset` may
//!   stand alone (docs/jira.md#retry-after-values). Override: `Rules::limited_says_zero`, faults `429-…`.
//! - … one limit may apply to all operations (docs/jira.md#one-limit). Override: `Rules::one_rate_limit`.
//! - `X-RateLimit-NearLimit` when less than a fifth is left (docs/jira.md#near-limit). Override: `Config::rate`.
//! - calls that send e-mail or take a seat do so, into the outbox, and are violations (docs/jira.md#mailing-calls,
//!   docs/jira.md#invite-calls).
//! - a route that is not simulated: 501 in the shape of its API, a violation; unknown fields and parameters are
//!   violations (stricter than Jira).
//!
//! ## What other clients send
//!
//! For both deployments, unless a line names one. `tests/clients` contains three of these clients.
//!
//! - a desk is named by its id, or by its project's key or id (docs/jira.md#desk-names).
//! - `/rest/api/latest`, and on Cloud `/rest/api/2`, act like the version quietdesk uses (docs/jira.md#api-versions).
//! - … links name version 3 where it is requested, else 2; the service management's always 2
//!   (docs/jira.md#api-versions).
//! - … links to roles have the project's id (docs/jira.md#api-versions).
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
//! - `serverTime` runs from the time of the start (specific to the sandbox). Override: `Config::started`.
//!
//! ## Data Center: signing in, errors and limits
//!
//! - `serverInfo`: `deploymentType: "Server"`, `versionNumbers` (docs/jira.md#which-jira). Override: [`Version`].
//! - Cloud's `/rest/api/3/serverInfo` is 404, and no violation: a client may probe it to detect the deployment
//!   (docs/jira.md#which-jira).
//! - a personal access token as `Bearer`; a wrong one is 401 with `X-Seraph-LoginReason`
//!   (docs/jira.md#sign-in-data-center). Override: `Config::token`.
//! - basic sign-in; switched off, 403 with its `message`; off by default from Jira 11 (docs/jira.md#basic-off).
//!   Override: `Config::basic_sign_in`.
//! - a dead token: reads return 200 with what anonymous users see, but `myself` is 401 (docs/jira.md#dead-token).
//!   Override: fault `dead-token`.
//! - unlicensed, the service management returns 403 in HTML, except for `info` (docs/jira.md#jsm-unlicensed). Override:
//!   `Config::licensed`.
//! - `mypermissions` takes no list of permissions and returns all (docs/jira.md#permissions). Override:
//!   `Config::administrator`, `Config::user_picker`.
//! - `myself`, `POST` and `PUT user`, `user/password` and `user/application` are experimental: without the header 412,
//!   a violation (docs/jira.md#experimental-accounts). Override: `Rules::account_calls_are_experimental`.
//! - creating customers and adding them is experimental: without the header 412, a violation
//!   (docs/jira.md#experimental-customers). Override: `Rules::customer_calls_are_experimental`.
//! - the access settings need the same headers as on Cloud (docs/jira.md#access-data-center).
//! - every response is numbered in `x-arequestid` (docs/jira.md#request-number).
//! - one bucket of tokens for the user; five headers on every response; 429 when it is empty
//!   (docs/jira.md#data-center-bucket). Override: `Config::rate`, faults `429`, `429-bare`.
//! - the journal keeps no password (specific to the sandbox). Override: [`Sandbox::password_of`].
//!
//! ## Data Center: accounts
//!
//! - the stable id is the `key`, `JIRAUSER10100`; usernames can change (docs/jira.md#stable-key).
//! - usernames ignore case (docs/jira.md#usernames-ignore-case). Override: `Rules::usernames_ignore_case`.
//! - `POST /customer` creates an account without a group or a seat and sends no e-mail
//!   (docs/jira.md#create-silent-data-center).
//! - … its username is the address (docs/jira.md#username-is-email).
//! - … in lower case (docs/jira.md#username-is-email). Override: `Rules::lowercase_usernames`.
//! - … an address or a username that is taken: 400, no account in the body (docs/jira.md#create-conflict-data-center).
//! - … it may be 409 (docs/jira.md#create-conflict-data-center). Override: `Rules::create_answers_conflict`.
//! - … the text may be in the account's language, regardless of what the client requests
//!   (docs/jira.md#conflict-language). Override: `Rules::create_answers_in_german`.
//! - … it may not detect an address that belongs to another username, and create a second account
//!   (docs/jira.md#create-usernames-only). Override: `Rules::create_checks_emails_only_as_usernames`.
//! - … `displayName` is unknown: 400, a violation; `strictConflictStatusCode` is a violation too
//!   (docs/jira.md#create-shape).
//! - … only for administrators, else 403 (docs/jira.md#create-administrators-data-center). Override:
//!   `Config::administrator`.
//! - `POST /user` with `applicationKeys: []` takes no seat and sends no e-mail (docs/jira.md#no-applications-no-seat,
//!   docs/jira.md#first-password).
//! - … it may take one: the default application's role and group, which a client cannot know in advance
//!   (docs/jira.md#no-applications-no-seat). Override: `Rules::empty_application_keys_take_a_seat`.
//! - … without `applicationKeys`, or with some, it takes seats: a violation (docs/jira.md#seat-by-application).
//! - … with any `notification` it sends e-mail: a violation (docs/jira.md#user-notification).
//! - … a taken username, a missing field: 400 with `errors` by field (docs/jira.md#create-user-emails,
//!   docs/jira.md#error-shapes).
//! - … two accounts may have one address (docs/jira.md#create-user-emails). Override:
//!   `Rules::platform_refuses_taken_emails`.
//! - an application role is membership in its group; each of an active account is a seat
//!   (docs/jira.md#seat-by-application). Override: [`Sandbox::seats_in_use`].
//! - `DELETE /user/application` takes role and group away: 204, also where there was none; unknown names 400
//!   (docs/jira.md#take-seat-back). Override: fault `revoke-application`.
//! - `POST /user/application` takes a seat: a violation (docs/jira.md#seat-by-application).
//! - `GET /user`: exact on username or key, else 404; groups and roles only when expanded (docs/jira.md#user-exact,
//!   docs/jira.md#more-than-a-customer).
//! - `user/search`: prefixes of username, name and address; active only unless `includeInactive`
//!   (docs/jira.md#search-data-center). Override: fault `search-lag`.
//! - … `.` finds all accounts (docs/jira.md#sweep-dot). Override: `Rules::dot_finds_everybody`.
//! - … at most 1000 a page; from 10.0 on 100 accounts in all (docs/jira.md#sweep-dot, docs/jira.md#search-100).
//!   Override: [`Version`].
//! - `user/list`, from 10.3 on: at most 2000 a page, `nextCursor` until `isLast`; before 10.3, 404
//!   (docs/jira.md#sweep-cursor). Override: [`Version`], fault `page-limit`.
//! - … deactivated accounts too (docs/jira.md#sweep-inactive). Override: `Rules::user_list_has_inactive`.
//! - … 403 without the permission (docs/jira.md#sweep-permission). Override: `Config::user_picker`.
//! - `PUT /user` changes the fields in the body; unknown fields are 400, a violation (docs/jira.md#change-name).
//!   Override: fault `update-user:ignored`.
//! - … `name` renames; taken: 400 (docs/jira.md#rename). Override: `Rules::rename_by_put`.
//! - … `active: false` deactivates (docs/jira.md#reactivate). Override: `Rules::put_active`.
//! - `PUT /user/password`: 204; an empty one 400 (docs/jira.md#set-password).
//! - a read-only directory: every write to accounts is refused (docs/jira.md#read-only-directory). Override:
//!   `Config::read_only_directory`, `Rules::read_only_status`.
//! - addresses are hidden from everybody or not at all (docs/jira.md#masked-emails). Override: fault `hide-emails`,
//!   [`Sandbox::set_email_hidden`].
//! - addresses can be masked for everybody (`ada at example dot com`) (docs/jira.md#masked-emails). Override:
//!   `Rules::mask_emails`.
//! - … a search by the address still finds them (docs/jira.md#search-hidden). Override:
//!   `Rules::search_finds_hidden_emails`.
//!
//! ## Data Center: desks
//!
//! - listing and removing through `…/servicedesk/{id}/customer` do not exist: 404, a violation
//!   (docs/jira.md#role-is-list).
//! - adding by `usernames`: silent, idempotent, 200; names in `accountIds`: 400, a violation
//!   (docs/jira.md#add-data-center, docs/jira.md#add-silent).
//! - … the body of the response (docs/jira.md#add-data-center). Override: `Rules::add_answer`.
//! - … an account that does not exist, or is deactivated: 400, the others are added (docs/jira.md#add-partly).
//! - the customers are actors of the role `Service Desk Customers`: users and groups, by username, without an address
//!   (docs/jira.md#role-is-list, docs/jira.md#role-groups). Override: `SeedDesk::customer_groups`.
//! - … deactivated ones too (docs/jira.md#inactive-listed). Override: `Rules::inactive_are_listed`.
//! - … `Administrators` has the group `jira-administrators` (docs/jira.md#project-roles).
//! - removing an actor: 204, also while the desk is open (docs/jira.md#remove-data-center).
//! - … not an actor: 404 (docs/jira.md#remove-not-in-role). Override: `Rules::removing_non_member_is_not_found`.
//! - … only for administrators of the project, else 404 (docs/jira.md#remove-permission). Override:
//!   `Config::administrator`.
//! - actors can be added to that role; any other role is not simulated: 501, a violation (stricter than Jira).
//! - the access settings take `serviceDeskPublicSignup`; refused (400) where the site has no public signup
//!   (docs/jira.md#public-needs-site). Override: `Rules::public_signup`.
//! - … their path may be missing (docs/jira.md#access-data-center). Override: faults `read-access:404`,
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
    AddAnswer, Config, Deployment, LoginReasons, ParseVersionError, Rules, SettingsAnswer, SettingsSpelling, Version,
};
pub use faults::{FaultError, Faults, places};
pub use journal::{Exchange, Mail};
pub use seed::{DeskAccess, ParseAccessModeError, PersonKind, Seed, SeedDesk, SeedPerson};
pub use server::{Dropped, Running};
pub use state::{AccountSnapshot, DeskSnapshot, Snapshot, UserSnapshot};

use self::core::Core;
use faults::FaultInjector;
use shared::Shared;
use state::{Account, AccountNumber};

/// A simulated Jira. Clones share one instance.
#[derive(Clone, Debug)]
pub struct Sandbox {
    shared: Shared,
}

/// A change by another client names something that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFoundError {
    /// No desk has this key.
    #[error("the sandbox has no desk {0}")]
    Desk(String),
    /// No account has this id.
    #[error("the sandbox has no account {0}")]
    Account(String),
}

impl Sandbox {
    /// Creates a sandbox with the desks and people of `seed`.
    #[must_use]
    pub fn new(config: Config, seed: &Seed) -> Self {
        Self {
            shared: Shared::new(config, seed),
        }
    }

    /// Returns the whole site as a service, for callers in this process. Under tokio's paused clock, waiting takes no
    /// time. A dropped connection is a response with the extension [`Dropped`] and a body that fails.
    pub fn router(&self) -> axum::Router {
        server::router(self.shared.clone())
    }

    /// Listens on `address`. Port 0 picks a free one.
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

    /// Every e-mail Jira would have sent.
    #[must_use]
    pub fn outbox(&self) -> Vec<Mail> {
        self.core().journal.outbox.clone()
    }

    /// License seats taken since the start.
    #[must_use]
    pub fn seats(&self) -> u64 {
        self.core().state.seats_taken()
    }

    /// Data Center: the license seats in use now, including seeded ones: one for each application role of each active
    /// account. 0 on Cloud, where seats are only counted when they are taken.
    #[must_use]
    pub fn seats_in_use(&self) -> u64 {
        self.core().state.seats_in_use()
    }

    /// Data Center: the password set for an account, by username.
    #[must_use]
    pub fn password_of(&self, username: &str) -> Option<String> {
        let core = self.core();
        core.state.by_username(username)?.1.password.clone()
    }

    /// The requests that clients should not have sent, each with the number of its exchange.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.core().journal.violations.clone()
    }

    /// The exchanges, oldest first; at most [`Config::journal_limit`].
    #[must_use]
    pub fn journal(&self) -> Vec<Exchange> {
        self.core().journal.exchanges()
    }

    /// The number of requests received.
    #[must_use]
    pub fn requests(&self) -> usize {
        *self.core().journal.requests.borrow()
    }

    /// Waits until this many requests were received.
    pub async fn wait_for_requests(&self, requests: usize) {
        let mut arrived = self.core().journal.requests.subscribe();
        // The sender lives as long as the sandbox.
        let _ = arrived.wait_for(|arrived| *arrived >= requests).await;
    }

    /// The number of requests received that are not `GET`, whatever the response.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.core().journal.writes
    }

    /// Clears the journal, its counters, the outbox and the violations, but not seats and the numbers of exchanges.
    pub fn clear_journal(&self) {
        self.core().journal.clear();
    }

    /// Everything a client could have changed, in a comparable form.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.core().state.snapshot()
    }

    /// Replaces the fault script; its rules count requests from now on.
    pub fn set_faults(&self, faults: &Faults) {
        let mut core = self.core();
        core.fault_injector = FaultInjector::new(faults, core.seed);
    }

    /// The ids (on Data Center the keys) of the accounts with this address, oldest first. Ignores case; includes hidden
    /// addresses.
    #[must_use]
    pub fn ids_by_email(&self, email: &str) -> Vec<String> {
        let core = self.core();
        let accounts = core.state.accounts_with_email(email).into_iter();
        let ids = accounts.filter_map(|no| Some(core.state.account(no)?.id.clone()));
        ids.collect()
    }

    /// Creates an account as another client would, adds it to its desks, and returns its id.
    pub fn create_account(&self, person: &SeedPerson) -> String {
        let mut core = self.core();
        let no = core.state.create_person(person);
        let account = core.state.account(no);
        account.map(|account| account.id.clone()).unwrap_or_default()
    }

    /// Deletes an account, as another client would.
    ///
    /// # Errors
    /// When there is none with this id.
    pub fn delete_account(&self, id: &str) -> Result<(), NotFoundError> {
        let mut core = self.core();
        let no = account_number(&core, id)?;
        core.state.delete_account(no);
        Ok(())
    }

    /// Deactivates or reactivates an account, as another client would. Returns whether that changed it.
    ///
    /// # Errors
    /// When there is none with this id.
    pub fn set_active(&self, id: &str, active: bool) -> Result<bool, NotFoundError> {
        self.change(id, |account| account.active = active)
    }

    /// Changes the display name of an account, as its owner would. Returns whether that changed it.
    ///
    /// # Errors
    /// When there is no account with this id.
    pub fn rename(&self, id: &str, name: &str) -> Result<bool, NotFoundError> {
        self.change(id, |account| account.name = name.to_owned())
    }

    /// Hides or shows the address of an account, as its owner would. Returns whether that changed it.
    ///
    /// # Errors
    /// When there is no account with this id.
    pub fn set_email_hidden(&self, id: &str, hidden: bool) -> Result<bool, NotFoundError> {
        self.change(id, |account| account.email_hidden = hidden)
    }

    /// Replaces the token; the previous one is refused from now on.
    pub fn set_token(&self, token: &str) {
        self.core().config.token = token.into();
    }

    /// Changes the address of an account, as another client would. Returns whether that changed it.
    ///
    /// # Errors
    /// When there is no account with this id.
    pub fn set_email(&self, id: &str, email: &str) -> Result<bool, NotFoundError> {
        self.change(id, |account| account.email = email.to_owned())
    }

    /// Sets the clock of the `Date` header this many seconds ahead of this machine's.
    pub fn set_clock(&self, ahead: i64) {
        self.core().config.clock_offset = ahead;
    }

    /// Adds an account to a desk's list, as another client or Jira itself would. Returns whether that changed the list.
    ///
    /// # Errors
    /// When the desk or the account does not exist.
    pub fn add_member(&self, desk: &str, id: &str) -> Result<bool, NotFoundError> {
        self.set_member(desk, id, true)
    }

    /// Removes an account from a desk's list, as another client would. Returns whether that changed the list.
    ///
    /// # Errors
    /// When the desk or the account does not exist.
    pub fn remove_member(&self, desk: &str, id: &str) -> Result<bool, NotFoundError> {
        self.set_member(desk, id, false)
    }

    /// Changes the access mode of a desk, as another client would. Returns whether that changed it.
    ///
    /// # Errors
    /// When the desk does not exist.
    pub fn set_access(&self, desk: &str, access: DeskAccess) -> Result<bool, NotFoundError> {
        let mut core = self.core();
        let missing = || NotFoundError::Desk(desk.to_owned());
        let found = core.state.desk_by_key(desk).ok_or_else(missing)?;
        let (id, settings) = (found.id, found.settings.with_access(access));
        Ok(core.state.set_settings(id, settings))
    }

    fn set_member(&self, desk: &str, id: &str, member: bool) -> Result<bool, NotFoundError> {
        let mut core = self.core();
        let no = account_number(&core, id)?;
        let missing = || NotFoundError::Desk(desk.to_owned());
        let desk = core.state.desk_by_key(desk).ok_or_else(missing)?.id;
        Ok(core.state.force_member(desk, no, member))
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Account)) -> Result<bool, NotFoundError> {
        let mut core = self.core();
        let no = account_number(&core, id)?;
        Ok(core.state.change_account(no, change))
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.shared.core()
    }
}

fn account_number(core: &Core, id: &str) -> Result<AccountNumber, NotFoundError> {
    let found = core.state.by_id(id).map(|(no, _)| no);
    found.ok_or_else(|| NotFoundError::Account(id.to_owned()))
}
