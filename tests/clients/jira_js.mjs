// The whole job with jira.js against a simulated Jira: see check.mjs. The library is written for Cloud; its clients for
// the service management and for version 2 of the platform work with Data Center too, but for what is said below.

import { ServiceDeskClient, Version2Client, Version3Client } from 'jira.js';

import { main } from './check.mjs';

class JiraJs {
  static Platform = Version3Client;

  constructor(site) {
    this.isCloud = site.isCloud;
    const config = {
      host: site.url,
      authentication: site.isCloud
        ? { basic: { email: site.user, apiToken: site.token } }
        // What it calls an OAuth token it sends as Data Center wants a personal access token.
        : { oauth2: { accessToken: site.token } },
      // What Data Center marks experimental wants this, and jira.js sends it only where Cloud does.
      baseRequestConfig: site.isCloud ? undefined : { headers: { 'X-ExperimentalApi': 'true' } },
    };
    this.platform = new this.constructor.Platform(config);
    this.management = new ServiceDeskClient(config);
  }

  serverInfo() {
    return this.platform.serverInfo.getServerInfo();
  }

  myself() {
    return this.platform.myself.getCurrentUser({ expand: this.isCloud ? 'groups' : undefined });
  }

  async permissions() {
    const permissions = this.isCloud ? 'ADMINISTER,USER_PICKER' : undefined;
    return (await this.platform.permissions.getMyPermissions({ permissions, projectKey: 'HR' })).permissions;
  }

  serviceManagement() {
    return this.management.info.getInfo();
  }

  async desks() {
    return (await this.management.serviceDesk.getServiceDesks({ start: 0, limit: 50 })).values;
  }

  desk(serviceDeskId) {
    return this.management.serviceDesk.getServiceDeskById({ serviceDeskId });
  }

  create(email, displayName) {
    if (this.isCloud) return this.management.customer.createCustomer({ email, displayName });
    // The library's own call sends `displayName`, which only Cloud knows.
    const data = { email, fullName: displayName };
    return this.management.sendRequest({ url: '/rest/servicedeskapi/customer', method: 'POST', data });
  }

  async customers(serviceDeskId, query) {
    if (!this.isCloud) return this.role(serviceDeskId, await this.#customersRole(serviceDeskId));
    const page = await this.management.serviceDesk.getCustomers({ serviceDeskId, query, start: 0, limit: 50 });
    return page.values.map(row => row.accountId);
  }

  add(serviceDeskId, who) {
    const names = this.isCloud ? { accountIds: [who], usernames: [] } : { usernames: [who], accountIds: [] };
    return this.management.serviceDesk.addCustomers({ serviceDeskId, ...names });
  }

  async remove(serviceDeskId, who) {
    if (this.isCloud) return this.management.serviceDesk.removeCustomers({ serviceDeskId, accountIds: [who] });
    const id = await this.#customersRole(serviceDeskId);
    return this.platform.projectRoleActors.deleteActor({ projectIdOrKey: serviceDeskId, id, user: who });
  }

  search(text) {
    const by = this.isCloud ? { query: text } : { username: text };
    return this.platform.userSearch.findUsers({ ...by, startAt: 0, maxResults: 50 });
  }

  user(who) {
    if (this.isCloud) return this.platform.users.getUser({ accountId: who, expand: 'groups,applicationRoles' });
    // The library's own call knows accounts by their Cloud id alone.
    return this.platform.sendRequest({ url: '/rest/api/2/user', method: 'GET', params: { username: who } });
  }

  roles(projectIdOrKey) {
    return this.platform.projectRoles.getProjectRoles({ projectIdOrKey });
  }

  async role(projectIdOrKey, id) {
    const role = await this.platform.projectRoles.getProjectRole({ projectIdOrKey, id });
    return role.actors.map(actor => (this.isCloud ? actor.actorUser.accountId : actor.name));
  }

  async #customersRole(desk) {
    return Number((await this.roles(desk))['Service Desk Customers'].split('/').pop());
  }
}

class JiraJsVersion2 extends JiraJs {
  static Platform = Version2Client;
}

await main({ cloud: [JiraJs, JiraJsVersion2], dataCenter: [JiraJsVersion2] });
