//! Reading service desks: which there are, who is on them, who works on them, how open they are.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::JiraRead;
use crate::jira::access::AccessSettings;
use crate::jira::cloud::{self, Desk, JsmPage};
use crate::jira::data_center;
use crate::jira::errors::CallError;
use crate::jira::limits::ROLE_BYTES;
use crate::jira::paging::{self, Listing, Page};
use crate::jira::requests::{self as list, Request};
use crate::model::account::{Account, AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::observed::{Completeness, Deployment, Team};

/// The role that makes somebody a customer (docs/jira.md#project-roles).
const CUSTOMER_ROLE: &str = "Service Desk Customers";

/// A service desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskRef {
    /// Its own id, a string of digits.
    pub id: String,
    /// Its project's key.
    pub key: String,
    /// Its project's name.
    pub name: String,
}

/// Who is a desk's customer.
#[derive(Clone, Debug)]
pub struct Roll {
    /// By what Jira lists them by.
    pub members: BTreeSet<Handle>,
    /// The groups whose members are customers as well: Data Center.
    pub groups: BTreeSet<String>,
    /// The accounts, where the list shows them: Cloud's does, Data Center's names them only.
    pub accounts: Vec<Account>,
    /// Whether that is all of them.
    pub completeness: Completeness,
    /// The id of the role they have: Data Center.
    pub role: Option<String>,
}

