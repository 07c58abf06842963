//! Observing: what of Jira a plan needs to know, in as few requests as there can be.
//!
//! Two rounds (design §4): list the desks' customers, then ask what the first plan could not decide. Nothing is
//! believed before `myself` has answered, because a dead token can answer 200 with nothing in it (jira-facts §5, H).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};

use super::observe_people::{check_permissions, look_up, sweep};
use super::progress::{Event, Progress};
use crate::jira::limits::AT_ONCE;
use crate::jira::{AccessSettings, CallError, DeskRef, JiraRead, requests};
use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::desk::DeskKey;
use crate::model::ledger::Ledger;
use crate::model::observed::{AccessReading, DeskReading, Observed, ObservedDesk, Staff, Team, Witness};
use crate::model::plan::{Questions, questions};
use crate::model::roster::{Customer, DeskSpec, Membership, Roster};

/// Rounds of questions before giving up: e-mails and pins, the teams of those found, their groups, and one to spare.
const ROUNDS: usize = 4;

/// Why nothing could be observed.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// A reading that a plan cannot do without failed.
    #[error("cannot read {what}: {}", cause.reason())]
    Read {
        /// What was read.
        what: String,
        /// Why it failed. Not told as a source: the error names the operation already.
        cause: CallError,
    },
    /// Looking people up needs a permission the account lacks. Jira would answer with an empty list, not an error
    /// (jira-facts §5, H), and everybody would seem to be missing.
    #[error(
        "quietdesk's account may not look people up in Jira: give it the global permission \"Browse users and groups\" \
         (USER_PICKER)"
    )]
    MayNotBrowse,
    /// There is no list of service desks: waiting brings none.
    #[error(
        "cannot read the list of service desks: {url} answers 404 ({detail}); install Jira Service Management there, or \
         correct --url, which is Jira's own address with the path that Jira is under; `quietdesk doctor` looks at each \
         piece"
    )]
    NoServiceManagement {
        /// Where it was asked for.
        url: String,
        /// What Jira said.
        detail: String,
    },
}

impl ObserveError {
    /// How long Jira asks to wait, where that is longer than patience lasts.
    #[must_use]
    pub fn wait(&self) -> Option<std::time::Duration> {
        match self {
            Self::MayNotBrowse | Self::NoServiceManagement { .. } => None,
            Self::Read { cause, .. } => cause.wait(),
        }
    }

    /// Whether credentials or a permission were refused, rather than Jira out of reach.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::MayNotBrowse => true,
            Self::NoServiceManagement { .. } => false,
            Self::Read { cause, .. } => cause.is_refusal(),
        }
    }
}

/// Observes what `roster` speaks of.
///
/// # Errors
/// [`ObserveError`] when something without which no plan can be trusted could not be read. A single desk that cannot
/// be read is not one: it is in the observation as such.
pub async fn observe(
    jira: &JiraRead,
    roster: &Roster,
    ledger: &Ledger,
    progress: &dyn Progress,
) -> Result<Observed, ObserveError> {
    let mut observed = signed_in(jira).await?;
    let desks = roster
        .desks
        .iter()
        .map(|(key, spec)| (key, Reads::of(roster, key, spec)));
    read_desks(jira, &mut observed, desks, progress).await?;
    let members = observed.desks.values().map(|reading| match reading {
        DeskReading::Read(desk) => desk.members.len(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => 0,
    });
    let accounts = members.max().unwrap_or(0).max(observed.accounts.len());
    ask(jira, (roster, ledger), &mut observed, accounts, progress).await?;
    progress.event(Event::Ended);
    Ok(observed)
}

/// Nothing seen yet, but that the sign-in is good.
pub(super) async fn signed_in(jira: &JiraRead) -> Result<Observed, ObserveError> {
    let signed_in = jira.check_sign_in().await;
    let own = signed_in.map_err(reading("who quietdesk's account is"))?;
    let mut observed = nothing_seen(jira);
    // Nothing is done to oneself: one could not sign in any more.
    observed.staff.insert(own.id, Staff::Yes);
    Ok(observed)
}

/// Nothing seen yet, but which Jira it is.
pub(super) fn nothing_seen(jira: &JiraRead) -> Observed {
    Observed {
        site: jira.site().clone(),
        accounts: BTreeMap::new(),
        desks: BTreeMap::new(),
        lookups: BTreeMap::new(),
        pins: BTreeMap::new(),
        groups: BTreeMap::new(),
        staff: BTreeMap::new(),
        gone: BTreeSet::new(),
        unanswered: BTreeSet::new(),
        warnings: Vec::new(),
    }
}

/// What of a desk is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reads {
    /// How open it is.
    pub access: bool,
    /// A list that cannot be trusted to be whole is read once more.
    pub certainly: bool,
}

