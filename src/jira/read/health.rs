//! Reads that only `doctor` makes.

use serde::Deserialize;
use serde_json::Value;

use super::JiraRead;
use super::desks::DeskRef;
use crate::jira::errors::CallError;
use crate::jira::requests::{self as list, Request};
use crate::model::observed::Deployment;

/// The state of Jira Service Management.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceManagement {
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// Whether it is licensed. Without a license, every other request to it is refused (docs/jira.md#jsm-unlicensed).
    #[serde(default)]
    pub is_licensed_for_use: bool,
}

impl JiraRead {
    /// Reads the state of Jira Service Management. Needs no sign-in (docs/jira.md#jsm-there).
    ///
    /// # Errors
    /// When it is not installed, or cannot be read.
    pub async fn service_management(&self) -> Result<ServiceManagement, CallError> {
        self.client.json(&Request::new(&list::SERVICE_MANAGEMENT, &[])).await
    }

    /// Checks that a desk's customers can be listed, by reading one row.
    ///
    /// # Errors
    /// The error of the reading.
    pub async fn check_customer_list(&self, desk: &DeskRef) -> Result<(), CallError> {
        match self.site.deployment {
            Deployment::Cloud => {
                let request = Request::new(&list::CUSTOMERS, &[&desk.id]);
                let request = request.query("start", 0).query("limit", 1);
                self.client.json::<Value>(&request).await.map(drop)
            }
            Deployment::DataCenter => self.customer_list_by_role(&desk.key).await.map(drop),
        }
    }

    /// Resets the breaker: for a caller that makes one call after another, a call that always fails would look like an
    /// outage.
    pub fn reset_breaker(&self) {
        self.client.reset_breaker();
    }

    /// Whether Jira responds at all, after a call that failed repeatedly.
    pub async fn is_responding(&self) -> bool {
        self.reset_breaker();
        let request = Request::new(&self.platform().server_info, &[]);
        self.client.json::<Value>(&request).await.is_ok()
    }
}
