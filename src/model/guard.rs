//! What stands between a plan and Jira.
//!
//! Owns the judgement of a whole plan before its first write. Nothing in a plan can take anybody away yet, so nothing
//! is refused yet; the judgement is made all the same, because only it can make what a write needs.

use super::desk::DeskKey;
use super::plan::Plan;

/// Something a guard refused.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What to name it by.
    pub id: String,
    /// The desk, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskKey>,
    /// What was about to happen.
    pub what: String,
    /// To how many.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// The limit.
    pub limit: String,
    /// The flag that lets it pass.
    #[serde(rename = "override")]
    pub override_flag: String,
}

/// Proof that the guards have judged. Every write asks for one, and only this module can make it, so that a write
/// which no guard has seen does not compile.
#[derive(Debug)]
pub struct Approval(());

/// A plan that may be applied.
#[derive(Debug)]
pub struct ApprovedPlan {
    plan: Plan,
    findings: Vec<Finding>,
    approval: Approval,
}

/// Judges a plan.
#[must_use]
pub fn judge(plan: Plan) -> ApprovedPlan {
    ApprovedPlan {
        plan,
        findings: Vec::new(),
        approval: Approval(()),
    }
}

impl ApprovedPlan {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was refused, and is no longer in the plan.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The proof that writes ask for.
    #[must_use]
    pub fn approval(&self) -> &Approval {
        &self.approval
    }
}
