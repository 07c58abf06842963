//! Checks what a sandbox recorded against the shape of Jira's API, kept in `tests/contracts`.

mod form;

use std::sync::LazyLock;

use jsonschema::Validator;
use quietdesk::sandbox::{Deployment, Exchange};
use serde_json::Value;

pub(crate) use form::{Operation, Operations};

/// Has no document: the access settings (docs/jira.md#access-path).
const NO_DOCUMENT: &str = "/rest/servicedesk/1/servicedesk/{projectKey}/settings/requestsecurity";

/// Operations of Data Center's service management, which has no document, that answer as Cloud's do
/// (docs/jira.md#jsm-there, docs/jira.md#desks-list).
const SAME_ON_DATA_CENTER: [&str; 3] = [
    "/rest/servicedeskapi/info",
    "/rest/servicedeskapi/servicedesk",
    "/rest/servicedeskapi/servicedesk/{serviceDeskId}",
];

/// The paths of Data Center's service management, of which the other operations may be missing.
const UNDOCUMENTED_ON_DATA_CENTER: &[&str] = &["/rest/servicedeskapi/", "/rest/servicedesk/"];

/// The request for the kind of Jira, on Cloud.
const WHICH_CLOUD: &str = "/rest/api/3/serverInfo";

/// Statuses from layers in front of every operation, which the documents leave out: sign-in, headers, content types,
/// the rate limit, and the sandbox's own answer to an unknown route.
const BEFORE_JIRA: [u16; 5] = [401, 412, 415, 429, 501];

static CLOUD: LazyLock<Contracts> = LazyLock::new(|| {
    let mut operations = form::read(include_str!("../contracts/service-management.yaml"));
    operations.append(&mut form::read(include_str!("../contracts/cloud.yaml")));
    Contracts {
        operations,
        undocumented: &[],
    }
});

static DATA_CENTER: LazyLock<Contracts> = LazyLock::new(|| {
    let mut operations = form::read(include_str!("../contracts/service-management.yaml"));
    operations.retain(|(_, template), _| SAME_ON_DATA_CENTER.contains(&template.as_str()));
    operations.append(&mut form::read(include_str!("../contracts/data-center.yaml")));
    Contracts {
        operations,
        undocumented: UNDOCUMENTED_ON_DATA_CENTER,
    }
});

/// Checks requests and answers.
///
/// # Panics
/// When one is not as documented; the message lists all of them.
#[track_caller]
pub(crate) fn check(deployment: Deployment, exchanges: &[Exchange]) {
    report(deployment, exchanges, true);
}

/// Checks the answers only: for tests that send forbidden requests on purpose.
///
/// # Panics
/// As [`check`].
#[track_caller]
pub(crate) fn check_answers(deployment: Deployment, exchanges: &[Exchange]) {
    report(deployment, exchanges, false);
}

#[track_caller]
fn report(deployment: Deployment, exchanges: &[Exchange], requests_too: bool) {
    let found = problems(deployment, exchanges, requests_too);
    assert!(found.is_empty(), "against the contracts:\n{}", found.join("\n"));
}

/// The exchanges that are not as documented.
pub(crate) fn problems(deployment: Deployment, exchanges: &[Exchange], requests_too: bool) -> Vec<String> {
    let contracts = of(deployment);
    let problems = exchanges.iter().filter_map(|exchange| {
        let problem = contracts.problem(exchange, requests_too)?;
        let (seq, method, path) = (exchange.seq, &exchange.method, &exchange.path);
        Some(format!("#{seq} {method} {path}: {problem}"))
    });
    problems.collect()
}

/// The documented operations of a deployment.
pub(crate) fn operations(deployment: Deployment) -> &'static Operations {
    &of(deployment).operations
}

fn of(deployment: Deployment) -> &'static Contracts {
    match deployment {
        Deployment::Cloud => &CLOUD,
        Deployment::DataCenter(_) => &DATA_CENTER,
    }
}

