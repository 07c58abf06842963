// What check.py says of clients in Python, for those in JavaScript:
//
//     node jira_js.mjs QUIETDESK
//
// starts `QUIETDESK sandbox` for each deployment and does the whole job with the client. The sandbox judges.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const USER = 'quietdesk@example.com';
const DESKS = ['--desk', 'SUP:open', '--desk', 'HR:restricted'];

async function withSite(program, deployment, use) {
  const args = ['--quiet', 'sandbox', '--listen', '127.0.0.1:0', '--deployment', deployment, '--customers', '20', ...DESKS];
  const running = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [first] = await once(createInterface({ input: running.stdout }), 'line');
    const url = first.match(/http:\/\/\S+/)[0];
    await use({ url, user: USER, token: 'sandbox', isCloud: deployment === 'cloud' });
  } finally {
    if (running.kill() && running.exitCode === null) await once(running, 'exit');
  }
}

/** Everything quietdesk does, with another client. */
async function wholeJob(client) {
  const handle = account => (client.isCloud ? account.accountId : account.name);
  const sorted = list => [...list].sort();

  const info = await client.serverInfo();
  assert.equal(info.deploymentType, client.isCloud ? 'Cloud' : 'Server');
  const days = [0, 1].map(n => new Date(Date.now() - n * 86_400_000).toISOString().slice(0, 10));
  assert.ok(days.includes(info.serverTime.slice(0, 10)), info.serverTime);
  const me = await client.myself();
  assert.ok(me.active && me.emailAddress === USER);
  const permissions = await client.permissions();
  for (const name of ['ADMINISTER', 'USER_PICKER']) assert.ok(permissions[name].havePermission, name);
  assert.ok((await client.serviceManagement()).isLicensedForUse);

  const desks = Object.fromEntries((await client.desks()).map(desk => [desk.projectKey, desk]));
  assert.deepEqual(sorted(Object.keys(desks)), ['HR', 'SUP']);
  assert.equal((await client.desk(desks.HR.id)).projectKey, 'HR');
  assert.equal((await client.desk('HR')).id, desks.HR.id);

  const email = 'ada@example.com';
  const ada = await client.create(email, 'Ada Lovelace');
  assert.deepEqual([ada.emailAddress, ada.displayName], [email, 'Ada Lovelace']);
  const who = handle(ada);
  assert.equal((await client.user(who)).displayName, 'Ada Lovelace');
  await refused(client.create(email, 'Ada Lovelace'), 400, 409);
  assert.deepEqual((await client.search(email)).map(handle), [who]);
  assert.deepEqual(await client.search('nobody.at.all@example.com'), []);

  const before = await client.customers('HR');
  await client.add('HR', who);
  await client.add('HR', who);
  assert.deepEqual(sorted(await client.customers('HR')), sorted([...before, who]));
  if (client.isCloud) {
    assert.deepEqual(await client.customers(desks.HR.id, email), [who]);
    await client.add('SUP', who);
    await refused(client.remove('SUP', who), 400);
  }
  await client.remove('HR', who);
  assert.deepEqual(sorted(await client.customers('HR')), sorted(before));

  const roles = await client.roles('HR');
  for (const name of ['Administrators', 'Service Desk Customers', 'Service Desk Team']) assert.ok(roles[name], name);
  const role = Number(roles['Service Desk Customers'].split('/').pop());
  assert.deepEqual(sorted(await client.role('HR', role)), sorted(before));
  await refused(client.desk('NONE'), 404);
  await refused(client.roles('NONE'), 404);
}

/** The call fails, with one of these statuses, and the library has Jira's answer. */
async function refused(call, ...statuses) {
  const error = await call.then(() => assert.fail('Jira would have refused this'), error => error);
  assert.ok(statuses.includes(error.status), String(error));
  assert.equal(typeof error.response, 'object');
}

/** What the sandbox found out about the client. */
async function judge(url) {
  const seen = async what => (await fetch(`${url}/_sandbox/${what}`)).json();
  const state = await seen('state');
  assert.deepEqual(state.violations, []);
  assert.deepEqual(await seen('outbox'), []);
  assert.equal(state.seats, 0);
  return state.requests;
}

export async function main({ cloud, dataCenter }) {
  const [program] = process.argv.slice(2);
  for (const [deployment, kinds] of [['cloud', cloud], ['data-center', dataCenter]]) {
    for (const Kind of kinds) {
      await withSite(program, deployment, async site => {
        await wholeJob(new Kind(site));
        console.log(`${Kind.name}, ${deployment}: ${await judge(site.url)} requests, all of them Jira's`);
      });
    }
  }
}
