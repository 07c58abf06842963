//! A sandbox on loopback with a plain HTTP client in front of it.

use quietdesk::sandbox::{
    Config, Deployment, DeskAccess, Faults, PersonKind, Running, Sandbox, Seed, SeedDesk, SeedPerson,
};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::contracts;

/// A sandbox that listens, and its client.
pub(crate) struct Site {
    pub(crate) sandbox: Sandbox,
    pub(crate) running: Running,
    pub(crate) client: reqwest::Client,
}

/// An answer.
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl HttpResponse {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// One header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// SUP (open: ada, grace, an agent in its team), HR (restricted: ada, and gone, who is deactivated); grace has a
/// portal-only and an Atlassian account; shy hides the address; an app.
pub(crate) fn seed() -> Seed {
    let person = |email, desks: &[_]| SeedPerson::customer(email, desks);
    let of_kind = |kind, person| SeedPerson { kind, ..person };
    Seed {
        seed: 1,
        desks: vec![
            SeedDesk::new("SUP", DeskAccess::Open),
            SeedDesk::new("HR", DeskAccess::Restricted),
        ],
        people: vec![
            person("Ada@example.com", &["SUP", "HR"]),
            person("grace@example.com", &["SUP"]),
            of_kind(PersonKind::Atlassian, person("grace@example.com", &[])),
            of_kind(PersonKind::Agent, person("agent@example.com", &["SUP"])),
            SeedPerson {
                email_hidden: true,
                name: "Shy Person".to_owned(),
                ..of_kind(PersonKind::Atlassian, person("shy@example.com", &[]))
            },
            SeedPerson {
                active: false,
                ..person("gone@example.com", &["HR"])
            },
            of_kind(PersonKind::App, person("app@example.com", &[])),
        ],
    }
}

/// The path of a desk's customers, by its id.
pub(crate) fn customers(desk: u32) -> String {
    format!("/rest/servicedeskapi/servicedesk/{desk}/customer")
}

/// The path of a desk's access settings, by its key.
pub(crate) fn access(desk: &str) -> String {
    format!("/rest/servicedesk/1/servicedesk/{desk}/settings/requestsecurity")
}

/// The path of the silent create.
pub(crate) const CREATE: &str = "/rest/servicedeskapi/customer?strictConflictStatusCode=true";

impl Site {
    /// Starts a sandbox with [`seed`].
    pub(crate) async fn new() -> Self {
        Self::with(Config::default(), seed()).await
    }

    /// Starts a sandbox with [`seed`] and faults.
    pub(crate) async fn faulty(script: &str) -> Self {
        let site = Self::new().await;
        site.faults(script);
        site
    }

    /// Starts a sandbox with another configuration and seed.
    pub(crate) async fn with(config: Config, seed: Seed) -> Self {
        let sandbox = Sandbox::new(config, &seed);
        let running = sandbox.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().http1_only().no_proxy();
        Self {
            sandbox,
            running,
            client: client.build().unwrap(),
        }
    }

    /// Replaces the faults.
    pub(crate) fn faults(&self, script: &str) {
        self.sandbox.set_faults(&script.parse::<Faults>().unwrap());
    }

    /// A request without any header of ours.
    pub(crate) fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}{path}", self.running.url());
        self.client.request(method, url)
    }

    /// A request with the headers of a good client.
    pub(crate) fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let request = self.bare(method, path);
        let signed = match self.sandbox.deployment() {
            Deployment::Cloud => request.basic_auth("quietdesk@example.com", Some("sandbox")),
            Deployment::DataCenter(_) => request.bearer_auth("sandbox"),
        };
        signed
            .header("X-ExperimentalApi", "opt-in")
            .header("X-Atlassian-Token", "no-check")
    }

    /// The answer to a `GET`.
    pub(crate) async fn get(&self, path: &str) -> HttpResponse {
        send(self.ask("GET", path)).await
    }

    /// The answer to a request with a JSON body.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> HttpResponse {
        send(self.ask(method, path).json(&body)).await
    }

    /// The answer to a create.
    pub(crate) async fn create(&self, email: &str) -> HttpResponse {
        let body = serde_json::json!({"email": email, "displayName": email});
        self.call("POST", CREATE, body).await
    }

    /// The id of the first account with an address.
    pub(crate) fn id(&self, email: &str) -> String {
        self.sandbox.ids_by_email(email).remove(0)
    }

    /// Ends a test with a good client: everything was as documented, no one was mailed, no seat was taken.
    #[track_caller]
    pub(crate) fn finish(self) {
        contracts::check(self.sandbox.deployment(), &self.sandbox.journal());
        let none = Vec::<String>::new();
        assert_eq!(self.sandbox.violations(), none);
        self.silent();
    }

    /// Ends a test whose client committed this many violations; the answers were as documented.
    #[track_caller]
    pub(crate) fn finish_with_violations(self, violations: usize) {
        contracts::check_answers(self.sandbox.deployment(), &self.sandbox.journal());
        let found = self.sandbox.violations();
        assert_eq!(found.len(), violations, "{found:#?}");
        self.silent();
    }

    #[track_caller]
    fn silent(self) {
        assert_eq!(self.sandbox.outbox(), []);
        assert_eq!(self.sandbox.seats(), 0);
    }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(request: RequestBuilder) -> HttpResponse {
    try_send(request).await.unwrap()
}

/// The same for a connection that may be cut.
pub(crate) async fn try_send(request: RequestBuilder) -> Result<HttpResponse, reqwest::Error> {
    let answer = request.send().await?;
    Ok(HttpResponse {
        status: StatusCode::as_u16(&answer.status()),
        headers: answer.headers().clone(),
        text: answer.text().await?,
    })
}
