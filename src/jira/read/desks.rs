//! Reads service desks: their list, customers, project roles and access settings.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::JiraRead;
use crate::jira::access::AccessSettings;
use crate::jira::cloud::{self, Desk, JsmPage};
use crate::jira::data_center;
use crate::jira::errors::CallError;
use crate::jira::limits::MAX_ROLE_BYTES;
use crate::jira::paging::{self, Listing, Page};
use crate::jira::requests::{self as list, Request};
use crate::model::account::{Account, AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::observed::{Completeness, Deployment, ProjectRoleMembers};

/// The project role of customers (docs/jira.md#project-roles).
const CUSTOMER_ROLE: &str = "Service Desk Customers";

/// A service desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskRef {
    /// The desk's id, a string of digits.
    pub id: String,
    /// The project's key.
    pub key: String,
    /// The project's name.
    pub name: String,
}

/// The customers of a desk.
#[derive(Clone, Debug)]
pub struct CustomerList {
    /// The handles Jira lists.
    pub members: BTreeSet<Handle>,
    /// Groups with members that are customers as well: Data Center.
    pub groups: BTreeSet<String>,
    /// The accounts, where the list has them: Cloud's does, Data Center's has only names.
    pub accounts: Vec<Account>,
    /// Whether the list is complete.
    pub completeness: Completeness,
    /// The id of the customers' role: Data Center.
    pub role_id: Option<String>,
}

impl JiraRead {
    /// Reads all service desks visible to quietdesk's account.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn desks(&self) -> Result<Vec<DeskRef>, CallError> {
        let mut desks: Vec<DeskRef> = Vec::new();
        let fetch = |start, limit| {
            let request = Request::new(&list::DESKS, &[])
                .query("start", start)
                .query("limit", limit);
            async move { Ok(self.client.json::<JsmPage<Desk>>(&request).await?.into_page(limit)) }
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
        paging::read_all(list::DESKS.operation, fetch, || self.client.allowed_in_flight(), take).await?;
        Ok(desks)
    }

    /// Reads the customers of a desk. `progress` receives the number read so far.
    ///
    /// # Errors
    /// When they cannot be read; [`CallError::NotFound`] where Data Center's project has no role for customers.
    pub async fn customer_list(
        &self,
        desk: &DeskRef,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<CustomerList, CallError> {
        if self.site.deployment == Deployment::DataCenter {
            let roll = self.customer_list_by_role(&desk.key).await?;
            progress(roll.members.len());
            return Ok(roll);
        }
        let Listing { accounts, completeness } = self.list_customers(&desk.id, None, progress).await?;
        Ok(CustomerList {
            members: accounts.iter().map(|account| account.handle.clone()).collect(),
            groups: BTreeSet::new(),
            accounts,
            completeness,
            role_id: None,
        })
    }

    /// Whether an account is on a desk's list, searched by its visible e-mail. Cloud only: Data Center returns the
    /// whole list in one response.
    ///
    /// # Errors
    /// When the search fails.
    pub async fn is_customer(&self, desk_id: &str, email: &str, account: &AccountId) -> Result<bool, CallError> {
        let listing = self.list_customers(desk_id, Some(email), &|_| ()).await?;
        Ok(listing.accounts.iter().any(|found| found.id == *account))
    }

    /// Reads Cloud's list of a desk's customers, or those that match an e-mail.
    async fn list_customers(
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
            async move {
                Ok::<Page<Account>, _>(
                    self.client
                        .json::<JsmPage<cloud::User>>(&request)
                        .await?
                        .into_page(limit),
                )
            }
        };
        let width = || {
            if email.is_some() {
                1
            } else {
                self.client.allowed_in_flight()
            }
        };
        paging::list_accounts(list::CUSTOMERS.operation, fetch, width, progress).await
    }

    /// Reads Data Center's customers of a desk, by its project's key: the holders of the role, because there is no list
    /// (docs/jira.md#role-is-list).
    ///
    /// # Errors
    /// As [`JiraRead::customer_list`].
    pub async fn customer_list_by_role(&self, desk: &str) -> Result<CustomerList, CallError> {
        let id = self.customer_role_id(desk).await?;
        let role: data_center::Role = self.role(desk, &id).await?;
        let (groups, members): (Vec<_>, Vec<_>) = role.actors.into_iter().partition(data_center::Actor::is_group);
        Ok(CustomerList {
            members: members.into_iter().map(|actor| Handle(actor.name)).collect(),
            groups: groups.into_iter().map(|actor| actor.name).collect(),
            accounts: Vec::new(),
            completeness: Completeness::Complete,
            role_id: Some(id),
        })
    }

    /// Reads the holders of the role of a desk's customers, and returns the role's id with them; `role` is that id,
    /// where it is known. Cloud only: on Data Center the role is the list.
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
        let request =
            Request::new(&self.platform().role, &[desk.as_str(), &id]).with_max_response_bytes(MAX_ROLE_BYTES);
        let role: cloud::Role = self.client.json(&request).await?;
        let users = role.actors.into_iter().filter_map(|actor| actor.actor_user);
        let holders = users.map(|user| Handle(user.account_id)).collect();
        Ok((id, holders))
    }

    async fn customer_role_id(&self, desk: &str) -> Result<String, CallError> {
        let roles = self.roles(desk).await?;
        roles.get(CUSTOMER_ROLE).cloned().ok_or_else(|| CallError::NotFound {
            operation: self.platform().roles.operation,
            detail: format!("the project has no role {CUSTOMER_ROLE:?}, which holds a desk's customers"),
        })
    }

    /// Reads a desk's access settings.
    ///
    /// # Errors
    /// When they cannot be read, or have an unknown format.
    pub async fn access(&self, desk: &DeskKey) -> Result<AccessSettings, CallError> {
        let json: Value = self.client.json(&Request::new(&list::ACCESS, &[desk.as_str()])).await?;
        AccessSettings::parse(list::ACCESS.operation, &json, self.site.deployment)
    }

    /// Reads the accounts and groups with another role in a desk's project than the customers': agents, administrators.
    ///
    /// # Errors
    /// When the roles cannot be read.
    pub async fn project_role_members(&self, desk: &DeskKey) -> Result<ProjectRoleMembers, CallError> {
        let roles = self.roles(desk.as_str()).await?;
        let others = roles.iter().filter(|(name, _)| *name != CUSTOMER_ROLE);
        let others = others.map(|(_, id)| self.role_members(desk.as_str(), id));
        let mut team = ProjectRoleMembers::default();
        for role in try_join_all(others).await? {
            team.members.extend(role.members);
            team.groups.extend(role.groups);
        }
        Ok(team)
    }

    async fn role_members(&self, desk: &str, id: &str) -> Result<ProjectRoleMembers, CallError> {
        let mut team = ProjectRoleMembers::default();
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

    /// Reads a project's roles: ids by name.
    async fn roles(&self, desk: &str) -> Result<BTreeMap<String, String>, CallError> {
        let request = Request::new(&self.platform().roles, &[desk]);
        let roles: BTreeMap<String, String> = self.client.json(&request).await?;
        // The URL may have another origin: only its last segment is used, and only where it is an id.
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

/// Ids of desks and roles are digits; anything else must not go into a path.
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
