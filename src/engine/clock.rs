//! The offset between this machine's clock and Jira's, from the time in Jira's responses.

use jiff::Timestamp;

use crate::jira::JiraRead;
use crate::model::policy::Policy;

/// Sets `policy.clock_offset` for the next pass. Where the clocks seem far apart, Jira is asked once more: the last
/// response may be old if the machine was suspended.
pub async fn compare_clocks(jira: &JiraRead, clock: fn() -> Timestamp, policy: &mut Policy) {
    let ahead = || {
        let server = jira.response_metadata().server_time()?;
        Some(clock().as_second() - server.as_second())
    };
    policy.clock_offset = ahead();
    if policy.is_clock_off() {
        // The pass meets the same error and reports it.
        policy.clock_offset = jira.check_sign_in().await.ok().and_then(|_| ahead());
    }
}
