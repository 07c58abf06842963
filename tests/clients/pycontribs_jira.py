"""The whole job with pycontribs' jira against a simulated Jira: see check.py."""

from jira import JIRA

from check import Client, main

SERVICE_MANAGEMENT = "{server}/rest/servicedeskapi/{path}"


class PycontribsJira(Client):
    """The library has calls for the platform and for a few of the service management's paths; the others are made with
    its session, as its users do."""

    version = "2"

    def __init__(self, site):
        options = {"rest_api_version": self.version, "headers": {"X-ExperimentalApi": "true"}}
        sign_in = {"basic_auth": (site.user, site.token)} if site.is_cloud else {"token_auth": site.token}
        self.jira = JIRA(server=site.url, options=options, max_retries=0, **sign_in)
        self.is_cloud = site.is_cloud
        assert self.jira._is_cloud == site.is_cloud

    def server_info(self):
        return self.jira.server_info()

    def myself(self):
        me = self.jira.myself()
        assert self.jira.current_user() == (me["accountId"] if self.is_cloud else me["name"])
        return me

    def permissions(self):
        permissions = "ADMINISTER,USER_PICKER" if self.is_cloud else None
        return self.jira.my_permissions(projectKey="HR", permissions=permissions)["permissions"]

    def service_management(self):
        assert self.jira.supports_service_desk()
        return self.jira._get_json("info", base=SERVICE_MANAGEMENT)

    def desks(self):
        return [desk.raw for desk in self.jira.service_desks()]

    def desk(self, desk):
        return self.jira.service_desk(desk).raw

    def create(self, email, name):
        if self.is_cloud:
            return self.jira.create_customer(email, name).raw
        # The library's own call sends `displayName`, which only Cloud knows.
        answer = self._call("post", "customer", {"email": email, "fullName": name})
        assert answer.status_code == 201
        return answer.json()

    def customers(self, desk, query=None):
        if self.is_cloud:
            params = {"start": 0, "limit": 50, **({"query": query} if query else {})}
            page = self.jira._get_json(f"servicedesk/{desk}/customer", params, base=SERVICE_MANAGEMENT)
            return [row["accountId"] for row in page["values"]]
        return self.role(desk, self._customers_role(desk))

    def add(self, desk, who):
        self._call("post", f"servicedesk/{desk}/customer", {self._names(): [who]})

    def remove(self, desk, who):
        if self.is_cloud:
            self._call("delete", f"servicedesk/{desk}/customer", {self._names(): [who]})
        else:
            # To where the answer says that the role is.
            self.jira.project_role(desk, self._customers_role(desk)).delete(params={"user": who})

    def search(self, text, inactive_too=False):
        by = {"query": text} if self.is_cloud else {"user": text}
        return [user.raw for user in self.jira.search_users(**by, includeInactive=inactive_too)]

    def user(self, who):
        return self.jira.user(who, expand="groups").raw

    def roles(self, desk):
        return {name: role["url"] for name, role in self.jira.project_roles(desk).items()}

    def role(self, desk, role):
        actors = self.jira.project_role(desk, role).raw["actors"]
        return [actor["actorUser"]["accountId"] if self.is_cloud else actor["name"] for actor in actors]

    def _customers_role(self, desk):
        return self.jira.project_roles(desk)["Service Desk Customers"]["id"]

    def _names(self):
        return "accountIds" if self.is_cloud else "usernames"

    def _call(self, method, path, data):
        url = self.jira._get_url(path, base=SERVICE_MANAGEMENT)
        return getattr(self.jira._session, method)(url, data=data)


class PycontribsJiraVersion3(PycontribsJira):
    """The same with version 3 of the platform's API."""

    version = "3"


class PycontribsJiraLatest(PycontribsJira):
    """The same with whichever version is the latest."""

    version = "latest"


if __name__ == "__main__":
    main(
        cloud=[PycontribsJira, PycontribsJiraVersion3, PycontribsJiraLatest],
        data_center=[PycontribsJira, PycontribsJiraLatest],
    )
