//! Reading what only somebody asks who wants to know whether all is well.

use serde::Deserialize;
use serde_json::Value;

use super::JiraRead;
use super::desks::DeskRef;
use crate::jira::errors::CallError;
use crate::jira::requests::{self as list, Request};
use crate::model::observed::Deployment;

/// The service management of a Jira.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceManagement {
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// Whether it may be used. Unlicensed, everything else of it is refused (docs/jira.md#jsm-unlicensed).
    #[serde(default)]
    pub is_licensed_for_use: bool,
}

impl JiraRead {
    /// Asks for the service management. Needs no sign-in (docs/jira.md#jsm-there).
    ///
    /// # Errors
    /// When there is none, or it does not say.
    pub async fn service_management(&self) -> Result<ServiceManagement, CallError> {
        self.client.json(&Request::new(&list::SERVICE_MANAGEMENT, &[])).await
    }

    /// Whether a desk's customers can be listed, at the cost of a row.
    ///
    /// # Errors
    /// Why they cannot.
    pub async fn try_customers(&self, desk: &DeskRef) -> Result<(), CallError> {
        match self.site.deployment {
            Deployment::Cloud => {
                let request = Request::new(&list::CUSTOMERS, &[&desk.id]);
                let request = request.query("start", 0).query("limit", 1);
                self.client.json::<Value>(&request).await.map(drop)
            }
            Deployment::DataCenter => self.roll_of(&desk.key).await.map(drop),
        }
    }

    /// Makes what failed before no reason to ask nothing more: one call that always fails is an outage to whoever makes
    /// no other meanwhile.
    pub fn start_afresh(&self) {
        self.client.start_afresh();
    }

    /// Whether it answers anything, after a call that failed again and again.
    pub async fn answers(&self) -> bool {
        self.start_afresh();
        let request = Request::new(&self.platform().server_info, &[]);
        self.client.json::<Value>(&request).await.is_ok()
    }
}
