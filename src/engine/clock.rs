//! How far this machine's clock is from Jira's, which its answers tell.

use jiff::Timestamp;

use crate::jira::JiraRead;
use crate::model::policy::Policy;

/// Compares the clocks for the pass that begins. Where they seem far apart, Jira is asked once more: the last answer may be
/// old, and the machine may have slept since.
pub async fn compare_clocks(jira: &JiraRead, clock: fn() -> Timestamp, policy: &mut Policy) {
    let ahead = || {
        let server = jira.told().server_time()?;
        Some(clock().as_second() - server.as_second())
    };
    policy.clock_ahead = ahead();
    if policy.clock_is_off() {
        // What goes wrong here goes wrong in the pass as well, which tells it.
        policy.clock_ahead = jira.check_sign_in().await.ok().and_then(|_| ahead());
    }
}