/// The documents of a deployment.
struct Contracts {
    operations: Operations,
    /// Prefixes of path templates whose operations may be missing.
    undocumented: &'static [&'static str],
}

impl Contracts {
    fn problem(&self, exchange: &Exchange, requests_too: bool) -> Option<String> {
        let Some(template) = exchange.template else {
            return (exchange.status != Some(501)).then(|| "no such route".to_owned());
        };
        // Cloud's question to another kind of Jira has no documented answer either.
        let is_not_here = template == WHICH_CLOUD && exchange.status.is_some_and(|status| status != 200);
        if template == NO_DOCUMENT || is_not_here {
            return None;
        }
        let key = (exchange.method.clone(), template.to_owned());
        let Some(operation) = self.operations.get(&key) else {
            if self.undocumented.iter().any(|start| template.starts_with(start)) {
                return None;
            }
            return Some(format!("{template} is not documented"));
        };
        let request = requests_too.then(|| operation.request_problem(exchange, template));
        let problem = request.flatten();
        problem.or_else(|| operation.answer_problem(exchange))
    }
}

impl Operation {
    fn request_problem(&self, exchange: &Exchange, template: &str) -> Option<String> {
        if !fits(template, &exchange.path) {
            return Some(format!("does not fit {template}"));
        }
        for (name, value) in &exchange.query {
            let good = match self.query.get(name).map(String::as_str) {
                Some("integer") => value.parse::<i64>().is_ok(),
                Some("boolean") => value.parse::<bool>().is_ok(),
                Some(_) => true,
                None => false,
            };
            if !good {
                return Some(format!("query parameter {name}={value} is not documented"));
            }
        }
        match (&self.request, &exchange.request_body) {
            (None, None) => None,
            (Some(_), None) => Some("has no body, or bodies are not recorded".to_owned()),
            (None, Some(_)) => Some("has a body that is not documented".to_owned()),
            (Some(schema), Some(body)) => errors("request body", schema, body),
        }
    }

    fn answer_problem(&self, exchange: &Exchange) -> Option<String> {
        let (status, fault) = (exchange.status?, exchange.fault.is_some());
        let body = exchange.response_body.as_ref();
        let refused = status >= 400;
        // HTML and plain text: a proxy in front of Jira answered.
        let not_json = body.is_some_and(Value::is_string) && (refused || fault);
        // A fault that no document describes, sent on purpose.
        let of_kind = |fault: &str| fault.contains("object") || fault.contains("html");
        let is_odd = exchange.fault.as_deref().is_some_and(of_kind);
        if is_odd || not_json || BEFORE_JIRA.contains(&status) || (refused && fault) {
            return None;
        }
        let Some(schema) = self.answers.get(&status) else {
            return Some(format!("status {status} is not documented"));
        };
        match (schema, body) {
            (_, None) if fault => None,
            (Some(_), None) => Some("answer has no body, or bodies are not recorded".to_owned()),
            (Some(schema), Some(body)) => errors("answer", schema, body),
            (None, Some(_)) if status == 204 => Some("204 with a body".to_owned()),
            (None, _) => None,
        }
    }
}

fn errors(what: &str, schema: &Validator, body: &Value) -> Option<String> {
    let errors = schema.iter_errors(body);
    let errors: Vec<_> = errors
        .map(|error| format!("{what}: {error} at `{}`", error.instance_path()))
        .collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}

fn fits(template: &str, path: &str) -> bool {
    // Cloud also answers to the previous version, and `latest` is one of the two.
    let versions = ["/rest/api/2/", "/rest/api/3/", "/rest/api/latest/"];
    let alike = |text: &str| {
        versions
            .iter()
            .fold(text.to_owned(), |text, version| text.replace(version, "/rest/api/"))
    };
    let (template, path) = (alike(template), alike(path));
    let (wanted, parts) = (template.split('/'), path.split('/'));
    wanted.clone().count() == parts.clone().count()
        && wanted
            .zip(parts)
            .all(|(wanted, part)| wanted == part || wanted.starts_with('{') && !part.is_empty())
}
