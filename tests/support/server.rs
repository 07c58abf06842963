//! A status, served over real HTTP, and requests to it.

use std::net::SocketAddr;

use quietdesk::daemon::status::Status;
use quietdesk::daemon::telemetry::serve;
use reqwest::{Client, Method, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn of(status: &Status) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let task = tokio::spawn(serve(listener, status.clone(), stop.clone()));
        Self { address, stop, task }
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, host: Option<&str>) -> Response {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build().unwrap();
        let request = client.request(method, format!("http://{}{path}", self.address));
        let request = match host {
            Some(host) => request.header("host", host),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.ask(Method::GET, path, None).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        self.get(path).await.1
    }

    pub(crate) async fn json(&self) -> Value {
        serde_json::from_str(&self.text("/api/status").await).unwrap()
    }

    /// The value of a metric, by its name and labels as printed.
    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        let text = self.text("/metrics").await;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    }
}
