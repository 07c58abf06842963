//! Observing for an export: some desks whole, and who on them is more than a customer.
//!
//! A desk's list does not say who is an agent. Portal-only accounts cannot be one, and are nearly all of a large list;
//! for the others the desk's project roles are asked, and then each account by itself. Data Center tells nobody apart in
//! its lists, so that this costs a request a customer: beyond [`ASKED_EACH`] of them, roles alone decide there.

mod roll;

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::accounts::remember;
use super::desks::{Reads, list_desks, read_desk};
use super::errors::{ObserveError, reading};
use super::roles::hear_roles;
use super::sign_in::nothing_seen;
use crate::engine::progress::{Event, Progress};
use crate::jira::limits::{ASKED_EACH, AT_ONCE};
use crate::jira::{DeskRef, JiraRead, Standing};
use crate::model::account::{AccountKind, Handle};
use crate::model::desk::DeskKey;
use crate::model::export::Survey;
use crate::model::ledger::History;
use crate::model::observed::{Deployment, DeskReading};

/// Why there is no survey.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// Something could not be read.
    #[error(transparent)]
    Read(ObserveError),
    /// A desk that was asked for is not there.
    #[error(
        "there is no service desk {missing}, or it cannot be seen; there {}",
        there_is(known)
    )]
    NoSuchDesk {
        /// Its key.
        missing: DeskKey,
        /// The keys there are.
        known: Vec<String>,
    },
    /// Nothing to survey: more likely a missing permission than the truth (docs/jira.md#search-without-permission).
    #[error("Jira shows no service desk at all; make quietdesk's account an administrator of the desks' projects")]
    NoDesk,
}

fn there_is(keys: &[String]) -> String {
    match keys {
        [] => "is none at all".to_owned(),
        [one] => format!("is {one}"),
        several => format!("are {}", several.join(", ")),
    }
}

impl From<ObserveError> for SurveyError {
    fn from(error: ObserveError) -> Self {
        Self::Read(error)
    }
}

/// Reads the desks named, or all there are; how open they are only where `access` is wanted.
///
/// # Errors
/// [`SurveyError`]. A single desk whose customers cannot be listed is none: it is in the survey as such.
pub async fn survey(
    jira: &JiraRead,
    only: &[DeskKey],
    access: bool,
    progress: &dyn Progress,
) -> Result<Survey, SurveyError> {
    let own = jira.check_sign_in().await;
    let own = own.map_err(reading("who quietdesk's account is"))?;
    let found = list_desks(jira).await?;
    let mut survey = Survey {
        observed: nothing_seen(jira),
        names: std::collections::BTreeMap::new(),
        own: own.id,
        licensed: BTreeSet::new(),
    };
    let chosen = chosen(&found, only, &mut survey)?;
    read_desks(jira, &chosen, access, &mut survey, progress).await?;
    hear(jira, &mut survey).await?;
    if jira.site().deployment == Deployment::DataCenter {
        roll::find(jira, &mut survey, progress).await?;
    }
    ask_teams(jira, &mut survey).await?;
    ask_standings(jira, &mut survey, progress).await?;
    progress.event(Event::Ended);
    Ok(survey)
}

fn chosen<'a>(
    found: &'a [DeskRef],
    only: &[DeskKey],
    survey: &mut Survey,
) -> Result<Vec<(DeskKey, &'a DeskRef)>, SurveyError> {
    if let Some(missing) = only
        .iter()
        .find(|key| !found.iter().any(|desk| desk.key == key.as_str()))
    {
        let mut known: Vec<_> = found.iter().map(|desk| desk.key.clone()).collect();
        known.sort();
        return Err(SurveyError::NoSuchDesk {
            missing: missing.clone(),
            known,
        });
    }
    if found.is_empty() {
        return Err(SurveyError::NoDesk);
    }
    let mut chosen = Vec::new();
    for desk in found {
        match DeskKey::parse(&desk.key) {
            Ok(key) if only.is_empty() || only.contains(&key) => chosen.push((key, desk)),
            Ok(_) => {}
            Err(why) if only.is_empty() => {
                let warning = format!("the desk {:?} cannot be in a roster: its key {why}", desk.key);
                survey.observed.warnings.push(warning);
            }
            Err(_) => {}
        }
    }
    Ok(chosen)
}

