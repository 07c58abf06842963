//! How open each desk is to be.

use super::planner::Planner;
use crate::model::access::Access;
use crate::model::desk::DeskKey;
use crate::model::held::{Change, HeldReason};
use crate::model::ledger::{Deed, Fact, Value};
use crate::model::observed::AccessReading;
use crate::model::roster::DeskSpec;
use crate::model::step::Action;

/// Which desk, how open it is, how open it is to be.
type AccessChange = (DeskKey, Access, Access);

impl Planner<'_> {
    /// What tightens, and what loosens: whoever must be kept out is kept out first.
    pub(super) fn access(&mut self) -> (Vec<AccessChange>, Vec<AccessChange>) {
        let mut changes = Vec::new();
        for (key, spec) in &self.roster.desks {
            changes.extend(self.access_of(key, spec));
        }
        changes.into_iter().partition(|(_, before, after)| after < before)
    }

    pub(super) fn set(&mut self, changes: Vec<AccessChange>) {
        for (desk, before, after) in changes {
            let fact = Fact::Access(desk.clone());
            let cause = self.ledger.cause(&fact, &Value::Access(after), [(&desk).into()]);
            let paused = self.is_paused(&desk);
            self.step(Action::SetAccess { desk, before, after }, cause, paused);
        }
    }

    fn access_of(&mut self, key: &DeskKey, spec: &DeskSpec) -> Option<AccessChange> {
        let wanted = spec.access?;
        let desk = self.observed.desk(key)?;
        match &desk.access {
            AccessReading::NotAsked => None,
            AccessReading::Known(now) if *now == wanted => None,
            AccessReading::Known(_) if wanted == Access::Public && self.is_cloud() => {
                self.hold(None, Some(key), HeldReason::PublicOnCloud);
                None
            }
            AccessReading::Known(_) if wanted == Access::Public && !desk.may_be_public => {
                self.hold(None, Some(key), HeldReason::PublicNotAllowed);
                None
            }
            AccessReading::Known(_) if self.is_without_effect(Deed::Access(key.clone(), wanted)) => {
                self.hold(None, Some(key), HeldReason::NoEffect(Change::Access));
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
