// Intuit's own Node client, as a program: its arguments are an address, the app's id and secret, and a company.
//
// Walks the whole life of a connection and prints what the client understood, one JSON object. Nothing of the client
// is changed but its addresses; the person at the consent page is played here.
'use strict';

const OAuthClient = require('intuit-oauth');

const [address, clientId, clientSecret, company] = process.argv.slice(2);
const redirectUri = 'http://localhost:8080/api/integrations/QuickBooks/callback';

const client = (secret) => {
  const it = new OAuthClient({ clientId, clientSecret: secret, redirectUri, environment: 'sandbox' });
  OAuthClient.environment.sandbox = `${address}/`;
  return it.setAuthorizeURLs({
    authorizeEndpoint: `${address}/connect/oauth2`,
    tokenEndpoint: `${address}/oauth2/v1/tokens/bearer`,
    revokeEndpoint: `${address}/v2/oauth2/tokens/revoke`,
    userInfoEndpoint: `${address}/v1/openid_connect/userinfo`,
  });
};

const refusal = async (call) => {
  try {
    await call();
    return null;
  } catch (error) {
    return { error: error.error ?? error.message, description: error.error_description ?? null, tid: Boolean(error.intuit_tid) };
  }
};

const main = async () => {
  const said = {};
  const ours = client(clientSecret);
  const { Accounting, OpenId, Email } = OAuthClient.scopes;
  const url = ours.authorizeUri({ scope: [Accounting, OpenId, Email], state: 'from-node' });
  said.page = (await fetch(url)).status;
  const body = new URLSearchParams({ decision: 'connect', realmId: company });
  const decided = await fetch(url, { method: 'POST', body, redirect: 'manual' });
  const back = decided.headers.get('location');
  said.state = new URL(back).searchParams.get('state');

  said.wrongSecret = await refusal(() => client(`not-${clientSecret}`).createToken(back));
  said.wrongCode = await refusal(() => ours.createToken(`${redirectUri}?code=AB11nothing&realmId=1`));

  const first = (await ours.createToken(back)).getJson();
  said.realmId = ours.getToken().realmId;
  said.expiresIn = first.expires_in;
  said.refreshExpiresIn = first.x_refresh_token_expires_in;
  said.isValid = ours.isAccessTokenValid();
  said.email = (await ours.getUserInfo()).getJson().email;
  const companyInfo = async () => {
    const path = `v3/company/${said.realmId}/companyinfo/${said.realmId}?minorversion=75`;
    return (await ours.makeApiCall({ url: path })).json.CompanyInfo.CompanyName;
  };
  said.company = await companyInfo();

  const second = (await ours.refresh()).getJson();
  said.newAccessToken = second.access_token !== first.access_token;
  said.sameRefreshToken = second.refresh_token === first.refresh_token;
  said.companyAfterRefresh = await companyInfo();

  const token = ours.getToken();
  said.revoked = (await ours.revoke({ refresh_token: second.refresh_token })).status();
  ours.setToken(token);
  said.companyAfterRevocation = await refusal(companyInfo);
  said.refreshAfterRevocation = await refusal(() => ours.refreshUsingToken(second.refresh_token));
  said.revokedAgain = await refusal(() => ours.revoke({ refresh_token: second.refresh_token }));
  console.log(JSON.stringify(said));
};

main();
