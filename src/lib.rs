//! quietdesk: the customers of Jira Service Management as code.
//!
//! A roster (YAML) lists the people who may raise requests in each service desk, and how open each desk is. quietdesk
//! compares it with Jira and makes only the calls that are missing. No call sends e-mail or takes a license seat.
//!
//! # The map
//!
//! Dependencies point one way, from left to right; `tests/layers.rs` enforces it:
//!
//! ```text
//! cli → {daemon, doctor, render, plan_file} → engine → {jira, roster_file} → {model, files, causes}        sandbox →
//! nothing of ours
//! ```
//!
//! | module | owns | must never |
//! |---|---|---|
//! | [`model`] | pure: roster, observation, plan, guard, outcomes, report | do I/O, read a clock, use randomness |
//! | [`roster_file`] | YAML to [`model::roster::Roster`], with positions; folders; the schema | talk to Jira |
//! | [`jira`] | the list of allowed requests, the transport, limits, reading and writing | decide what to change |
//! | [`engine`] | one pass: observe, plan, judge, apply, report; the saved state | add, retarget or reorder a step |
//! | [`plan_file`] | saved plans as files | decide whether a plan is still valid |
//! | [`doctor`] | checks of everything quietdesk needs from Jira, with advice for each failure | write |
//! | [`daemon`] | when passes run: watching, the interval, signals; status, metrics and logs | know what a pass does |
//! | [`files`] | reading externally supplied files: bounded, never blocking forever | know what is read |
//! | [`causes`] | an error and its causes in one line | know which error |
//! | [`render`] | text, JSON, Markdown and progress for people and programs | change what is rendered |
//! | [`sandbox`] | a simulated Jira that judges the client | share a type with the client |
//! | [`cli`] | arguments and their meaning, exit codes | hold logic of its own |

pub mod causes;
pub mod cli;
pub mod daemon;
pub mod doctor;
pub mod engine;
pub mod files;
pub mod jira;
pub mod model;
pub mod plan_file;
pub mod render;
pub mod roster_file;
pub mod sandbox;
