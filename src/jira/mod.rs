//! Jira: the list of allowed requests, and everything between a question and its answer.
//!
//! Owns signing in, limits, retries, paging and what Jira's answers mean. [`JiraRead`] and [`JiraWrite`] are different
//! types: what holds the first cannot write, and every write asks for the guard's approval. Must never decide what is to
//! be changed, and never make a request that is not in [`requests`].

mod access;
mod address;
mod answers;
mod backoff;
mod client;
mod cloud;
mod connect_error;
mod credentials;
mod data_center;
mod errors;
mod gates;
mod limiter;
pub mod limits;
mod paging;
mod read;
pub mod requests;
mod sign_in;
mod told;
mod transport;
mod waits;
mod write;
mod written;

pub use access::AccessSettings;
pub use address::{BaseUrl, BaseUrlError};
pub use backoff::between_searches;
pub use client::Stats;
pub use connect_error::ConnectError;
pub use credentials::{Credentials, CredentialsError};
pub use errors::CallError;
pub use limiter::{InFlight, Pace};
pub use paging::SweepEnd;
pub use read::desks::{DeskRef, Roll};
pub use read::health::ServiceManagement;
pub use read::licence::Standing;
pub use read::listing::AccountListing;
pub use read::unreached::Unreached;
pub use read::{JiraRead, Permissions, Settings};
pub use sign_in::SignIn;
pub use told::Told;
pub use transport::{Answer, InProcess, Transport, TransportError};
pub use write::JiraWrite;
pub use written::Written;
