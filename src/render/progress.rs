//! Progress bars on a terminal, for reads and writes long enough to want them.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::progress::{Event, Progress};

/// One line at the foot of a terminal, on stderr, while something is going on.
#[derive(Debug, Default)]
pub struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    /// A line that appears with the first event and goes with the last. Nothing is drawn where stderr is no terminal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn counted(&self, what: &'static str, done: usize, of: usize) {
        self.with(|bar| {
            if bar.length() != Some(of as u64) {
                bar.set_length(of as u64);
                bar.set_style(style("{msg} {bar:30} {pos}/{len} {eta}"));
            }
            bar.set_message(what);
            bar.set_position(done as u64);
        });
    }

    fn counting(&self, what: String, done: usize) {
        self.with(|bar| {
            bar.unset_length();
            bar.set_style(style("{spinner} {msg} {pos}"));
            bar.set_message(what);
            bar.set_position(done as u64);
        });
    }

    fn with(&self, draw: impl FnOnce(&ProgressBar)) {
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
            Event::Listed { desk, customers } => self.counting(format!("reading the customers of {desk}"), customers),
            Event::LookedUp { done, of } => self.counted("looking up people on no desk", done, of),
            Event::Swept { accounts } => self.counting("reading all accounts".to_owned(), accounts),
            Event::ToldApart { done, of } => self.counted("telling agents from customers", done, of),
            Event::Applied { done, of } => self.counted("applying", done, of),
            Event::Ended => self.end(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
