//! What an answer to one attempt comes to.

use http::StatusCode;

use super::Client;
use super::attempt::{Attempt, Sent};
use crate::jira::answers::{Login, detail, header, is_cut_short, login, refusal};
use crate::jira::errors::CallError;
use crate::jira::requests::{Replay, Request};
use crate::jira::transport::Answer;

impl Client {
    pub(super) fn judge(&self, request: &Request, answer: Answer, wants_json: bool, sent: Sent) -> Attempt {
        let endpoint = request.endpoint();
        let operation = endpoint.operation;
        match login(&answer.headers) {
            Login::Refused(detail) => {
                let sign_in = self.sign_in();
                return Attempt::Refused(CallError::SignInRefused {
                    operation,
                    detail,
                    sign_in,
                });
            }
            // A list of what strangers may see is not believed; a write that was accepted has been done.
            Login::MayNot(detail) if is_only_a_refusal(answer.status, endpoint.replay) => {
                self.breaker.succeeded();
                return Attempt::Refused(CallError::Forbidden { operation, detail });
            }
            Login::MayNot(_) | Login::Fine => {}
        }
        let said = || detail(answer.status, &answer.body);
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => {
                // It answers: that it asks to wait is no outage.
                self.breaker.succeeded();
                self.in_flight.overloaded();
                Attempt::Wait(sent.wait, sent.round)
            }
            status if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED => {
                self.failed(status.as_str(), sent.start, false);
                let wait = sent.wait.map(|wait| (wait, sent.round));
                Attempt::Lost(format!("{status}: {}", said()), wait)
            }
            status if status.is_success() && wants_json && is_cut_short(&answer) => {
                Attempt::Lost("the answer is cut short".to_owned(), None)
            }
            status if status.is_success() => {
                self.breaker.succeeded();
                self.gates.passed(operation, sent.round);
                let near = header(&answer.headers, "x-ratelimit-nearlimit") == Some("true");
                self.in_flight.succeeded(near);
                Attempt::Done(answer)
            }
            status => {
                self.breaker.succeeded();
                self.gates.passed(operation, sent.round);
                let (headers, body) = (&answer.headers, &answer.body);
                Attempt::Refused(refusal(operation, status, headers, body, self.sign_in()))
            }
        }
    }
}

/// Whether an answer that says that a permission is missing is nothing but that.
fn is_only_a_refusal(status: StatusCode, replay: Replay) -> bool {
    let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status);
    refused || status.is_success() && replay == Replay::Safe
}