async fn read_desks(
    jira: &JiraRead,
    chosen: &[(DeskKey, &DeskRef)],
    access: bool,
    survey: &mut Survey,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let mut readings = stream::iter(chosen)
        .map(|(key, desk)| async move {
            let reads = Reads {
                access,
                certainly: false,
            };
            let read = read_desk(jira, key, Some(desk), reads, progress).await?;
            Ok::<_, ObserveError>((key, desk, read))
        })
        .buffer_unordered(AT_ONCE);
    while let Some((key, desk, (reading, accounts))) = readings.try_next().await? {
        survey.names.insert(key.clone(), desk.name.clone());
        survey.observed.desks.insert(key.clone(), reading);
        accounts
            .into_iter()
            .for_each(|account| remember(&mut survey.observed, Some(account)));
    }
    Ok(())
}

/// Asks the second witness of every list on Cloud: whoever is off a desk must not come back by being exported.
async fn hear(jira: &JiraRead, survey: &mut Survey) -> Result<(), ObserveError> {
    if jira.site().deployment == Deployment::DataCenter {
        return Ok(());
    }
    let listed = survey.observed.desks.iter().filter(|(_, reading)| match reading {
        DeskReading::Read(desk) => !desk.members.is_empty(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => false,
    });
    let listed = listed.map(|(key, _)| key.clone()).collect();
    hear_roles(jira, &listed, None, &History::default(), &mut survey.observed).await?;
    Ok(())
}

/// Whoever is on a list and might be more than a customer, with the desk.
fn in_doubt(survey: &Survey) -> impl Iterator<Item = (&DeskKey, &Handle)> {
    let accounts = survey.observed.by_handle();
    let doubtful: BTreeSet<&Handle> = accounts
        .into_values()
        .filter(|account| account.id != survey.own && account.active)
        .filter(|account| match account.kind {
            AccountKind::Person | AccountKind::Unknown => true,
            AccountKind::Customer | AccountKind::App => false,
        })
        .map(|account| &account.handle)
        .collect();
    let members = survey.observed.desks.iter().flat_map(|(key, reading)| match reading {
        DeskReading::Read(desk) => desk.members.iter().map(|it| (key, desk, it)).collect(),
        DeskReading::Missing | DeskReading::Unreadable { .. } => Vec::new(),
    });
    let members = members.filter(move |(_, desk, it)| doubtful.contains(it) && !survey.works_on(desk, it));
    members.map(|(key, _, it)| (key, it))
}

async fn ask_teams(jira: &JiraRead, survey: &mut Survey) -> Result<(), ObserveError> {
    let keys: BTreeSet<DeskKey> = in_doubt(survey).map(|(key, _)| key.clone()).collect();
    let mut teams = stream::iter(keys)
        .map(|key| async move {
            let team = jira.team(&key).await;
            (key, team)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((key, team)) = teams.next().await {
        let team = match team {
            Ok(team) => team,
            Err(error) if error.ends_the_pass() => return Err(reading(&format!("the roles of {key}"))(error)),
            Err(error) => {
                let why = error.reason();
                let warning = format!("who works on {key} could not be read, so agents may be listed here: {why}");
                survey.observed.warnings.push(warning);
                continue;
            }
        };
        if let Some(DeskReading::Read(desk)) = survey.observed.desks.get_mut(&key) {
            desk.team = Some(team);
        }
    }
    survey.observed.warnings.sort();
    Ok(())
}

async fn ask_standings(jira: &JiraRead, survey: &mut Survey, progress: &dyn Progress) -> Result<(), ObserveError> {
    let asked: BTreeSet<Handle> = in_doubt(survey).map(|(_, handle)| handle.clone()).collect();
    if jira.site().deployment == Deployment::DataCenter && asked.len() > ASKED_EACH {
        let warning = "there are too many people to ask each for a licence: agents who work here only as members of a \
                       group may be listed";
        survey.observed.warnings.push(warning.to_owned());
        return Ok(());
    }
    let (mut done, of, mut unread) = (0, asked.len(), 0);
    let mut answers = stream::iter(asked)
        .map(|handle| async move { jira.standing(&handle).await })
        .buffer_unordered(AT_ONCE);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(Some(standing)) => {
                let licensed = standing.is_licensed();
                let Standing { account, groups, .. } = standing;
                survey.licensed.extend(licensed.then(|| account.id.clone()));
                survey.observed.groups.insert(account.handle.clone(), groups);
                remember(&mut survey.observed, Some(account));
            }
            Ok(None) => {}
            Err(error) if error.ends_the_pass() => return Err(reading("who has a licence")(error)),
            Err(_) => unread += 1,
        }
        done += 1;
        progress.event(Event::ToldApart { done, of });
    }
    if unread > 0 {
        let warning = format!("whether {unread} accounts have a licence could not be read: agents may be listed here");
        survey.observed.warnings.push(warning);
    }
    Ok(())
}
