//! Checks what a sandbox wrote down against Atlassian's OpenAPI documents in `../shared/contracts`.
//!
//! Without that folder, nothing is checked and a note is printed; with `QUIETDESK_REQUIRE_CONTRACTS=1` that is a failure.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use jsonschema::{Draft, Validator};
use quietdesk::sandbox::{Deployment, Exchange};
use serde_json::{Value, json};

/// Has no document: the access settings (jira-facts §3).
const NO_DOCUMENT: &str = "/rest/servicedesk/1/servicedesk/{projectKey}/settings/requestsecurity";

/// What Data Center's service management, which has no document, answers as Cloud's does (jira-facts §1, H).
const SAME_ON_DATA_CENTER: [&str; 3] = [
    "/rest/servicedeskapi/info",
    "/rest/servicedeskapi/servicedesk",
    "/rest/servicedeskapi/servicedesk/{serviceDeskId}",
];

/// What Data Center's document leaves out: passwords that are not accepted, releases before the document's, and bodies
/// and parameters no client sends.
const LEFT_OUT: [(&str, &str, u16); 6] = [
    ("GET", "/rest/api/2/myself", 403),
    ("GET", "/rest/api/2/user/list", 404),
    ("GET", "/rest/api/2/user/list", 400),
    ("DELETE", "/rest/api/2/project/{projectIdOrKey}/role/{id}", 400),
    ("POST", "/rest/api/2/project/{projectIdOrKey}/role/{id}", 400),
    ("GET", "/rest/api/2/user", 400),
];

/// How one asks which Jira this is, on Cloud.
const WHICH_CLOUD: &str = "/rest/api/3/serverInfo";

/// Answers of what stands before every operation, which the documents leave out: signing in, headers, content types, the
/// rate limit, and the sandbox's own answer to an unknown route.
const BEFORE_JIRA: [u16; 5] = [401, 412, 415, 429, 501];

static CLOUD: LazyLock<Option<Contracts>> = LazyLock::new(|| {
    let mut contracts = Contracts::default();
    contracts.load("jsm-cloud.json")?;
    contracts.load("jira-cloud-platform.json")?;
    Some(contracts)
});

static DATA_CENTER: LazyLock<Option<Contracts>> = LazyLock::new(|| {
    let mut contracts = Contracts::default();
    contracts.load("jsm-cloud.json")?;
    contracts
        .operations
        .retain(|(_, template), _| SAME_ON_DATA_CENTER.contains(&template.as_str()));
    contracts.load("jira-dc-platform.json")?;
    contracts.correct_data_center();
    Some(contracts)
});

/// Checks requests and answers.
///
/// # Panics
/// When one is not as documented; the message lists all that are not.
#[track_caller]
pub(crate) fn check(deployment: Deployment, exchanges: &[Exchange]) {
    report(deployment, exchanges, true);
}

/// Checks the answers only: for tests that send on purpose what no client should.
///
/// # Panics
/// As [`check`].
#[track_caller]
pub(crate) fn check_answers(deployment: Deployment, exchanges: &[Exchange]) {
    report(deployment, exchanges, false);
}

#[track_caller]
#[expect(
    clippy::print_stdout,
    reason = "a check that did not happen must not look like one that passed"
)]
fn report(deployment: Deployment, exchanges: &[Exchange], requests_too: bool) {
    match problems(deployment, exchanges, requests_too) {
        Some(found) => assert!(found.is_empty(), "against the contracts:\n{}", found.join("\n")),
        None => println!("{} is missing: contracts are not checked", folder().display()),
    }
}

/// What is not as documented; nothing where there are no documents.
///
/// # Panics
/// When the documents are missing though they are required.
pub(crate) fn problems(deployment: Deployment, exchanges: &[Exchange], requests_too: bool) -> Option<Vec<String>> {
    let contracts = match deployment {
        Deployment::Cloud => CLOUD.as_ref(),
        Deployment::DataCenter(_) => DATA_CENTER.as_ref(),
    };
    let required = std::env::var("QUIETDESK_REQUIRE_CONTRACTS").is_ok_and(|on| on == "1");
    assert!(contracts.is_some() || !required, "{} is missing", folder().display());
    let contracts = contracts?;
    let problems = exchanges.iter().filter_map(|exchange| {
        let problem = contracts.problem(exchange, requests_too)?;
        let (seq, method, path) = (exchange.seq, &exchange.method, &exchange.path);
        Some(format!("#{seq} {method} {path}: {problem}"))
    });
    Some(problems.collect())
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts")
}

