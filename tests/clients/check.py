"""What every client of Jira must be able to do with the simulated Jira, and how that is judged.

    python atlassian_python_api.py QUIETDESK

starts `QUIETDESK sandbox` for each deployment and does the whole job with the client. The sandbox judges: whatever the
client sent that Jira would not take is a violation, and so is whatever would mail somebody or take a licence seat.
"""

import datetime
import json
import re
import subprocess
import sys
import urllib.request

DESKS = ["--desk", "SUP:open", "--desk", "HR:restricted"]


class Site:
    """A simulated Jira that runs until the end of the `with`."""

    user = "quietdesk@example.com"
    token = "sandbox"

    def __init__(self, program, deployment):
        self.is_cloud = deployment == "cloud"
        command = [program, "--quiet", "sandbox", "--listen", "127.0.0.1:0", "--deployment", deployment, "--customers", "20"]
        self.process = subprocess.Popen(command + DESKS, stdout=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        self.url = re.search(r"http://\S+", first).group()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def seen(self, what):
        """What the sandbox saw: state, journal or outbox."""
        with urllib.request.urlopen(f"{self.url}/_sandbox/{what}", timeout=10) as answer:
            return json.load(answer)


class Client:
    """One client library. Customers are named by account id on Cloud and by username on Data Center; desks by key or id."""

    is_cloud: bool

    def handle(self, account):
        """What calls name an account by."""
        return account["accountId"] if self.is_cloud else account["name"]


def whole_job(client):
    """Everything quietdesk does, with another client."""
    info = client.server_info()
    assert info["deploymentType"] == ("Cloud" if client.is_cloud else "Server"), info
    today = datetime.datetime.now(datetime.timezone.utc)
    days = {(today - datetime.timedelta(days=n)).date().isoformat() for n in (0, 1)}
    assert info["serverTime"][:10] in days, info
    me = client.myself()
    assert me["active"] and me["emailAddress"] == Site.user, me
    permissions = client.permissions()
    assert all(permissions[name]["havePermission"] for name in ("ADMINISTER", "USER_PICKER")), permissions
    assert client.service_management()["isLicensedForUse"]

    desks = {desk["projectKey"]: desk for desk in client.desks()}
    assert set(desks) == {"SUP", "HR"}, desks
    assert client.desk(desks["HR"]["id"])["projectKey"] == "HR"
    assert client.desk("HR")["id"] == desks["HR"]["id"]

    email = f"ada.{type(client).__name__.lower()}@example.com"
    ada = client.create(email, "Ada Lovelace")
    assert (ada["emailAddress"], ada["displayName"]) == (email, "Ada Lovelace"), ada
    who = client.handle(ada)
    assert client.user(who)["displayName"] == "Ada Lovelace"
    refused(lambda: client.create(email, "Ada Lovelace"), 400, 409)
    assert [client.handle(user) for user in client.search(email)] == [who]
    assert client.search("nobody.at.all@example.com", inactive_too=True) == []

    before = client.customers("HR")
    client.add("HR", who)
    client.add("HR", who)
    assert sorted(client.customers("HR")) == sorted([*before, who])
    if client.is_cloud:
        assert client.customers(desks["HR"]["id"], query=email) == [who]
        client.add("SUP", who)
        refused(lambda: client.remove("SUP", who), 400)
    client.remove("HR", who)
    assert sorted(client.customers("HR")) == sorted(before)

    roles = client.roles("HR")
    assert {"Administrators", "Service Desk Customers", "Service Desk Team"} <= set(roles), roles
    role = roles["Service Desk Customers"].rsplit("/", 1)[1]
    assert sorted(client.role("HR", role)) == sorted(before)
    refused(lambda: client.desk("NONE"), 404)
    refused(lambda: client.roles("NONE"), 404)


def refused(call, *statuses):
    """The call fails, with one of these statuses, and the library can read what Jira said."""
    try:
        call()
    except Exception as error:  # each library has errors of its own
        response = getattr(error, "response", None)
        status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
        assert status in statuses, error
        assert str(error).strip(), "the library could read nothing"
        return
    raise AssertionError("Jira would have refused this")


def judge(site):
    """What the sandbox found out about the client."""
    state = site.seen("state")
    assert state["violations"] == [], "\n".join(state["violations"])
    assert site.seen("outbox") == [], "somebody would have been mailed"
    assert state["seats"] == 0, "a licence seat would have been taken"
    statuses = {exchange["status"] for exchange in site.seen("journal")}
    assert statuses <= {200, 201, 204, 400, 404, 409}, statuses
    return state["requests"]


def main(cloud, data_center):
    [program] = sys.argv[1:]
    for deployment, clients in (("cloud", cloud), ("data-center", data_center)):
        for kind in clients:
            with Site(program, deployment) as site:
                whole_job(kind(site))
                print(f"{kind.__name__}, {deployment}: {judge(site)} requests, all of them Jira's")