impl JiraRead {
    /// All service desks the account sees.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn desks(&self) -> Result<Vec<DeskRef>, CallError> {
        let mut desks: Vec<DeskRef> = Vec::new();
        let fetch = |start, limit| {
            let request = Request::new(&list::DESKS, &[])
                .query("start", start)
                .query("limit", limit);
            async move { Ok(self.client.json::<JsmPage<Desk>>(&request).await?.page(limit)) }
        };
        let mut known = BTreeSet::new();
        let take = |rows: Vec<DeskRef>| {
            let new = rows
                .into_iter()
                .filter(|desk| is_id(&desk.id) && known.insert(desk.id.clone()));
            let before = desks.len();
            desks.extend(new);
            desks.len() > before
        };
        paging::read_all(list::DESKS.operation, fetch, || self.client.in_flight(), take).await?;
        Ok(desks)
    }

    /// Who is a desk's customer. `progress` is told how many were read so far.
    ///
    /// # Errors
    /// When it cannot be read; [`CallError::NotFound`] where Data Center's project has no role for customers.
    pub async fn roll(&self, desk: &DeskRef, progress: &(dyn Fn(usize) + Sync)) -> Result<Roll, CallError> {
        if self.site.deployment == Deployment::DataCenter {
            let roll = self.roll_of(&desk.key).await?;
            progress(roll.members.len());
            return Ok(roll);
        }
        let Listing { accounts, completeness } = self.customers(&desk.id, None, progress).await?;
        Ok(Roll {
            members: accounts.iter().map(|account| account.handle.clone()).collect(),
            groups: BTreeSet::new(),
            accounts,
            completeness,
            role: None,
        })
    }

    /// Whether an account is on a desk's list, found there by the e-mail it shows. Cloud only: Data Center's list is one
    /// answer, however long.
    ///
    /// # Errors
    /// When Jira does not say.
    pub async fn is_customer(&self, desk_id: &str, email: &str, account: &AccountId) -> Result<bool, CallError> {
        let listing = self.customers(desk_id, Some(email), &|_| ()).await?;
        Ok(listing.accounts.iter().any(|found| found.id == *account))
    }

    /// Cloud's list of a desk's customers, or of those an e-mail finds there.
    async fn customers(
        &self,
        desk_id: &str,
        email: Option<&str>,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Listing, CallError> {
        let fetch = |start, limit| {
            let request = Request::new(&list::CUSTOMERS, &[desk_id]);
            let request = email
                .into_iter()
                .fold(request, |request, email| request.query("query", email));
            let request = request.query("start", start).query("limit", limit);
            async move { Ok::<Page<Account>, _>(self.client.json::<JsmPage<cloud::User>>(&request).await?.page(limit)) }
        };
        let width = || if email.is_some() { 1 } else { self.client.in_flight() };
        paging::list_accounts(list::CUSTOMERS.operation, fetch, width, progress).await
    }

    /// Data Center's customers of a desk, by its project's key: who has the role, since it lists none
    /// (docs/jira.md#role-is-list).
    ///
    /// # Errors
    /// As [`JiraRead::roll`].
    pub async fn roll_of(&self, desk: &str) -> Result<Roll, CallError> {
        let id = self.customer_role_id(desk).await?;
        let role: data_center::Role = self.role(desk, &id).await?;
        let (groups, members): (Vec<_>, Vec<_>) = role.actors.into_iter().partition(data_center::Actor::is_group);
        Ok(Roll {
            members: members.into_iter().map(|actor| Handle(actor.name)).collect(),
            groups: groups.into_iter().map(|actor| actor.name).collect(),
            accounts: Vec::new(),
            completeness: Completeness::Complete,
            role: Some(id),
        })
    }

    /// Who has the role of a desk's customers, and the role's id; `role` is that id, where it is known. Cloud only: on
    /// Data Center the role is the list.
    ///
    /// # Errors
    /// When it cannot be read; [`CallError::NotFound`] where the project has no such role.
    pub async fn customer_role(
        &self,
        desk: &DeskKey,
        role: Option<String>,
    ) -> Result<(String, BTreeSet<Handle>), CallError> {
        let id = match role {
            Some(id) => id,
            None => self.customer_role_id(desk.as_str()).await?,
        };
        let request = Request::new(&self.platform().role, &[desk.as_str(), &id]).at_most(ROLE_BYTES);
        let role: cloud::Role = self.client.json(&request).await?;
        let users = role.actors.into_iter().filter_map(|actor| actor.actor_user);
        let holders = users.map(|user| Handle(user.account_id)).collect();
        Ok((id, holders))
    }

    async fn customer_role_id(&self, desk: &str) -> Result<String, CallError> {
        let roles = self.roles(desk).await?;
        roles.get(CUSTOMER_ROLE).cloned().ok_or_else(|| CallError::NotFound {
            operation: self.platform().roles.operation,
            detail: format!("the project has no role {CUSTOMER_ROLE:?}, in which Jira keeps a desk's customers"),
        })
    }

    /// A desk's access settings.
    ///
    /// # Errors
    /// When they cannot be read, or are not what is known of them.
    pub async fn access(&self, desk: &DeskKey) -> Result<AccessSettings, CallError> {
        let json: Value = self.client.json(&Request::new(&list::ACCESS, &[desk.as_str()])).await?;
        AccessSettings::read(list::ACCESS.operation, &json, self.site.deployment)
    }

    /// Who reaches a desk's project by a role other than that of its customers: agents, administrators.
    ///
    /// # Errors
    /// When the roles cannot be read.
    pub async fn team(&self, desk: &DeskKey) -> Result<Team, CallError> {
        let roles = self.roles(desk.as_str()).await?;
        let others = roles.iter().filter(|(name, _)| *name != CUSTOMER_ROLE);
        let others = others.map(|(_, id)| self.holders(desk.as_str(), id));
        let mut team = Team::default();
        for role in try_join_all(others).await? {
            team.members.extend(role.members);
            team.groups.extend(role.groups);
        }
        Ok(team)
    }

    async fn holders(&self, desk: &str, id: &str) -> Result<Team, CallError> {
        let mut team = Team::default();
        match self.site.deployment {
            Deployment::Cloud => {
                let role: cloud::Role = self.role(desk, id).await?;
                if role.name != CUSTOMER_ROLE {
                    let users = role.actors.into_iter().filter_map(|actor| actor.actor_user);
                    team.members.extend(users.map(|user| Handle(user.account_id)));
                }
            }
            Deployment::DataCenter => {
                let role: data_center::Role = self.role(desk, id).await?;
                if role.name != CUSTOMER_ROLE {
                    let (groups, users): (Vec<_>, Vec<_>) =
                        role.actors.into_iter().partition(data_center::Actor::is_group);
                    team.members.extend(users.into_iter().map(|actor| Handle(actor.name)));
                    team.groups.extend(groups.into_iter().map(|actor| actor.name));
                }
            }
        }
        Ok(team)
    }

    /// A project's roles by name, each with its id.
    async fn roles(&self, desk: &str) -> Result<BTreeMap<String, String>, CallError> {
        let request = Request::new(&self.platform().roles, &[desk]);
        let roles: BTreeMap<String, String> = self.client.json(&request).await?;
        // The address may be of another origin: only its last part is used, and only where it is an id.
        let id = |url: &str| url.rsplit('/').next().filter(|id| is_id(id)).map(str::to_owned);
        Ok(roles
            .into_iter()
            .filter_map(|(name, url)| Some((name, id(&url)?)))
            .collect())
    }

    async fn role<T: DeserializeOwned>(&self, desk: &str, id: &str) -> Result<T, CallError> {
        self.client
            .json(&Request::new(&self.platform().role, &[desk, id]))
            .await
    }
}

/// Ids of desks and roles are digits; anything else does not go into a path.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl From<Desk> for DeskRef {
    fn from(desk: Desk) -> Self {
        Self {
            id: desk.id,
            key: desk.project_key,
            name: desk.project_name,
        }
    }
}
