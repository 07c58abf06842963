//! Checks what a sandbox wrote down against Atlassian's OpenAPI documents in `../shared/contracts`.
//!
//! Without that folder, nothing is checked and a note is printed; with `QUIETDESK_REQUIRE_CONTRACTS=1` that is a failure.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use jsonschema::{Draft, Validator};
use quietdesk::sandbox::Exchange;
use serde_json::{Value, json};

/// Has no document: the access settings (jira-facts §3).
const NO_DOCUMENT: &str = "/rest/servicedesk/1/servicedesk/{projectKey}/settings/requestsecurity";

/// Answers of what stands before every operation, which the documents leave out: signing in, headers, content types, the
/// rate limit, and the sandbox's own answer to an unknown route.
const BEFORE_JIRA: [u16; 5] = [401, 412, 415, 429, 501];

static CONTRACTS: LazyLock<Option<Contracts>> = LazyLock::new(Contracts::load);

/// Checks requests and answers.
///
/// # Panics
/// When one is not as documented; the message lists all that are not.
#[track_caller]
pub(crate) fn check(exchanges: &[Exchange]) {
    report(exchanges, true);
}

/// Checks the answers only: for tests that send on purpose what no client should.
///
/// # Panics
/// As [`check`].
#[track_caller]
pub(crate) fn check_answers(exchanges: &[Exchange]) {
    report(exchanges, false);
}

#[track_caller]
#[expect(
    clippy::print_stdout,
    reason = "a check that did not happen must not look like one that passed"
)]
fn report(exchanges: &[Exchange], requests_too: bool) {
    match problems(exchanges, requests_too) {
        Some(found) => assert!(found.is_empty(), "against the contracts:\n{}", found.join("\n")),
        None => println!("{} is missing: contracts are not checked", folder().display()),
    }
}

/// What is not as documented; nothing where there are no documents.
///
/// # Panics
/// When the documents are missing though they are required.
pub(crate) fn problems(exchanges: &[Exchange], requests_too: bool) -> Option<Vec<String>> {
    let contracts = CONTRACTS.as_ref();
    let required = std::env::var("QUIETDESK_REQUIRE_CONTRACTS").is_ok_and(|on| on == "1");
    assert!(contracts.is_some() || !required, "{} is missing", folder().display());
    let contracts = contracts?;
    // Data Center's service management has no document, and its answer to Cloud's way of asking which Jira it is neither.
    let is_data_center = |exchange: &Exchange| exchange.path.starts_with("/rest/api/2/");
    let only_its_platform = exchanges.iter().any(is_data_center);
    let documented = exchanges
        .iter()
        .filter(|exchange| !only_its_platform || is_data_center(exchange));
    let problems = documented.filter_map(|exchange| {
        let problem = contracts.problem(exchange, requests_too)?;
        let (seq, method, path) = (exchange.seq, &exchange.method, &exchange.path);
        Some(format!("#{seq} {method} {path}: {problem}"))
    });
    Some(problems.collect())
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/contracts")
}

/// The documents of Jira Cloud, and of Data Center's platform.
struct Contracts {
    /// By method and path template.
    operations: BTreeMap<(String, String), Operation>,
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
    fn load() -> Option<Self> {
        let mut operations = BTreeMap::new();
        for name in ["jsm-cloud.json", "jira-cloud-platform.json", "jira-dc-platform.json"] {
            let text = std::fs::read_to_string(folder().join(name)).ok()?;
            let document: Value = serde_json::from_str(&text).unwrap();
            for (template, methods) in document["paths"].as_object().unwrap() {
                for (method, operation) in methods.as_object().unwrap() {
                    let key = (method.to_uppercase(), template.clone());
                    operations.insert(key, Operation::load(&document, operation));
                }
            }
        }
        Some(Self { operations })
    }

    fn problem(&self, exchange: &Exchange, requests_too: bool) -> Option<String> {
        let Some(template) = exchange.template else {
            return (exchange.status != Some(501)).then(|| "no such route".to_owned());
        };
        if template == NO_DOCUMENT {
            return None;
        }
        let key = (exchange.method.clone(), template.to_owned());
        let Some(operation) = self.operations.get(&key) else {
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
                // jira-facts §1, H; the document leaves it out.
                None => name == "expand" && template == "/rest/api/2/user",
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
        if not_json || BEFORE_JIRA.contains(&status) || (refused && fault) {
            return None;
        }
        // Declared as one object, and an array (the contracts' own README).
        let is_declared_wrong = exchange.template == Some("/rest/api/2/user/search");
        let Some(schema) = self.answers.get(&status).filter(|_| !is_declared_wrong) else {
            if is_declared_wrong {
                return None;
            }
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
