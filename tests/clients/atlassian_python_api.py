"""The whole job with atlassian-python-api against a simulated Jira: see check.py."""

from atlassian import Jira, JiraCloud, JiraServiceManagement, ServiceDesk

from check import Client, main


class AtlassianPythonApi(Client):
    """The clients of the library that know any Jira, `Jira` and `ServiceDesk`, as most scripts use them."""

    def __init__(self, site):
        sign_in = (
            {"username": site.user, "password": site.token, "cloud": True}
            if site.is_cloud
            else {"token": site.token}
        )
        self.jira = Jira(url=site.url, **sign_in)
        self.service_desk = ServiceDesk(url=site.url, **sign_in)
        # The platform's operations that Data Center marks experimental want this.
        self.jira.default_headers = {**self.jira.default_headers, "X-ExperimentalApi": "true"}
        self.is_cloud = site.is_cloud

    def server_info(self):
        return self.jira.get_server_info(do_health_check=False)

    def myself(self):
        return self.jira.myself()

    def permissions(self):
        return self.jira.get_permissions(permissions="ADMINISTER,USER_PICKER", project_key="HR")["permissions"]

    def service_management(self):
        return self.service_desk.get_info()

    def desks(self):
        return self.service_desk.get_service_desks()

    def desk(self, desk):
        return self.service_desk.get_service_desk_by_id(desk)

    def create(self, email, name):
        return self.service_desk.create_customer(full_name=name, email=email)

    def customers(self, desk, query=None):
        if not self.is_cloud:
            return self.role(desk, self.roles(desk)["Service Desk Customers"].rsplit("/", 1)[1])
        page = self.service_desk.get_customers(desk, query=query)
        return [row["accountId"] for row in page["values"]]

    def add(self, desk, who):
        if self.is_cloud:
            self.service_desk.add_customers(desk, list_of_accountids=[who])
        else:
            self.service_desk.add_customers(desk, list_of_usernames=[who])

    def remove(self, desk, who):
        if self.is_cloud:
            self.service_desk.remove_customers(desk, list_of_accountids=[who])
        else:
            role = self.roles(desk)["Service Desk Customers"].rsplit("/", 1)[1]
            self.jira.delete_project_actors(desk, role, who, actor_type="user")

    def search(self, text, inactive_too=False):
        by = {"query": text} if self.is_cloud else {"username": text}
        return self.jira.user_find_by_user_string(**by, include_inactive_users=inactive_too)

    def user(self, who):
        return self.jira.user(account_id=who) if self.is_cloud else self.jira.user(username=who)

    def roles(self, desk):
        return self.jira.get_project_roles(desk)

    def role(self, desk, role):
        actors = self.jira.get_project_actors_for_role_project(desk, role)
        return [actor["actorUser"]["accountId"] if self.is_cloud else actor["name"] for actor in actors]


class AtlassianPythonApiCloud(AtlassianPythonApi):
    """The library's newer clients, for Cloud alone and with a version of the API each."""

    version = 3

    def __init__(self, site):
        super().__init__(site)
        sign_in = {"username": site.user, "password": site.token}
        self.jira = JiraCloud(url=site.url, api_version=self.version, **sign_in)
        self.management = JiraServiceManagement(url=site.url, **sign_in)
        self.management.default_headers = self.management.experimental_headers

    def server_info(self):
        return self.jira.get_server_info()

    def myself(self):
        return self.jira.get_current_user(expand="groups,applicationRoles")

    def permissions(self):
        return self.jira.get_my_permissions(permissions="ADMINISTER,USER_PICKER")["permissions"]

    def service_management(self):
        return self.management.get_info()

    def desks(self):
        return self.management.get_service_desks(start=0, limit=50)["values"]

    def desk(self, desk):
        return self.management.get_service_desk_by_id(desk)

    def create(self, email, name):
        data = {"email": email, "displayName": name}
        return self.management.create_customer_customer_post(strict_conflict_status_code=True, data=data)

    def customers(self, desk, query=None):
        page = self.management.get_customers(desk, query=query, start=0, limit=50)
        return [row["accountId"] for row in page["values"]]

    def add(self, desk, who):
        self.management.add_customers_servicedesk_service_desk_id_customer_post(desk, data={"accountIds": [who]})

    def remove(self, desk, who):
        self.management.remove_customers(desk, data={"accountIds": [who]})

    def search(self, text, inactive_too=False):
        return self.jira.find_users(query=text, max_results=50)

    def user(self, who):
        return self.jira.get_user(account_id=who, expand="groups")

    def role(self, desk, role):
        actors = self.jira.get_project_role(desk, role, exclude_inactive_users=False)["actors"]
        return [actor["actorUser"]["accountId"] for actor in actors]


class AtlassianPythonApiCloudVersion2(AtlassianPythonApiCloud):
    """The same with version 2 of the platform's API."""

    version = 2


if __name__ == "__main__":
    main(
        cloud=[AtlassianPythonApi, AtlassianPythonApiCloud, AtlassianPythonApiCloudVersion2],
        data_center=[AtlassianPythonApi],
    )
