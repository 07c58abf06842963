//! Plans changes of access modes.

use super::planner::Planner;
use crate::model::access::Access;
use crate::model::desk::DeskKey;
use crate::model::held::{HeldReason, IneffectiveChange};
use crate::model::ledger::{Effect, Fact, Value};
use crate::model::observed::AccessReading;
use crate::model::roster::DeskSpec;
use crate::model::step::Action;

/// Desk, present mode, wanted mode.
type AccessModeChange = (DeskKey, Access, Access);

impl Planner<'_> {
    /// Returns the changes that tighten access, then those that loosen it.
    pub(super) fn access_mode_changes(&mut self) -> (Vec<AccessModeChange>, Vec<AccessModeChange>) {
        let mut changes = Vec::new();
        for (key, spec) in &self.roster.desks {
            changes.extend(self.access_change_of_desk(key, spec));
        }
        changes.into_iter().partition(|(_, before, after)| after < before)
    }

    pub(super) fn plan_access_changes(&mut self, changes: Vec<AccessModeChange>) {
        for (desk, before, after) in changes {
            let fact = Fact::Access(desk.clone());
            let cause = self.ledger.cause(&fact, &Value::Access(after), [(&desk).into()]);
            let paused = self.is_paused(&desk);
            self.push_step(Action::SetAccess { desk, before, after }, cause, paused);
        }
    }

    fn access_change_of_desk(&mut self, key: &DeskKey, spec: &DeskSpec) -> Option<AccessModeChange> {
        let wanted = spec.access?;
        let desk = self.observed.desk(key)?;
        match &desk.access {
            AccessReading::NotRead => None,
            AccessReading::Known(now) if *now == wanted => None,
            AccessReading::Known(_) if wanted == Access::Public && self.is_cloud() => {
                self.hold(None, Some(key), HeldReason::PublicOnCloud);
                None
            }
            AccessReading::Known(_) if wanted == Access::Public && !desk.can_be_public => {
                self.hold(None, Some(key), HeldReason::PublicNotAllowed);
                None
            }
            AccessReading::Known(_) if self.is_without_effect(Effect::Access(key.clone(), wanted)) => {
                self.hold(None, Some(key), HeldReason::NoEffect(IneffectiveChange::Access));
                None
            }
            AccessReading::Known(now) => Some((key.clone(), *now, wanted)),
            AccessReading::Unreadable { reason } => {
                self.hold(None, Some(key), HeldReason::AccessUnreadable(reason.clone()));
                None
            }
        }
    }
}