/// The documents of a deployment.
#[derive(Default)]
struct Contracts {
    /// By method and path template.
    operations: BTreeMap<(String, String), Operation>,
    /// Path templates whose operations may be missing.
    undocumented: &'static [&'static str],
}

struct Operation {
    /// The query parameters' types, by name.
    query: BTreeMap<String, String>,
    /// The request body, where there may be one.
    request: Option<Validator>,
    /// The bodies by status; nothing: any or none.
    answers: BTreeMap<u16, Option<Validator>>,
}

impl Contracts {
    fn load(&mut self, name: &str) -> Option<()> {
        let text = std::fs::read_to_string(folder().join(name)).ok()?;
        let document: Value = serde_json::from_str(&text).unwrap();
        for (template, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let key = (method.to_uppercase(), template.clone());
                self.operations.insert(key, Operation::load(&document, operation));
            }
        }
        Some(())
    }

    /// Mends the known faults of the document (README of the contracts).
    fn correct_data_center(&mut self) {
        let mut of = |method: &str, template: &str, correct: &dyn Fn(&mut Operation)| {
            let key = (method.to_owned(), template.to_owned());
            correct(self.operations.get_mut(&key).unwrap());
        };
        // Declared as one user: its rows are checked where one user is asked for.
        of("GET", "/rest/api/2/user/search", &|search| {
            let array = jsonschema::options().build(&json!({"type": "array", "items": {"type": "object"}}));
            search.answers.insert(200, Some(array.unwrap()));
        });
        // Documented in words, not as a parameter (jira-facts §1, H).
        of("GET", "/rest/api/2/user", &|user| {
            user.query.insert("expand".to_owned(), "string".to_owned());
        });
        for (method, template, status) in LEFT_OUT {
            of(method, template, &|operation| {
                drop(operation.answers.insert(status, None))
            });
        }
        self.undocumented = &["/rest/servicedeskapi/", "/rest/servicedesk/"];
    }

    fn problem(&self, exchange: &Exchange, requests_too: bool) -> Option<String> {
        let Some(template) = exchange.template else {
            return (exchange.status != Some(501)).then(|| "no such route".to_owned());
        };
        // Nor is there one of how another Jira than Cloud answers Cloud's question.
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
    fn load(document: &Value, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let query = parameters.filter(|parameter| parameter["in"] == "query");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let schema_of = |holder: &Value| {
            let content = holder["content"].as_object()?;
            Some(content.get("application/json")?["schema"].clone())
        };
        Self {
            query: query
                .map(|parameter| (text(&parameter["name"]), text(&parameter["schema"]["type"])))
                .collect(),
            request: schema_of(&operation["requestBody"]).map(|s| validator(document, &s)),
            answers: operation["responses"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(status, answer)| {
                    let schema = schema_of(answer).map(|s| validator(document, &s));
                    (status.parse().unwrap(), schema)
                })
                .collect(),
        }
    }

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
        // HTML and plain text: what stands before Jira answered.
        let not_json = body.is_some_and(Value::is_string) && (refused || fault);
        // Answered on purpose with what no document has.
        let is_odd = exchange.fault.as_deref().is_some_and(|fault| fault.contains("object"));
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

fn validator(document: &Value, schema: &Value) -> Validator {
    // References lead to `#/components/…`: the components have to be in the same document.
    let whole = json!({"allOf": [schema], "components": document["components"]});
    let options = jsonschema::options().with_draft(Draft::Draft4);
    options.build(&whole).unwrap()
}

fn errors(what: &str, schema: &Validator, body: &Value) -> Option<String> {
    let errors = schema.iter_errors(body);
    let errors: Vec<_> = errors
        .map(|error| format!("{what}: {error} at `{}`", error.instance_path()))
        .collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, parts) = (template.split('/'), path.split('/'));
    wanted.clone().count() == parts.clone().count()
        && wanted
            .zip(parts)
            .all(|(wanted, part)| wanted == part || wanted.starts_with('{') && !part.is_empty())
}