impl Reads {
    /// Where somebody may have to be removed, the access mode is asked for as well, since Jira removes nobody from an open
    /// desk, and nobody is removed by a list with a gap.
    pub(super) fn of(roster: &Roster, key: &DeskKey, spec: &DeskSpec) -> Self {
        let leaves = |customer: &Customer| customer.desks.contains(key);
        let replaces = |customer: &Customer| !customer.previously.is_empty() && leaves(customer);
        let removes = spec.membership != Membership::Additive
            || roster.expired.values().any(leaves)
            || roster.customers.values().any(replaces);
        Self {
            access: spec.access.is_some() || removes,
            certainly: removes,
        }
    }
}

/// Reads desks whole: who is on them, and the access mode where that is asked for.
pub(super) async fn read_desks<'a>(
    jira: &JiraRead,
    observed: &mut Observed,
    desks: impl Iterator<Item = (&'a DeskKey, Reads)>,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let desks: Vec<_> = desks.collect();
    if desks.is_empty() {
        return Ok(());
    }
    let found = list_desks(jira).await?;
    let by_key: BTreeMap<&str, &DeskRef> = found.iter().map(|desk| (desk.key.as_str(), desk)).collect();
    let readings = desks.into_iter().map(|(key, reads)| {
        let desk = by_key.get(key.as_str()).copied();
        async move { Ok::<_, ObserveError>((key, read_desk(jira, key, desk, reads, progress).await?)) }
    });
    for (key, (reading, accounts)) in future::try_join_all(readings).await? {
        observed.desks.insert(key.clone(), reading);
        accounts
            .into_iter()
            .for_each(|account| remember(observed, Some(account)));
    }
    Ok(())
}

/// The service desks there are.
///
/// # Errors
/// [`ObserveError::NoServiceManagement`] where there is no such list.
pub(super) async fn list_desks(jira: &JiraRead) -> Result<Vec<DeskRef>, ObserveError> {
    let desks = jira.desks().await;
    if let Err(CallError::NotFound { detail, .. }) = desks {
        let url = format!("{}{}", jira.site().url, requests::DESKS.template);
        return Err(ObserveError::NoServiceManagement { url, detail });
    }
    desks.map_err(reading("the list of service desks"))
}

/// Asks what the plan could not decide yet. The site has `accounts` at least.
pub(super) async fn ask(
    jira: &JiraRead,
    (roster, ledger): (&Roster, &Ledger),
    observed: &mut Observed,
    accounts: usize,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    for _ in 0..ROUNDS {
        let asked = questions(roster, observed, ledger);
        if asked.is_empty() {
            break;
        }
        answer(jira, observed, asked, accounts, progress).await?;
    }
    Ok(())
}

pub(super) async fn read_desk(
    jira: &JiraRead,
    key: &DeskKey,
    desk: Option<&DeskRef>,
    reads: Reads,
    progress: &dyn Progress,
) -> Result<(DeskReading, Vec<Account>), ObserveError> {
    let Some(desk) = desk else {
        return Ok((DeskReading::Missing, Vec::new()));
    };
    let told = |customers| progress.event(Event::Listed { desk: key, customers });
    let roll = async {
        match jira.roll(desk, &told).await {
            // Somebody changed the list while it was read: the next reading may be good.
            Ok(roll) if reads.certainly && !roll.completeness.is_complete() => jira.roll(desk, &told).await,
            roll => roll,
        }
    };
    let (roll, access) = future::join(roll, read_access(jira, key, reads.access)).await;
    let (access, settings) = access?;
    let roll = match roll {
        Ok(roll) => roll,
        Err(error @ (CallError::Forbidden { .. } | CallError::NotFound { .. })) => {
            let reason = error.reason();
            return Ok((DeskReading::Unreadable { reason }, Vec::new()));
        }
        Err(error) => return Err(reading(&format!("the customers of {key}"))(error)),
    };
    let reading = DeskReading::Read(ObservedDesk {
        id: desk.id.clone(),
        members: roll.members,
        completeness: roll.completeness,
        role: roll.role,
        witness: Witness::NotAsked,
        access,
        groups: roll.groups,
        team: None,
        may_be_public: settings.as_ref().is_some_and(AccessSettings::may_be_public),
        portal: settings.as_ref().and_then(AccessSettings::portal),
    });
    Ok((reading, roll.accounts))
}

