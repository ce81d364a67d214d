"""Intuit's own Python client, as a program: its arguments are an address, the app's id and secret, and a company.

Walks the whole life of a connection and prints what the client understood, one JSON object. Nothing of the client is
changed but the address of the discovery document; the person at the consent page is played here.
"""

import json
import sys
from urllib.parse import parse_qs, urlsplit

import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

BACK = "http://localhost:8080/api/integrations/QuickBooks/callback"


def refusal(call):
    try:
        call()
        return None
    except AuthClientError as error:
        content = error.content if isinstance(error.content, str) else error.content.decode()
        return {"status": error.status_code, "content": content, "tid": bool(error.intuit_tid)}


def main(address, client_id, client_secret, company):
    discovery = address + "/.well-known/openid_sandbox_configuration/"
    client = AuthClient(client_id, client_secret, BACK, discovery)
    said = {"issuer": client.issuer_uri, "tokenEndpoint": client.token_endpoint}

    url = client.get_authorization_url([Scopes.ACCOUNTING, Scopes.OPENID, Scopes.EMAIL])
    said["page"] = requests.get(url).status_code
    decided = requests.post(url, data={"decision": "connect", "realmId": company}, allow_redirects=False)
    back = parse_qs(urlsplit(decided.headers["location"]).query)
    said["stateIsOurs"] = back["state"] == [client.state_token]
    said["realmId"] = back["realmId"][0]
    code = back["code"][0]

    stranger = AuthClient(client_id, "not-" + client_secret, BACK, discovery)
    said["wrongSecret"] = refusal(lambda: stranger.get_bearer_token(code))
    said["wrongCode"] = refusal(lambda: client.get_bearer_token("AB11nothing"))

    client.include_refresh_token_hard_expires_in = True
    client.get_bearer_token(code, realm_id=said["realmId"])
    first = (client.access_token, client.refresh_token)
    said["expiresIn"] = client.expires_in
    said["refreshExpiresIn"] = client.x_refresh_token_expires_in
    said["hardExpiresIn"] = client.x_refresh_token_hard_expires_in
    said["email"] = client.get_user_info().json()["email"]

    def company_info(token):
        where = f"{address}/v3/company/{client.realm_id}/companyinfo/{client.realm_id}?minorversion=75"
        return requests.get(where, headers={"Authorization": "Bearer " + token, "Accept": "application/json"})

    said["company"] = company_info(client.access_token).json()["CompanyInfo"]["CompanyName"]

    client.refresh()
    said["newAccessToken"] = client.access_token != first[0]
    said["sameRefreshToken"] = client.refresh_token == first[1]
    said["companyAfterRefresh"] = company_info(client.access_token).json()["CompanyInfo"]["CompanyName"]

    said["revoked"] = client.revoke(token=client.refresh_token)
    said["companyAfterRevocation"] = company_info(client.access_token).status_code
    said["refreshAfterRevocation"] = refusal(client.refresh)
    said["revokedAgain"] = refusal(client.revoke)
    print(json.dumps(said))


main(*sys.argv[1:])
