//! The daemon's HTTP server (`--listen`): status page, metrics, probes and status JSON.
//!
//! | path | returns |
//! |---|---|
//! | `/` | the status page, for a person on call |
//! | `/healthz` | 200 while the process runs |
//! | `/readyz` | 200, or 503 with every reason, as text |
//! | `/metrics` | OpenMetrics text for Prometheus |
//! | `/api/status` | JSON: a [`Snapshot`](super::status::snapshot::Snapshot) |
//!
//! Owns how a [`Status`](super::status::Status) is shown. Must never change anything: every route is a GET, none takes
//! an argument, and none returns an e-mail.

mod http;
mod metrics;
mod page;

pub use self::http::serve;
