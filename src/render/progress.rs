//! Progress bars on a terminal.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::progress::{Event, Progress};

/// A progress line on stderr.
#[derive(Debug, Default)]
pub struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    /// Creates a line that appears with the first event and disappears with the last. Draws nothing if stderr is not a
    /// terminal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn show_fraction(&self, what: &'static str, done: usize, of: usize) {
        self.update(|bar| {
            if bar.length() != Some(of as u64) {
                bar.set_length(of as u64);
                bar.set_style(style("{msg} {bar:30} {pos}/{len} {eta}"));
            }
            bar.set_message(what);
            bar.set_position(done as u64);
        });
    }

    fn show_count(&self, what: String, done: usize) {
        self.update(|bar| {
            bar.unset_length();
            bar.set_style(style("{spinner} {msg} {pos}"));
            bar.set_message(what);
            bar.set_position(done as u64);
        });
    }

    fn update(&self, draw: impl FnOnce(&ProgressBar)) {
        let mut bar = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        draw(bar.get_or_insert_with(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10))));
    }

    fn end(&self) {
        if let Some(bar) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Listed { desk, customers } => self.show_count(format!("reading the customers of {desk}"), customers),
            Event::LookedUp { done, of } => self.show_fraction("looking up accounts", done, of),
            Event::Swept { accounts } => self.show_count("reading all accounts".to_owned(), accounts),
            Event::StaffChecked { done, of } => self.show_fraction("detecting agents", done, of),
            Event::Applied { done, of } => self.show_fraction("applying", done, of),
            Event::Ended => self.end(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