/// An access mode that cannot be read stops only the access-mode part (jira-facts §3, I), unless the reason would stop
/// everything else as well.
pub(super) async fn read_access(
    jira: &JiraRead,
    key: &DeskKey,
    asked: bool,
) -> Result<(AccessReading, Option<AccessSettings>), ObserveError> {
    if !asked {
        return Ok((AccessReading::NotAsked, None));
    }
    match jira.access(key).await {
        Ok(settings) => Ok((AccessReading::Known(settings.access()), Some(settings))),
        Err(error) if error.ends_the_pass() => Err(reading(&format!("the access mode of {key}"))(error)),
        Err(error) => {
            let reason = error.reason();
            Ok((AccessReading::Unreadable { reason }, None))
        }
    }
}

pub(super) async fn answer(
    jira: &JiraRead,
    observed: &mut Observed,
    asked: Questions,
    accounts: usize,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let emails = match asked.emails.is_empty() {
        true => Vec::new(),
        false => {
            check_permissions(jira, observed).await?;
            sweep(jira, observed, asked.emails, accounts, progress).await?
        }
    };
    look_up(jira, observed, emails, progress).await?;
    let pins = stream::iter(asked.pins).map(|pin| async move {
        let found = jira.account(&pin).await.map_err(reading("a pinned account"))?;
        Ok::<_, ObserveError>((pin, found))
    });
    for (pin, found) in pins.buffer_unordered(AT_ONCE).try_collect::<Vec<(Handle, _)>>().await? {
        observed
            .pins
            .insert(pin, found.as_ref().map(|account| account.id.clone()));
        remember(observed, found);
    }
    let teams = stream::iter(asked.teams).map(|key| async move {
        let team = jira.team(&key).await.map_err(reading(&format!("the roles of {key}")));
        (key, team)
    });
    for (key, team) in teams.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
        let team = known_team(&key, team, &mut observed.warnings)?;
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) {
            desk.team = Some(team);
        }
    }
    read_known(jira, observed, asked.accounts).await?;
    read_groups(jira, observed, asked.groups).await
}

/// Whether there still are accounts that were known.
async fn read_known(
    jira: &JiraRead,
    observed: &mut Observed,
    accounts: BTreeSet<AccountId>,
) -> Result<(), ObserveError> {
    let found = stream::iter(accounts).map(|id| async move {
        let found = jira.account_by_id(&id).await;
        Ok::<_, ObserveError>((id, found.map_err(reading("an account that was known"))?))
    });
    for (id, found) in found.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await? {
        match found {
            Some(_) => remember(observed, found),
            None => drop(observed.gone.insert(id)),
        }
    }
    Ok(())
}

/// Groups that may not be read leave their members unrecognised: they are added by name, which harms nobody.
async fn read_groups(jira: &JiraRead, observed: &mut Observed, accounts: BTreeSet<Handle>) -> Result<(), ObserveError> {
    let groups = stream::iter(accounts).map(|handle| async move {
        let groups = match jira.standing(&handle).await {
            Ok(standing) => standing.map(|standing| standing.groups).unwrap_or_default(),
            Err(error) if error.ends_the_pass() => return Err(reading("the groups of an account")(error)),
            Err(_) => BTreeSet::new(),
        };
        Ok((handle, groups))
    });
    let groups: Vec<_> = groups.buffer_unordered(AT_ONCE).try_collect().await?;
    observed.groups.extend(groups);
    Ok(())
}

/// Roles that may not be read leave agents unrecognised: they would be added as customers, which harms nobody.
fn known_team(
    key: &DeskKey,
    team: Result<Team, ObserveError>,
    warnings: &mut Vec<String>,
) -> Result<Team, ObserveError> {
    match team {
        Ok(team) => Ok(team),
        Err(ObserveError::Read { cause, .. }) if !cause.ends_the_pass() => {
            warnings.push(format!(
                "who works on {key} could not be read, so agents may be added as customers: {}",
                cause.reason()
            ));
            Ok(Team {
                unread: true,
                ..Team::default()
            })
        }
        Err(error) => Err(error),
    }
}

/// What a desk's list said stays: it was read for this pass just as well. What it left out is filled in: JSM's lists
/// may hide an e-mail that the platform shows, and never say of what kind an account is.
pub(super) fn remember(observed: &mut Observed, account: Option<Account>) {
    let Some(account) = account else { return };
    match observed.accounts.entry(account.id.clone()) {
        Entry::Vacant(place) => {
            place.insert(account);
        }
        Entry::Occupied(mut known) => {
            let known = known.get_mut();
            known.email = known.email.take().or(account.email);
            if known.kind == AccountKind::Unknown {
                known.kind = account.kind;
            }
            if known.name.is_empty() {
                known.name = account.name;
            }
        }
    }
}

pub(super) fn reading(what: &str) -> impl FnOnce(CallError) -> ObserveError {
    let what = what.to_owned();
    move |cause| ObserveError::Read { what, cause }
}
