//! Classifies the response to one attempt.

use http::StatusCode;

use super::Client;
use super::attempt::{Attempt, SentRequest};
use crate::jira::errors::CallError;
use crate::jira::requests::{Replay, Request};
use crate::jira::responses::{LoginState, error_detail, error_for_response, header, is_truncated, login_state};
use crate::jira::transport::Response;

impl Client {
    pub(super) fn classify_response(
        &self,
        request: &Request,
        answer: Response,
        wants_json: bool,
        sent: SentRequest,
    ) -> Attempt {
        let endpoint = request.endpoint();
        let operation = endpoint.operation;
        match login_state(&answer.headers) {
            LoginState::Refused(detail) => {
                let sign_in = self.sign_in();
                return Attempt::Refused(CallError::SignInRefused {
                    operation,
                    detail,
                    sign_in,
                });
            }
            // A list read without permission is not trusted; a write that was accepted is done.
            LoginState::PermissionMissing(detail) if is_refusal_only(answer.status, endpoint.replay) => {
                self.breaker.record_success();
                return Attempt::Refused(CallError::Forbidden { operation, detail });
            }
            LoginState::PermissionMissing(_) | LoginState::NoProblem => {}
        }
        let message = || error_detail(answer.status, &answer.body);
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => {
                // A rate limit is not an outage.
                self.breaker.record_success();
                self.in_flight.halve();
                Attempt::Wait(sent.wait, sent.round)
            }
            status if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => {
                self.record_failure(status.as_str(), sent.start, false);
                let wait = sent.wait.map(|wait| (wait, sent.round));
                Attempt::ResponseLost(format!("{status}: {}", message()), wait)
            }
            status if status.is_success() && wants_json && is_truncated(&answer) => {
                Attempt::ResponseLost("the response is truncated".to_owned(), None)
            }
            status if status.is_success() => {
                self.breaker.record_success();
                self.cooldowns.record_success(operation, sent.round);
                let near = header(&answer.headers, "x-ratelimit-nearlimit") == Some("true");
                self.in_flight.record_success(near);
                Attempt::Done(answer)
            }
            status => {
                self.breaker.record_success();
                self.cooldowns.record_success(operation, sent.round);
                let (headers, body) = (&answer.headers, &answer.body);
                Attempt::Refused(error_for_response(operation, status, headers, body, self.sign_in()))
            }
        }
    }
}

/// Whether a response with the missing-permission header did nothing else.
fn is_refusal_only(status: StatusCode, replay: Replay) -> bool {
    let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status);
    refused || status.is_success() && replay == Replay::Safe
}
