// A real OAuth server for the tests: `oidc-provider`, with a window to look through and a few ways to be out of order.
//
// Started as `node server.mjs FOLDER SETTINGS`: the folder that `oidc-provider` was installed into, and JSON with
// `redirectUri`, `clientId`, `clientSecret`, `rotate` and, for a provider with paths and an end of its own, `shape`.
// Prints its own address. Ends when its standard input does, which is when the test does.

import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, given] = process.argv.slice(2);
const library = pathToFileURL(join(folder, 'oidc-provider/lib/index.js')).href;
const { default: Provider } = await import(library);
const settings = JSON.parse(given);
const crm = settings.shape === 'crm';

process.stdin.on('end', () => process.exit(0)).resume();
// Nobody reads on after the address, and the library has advice to give.
process.stdout.on('error', () => {});

const seen = [];
const faults = [];
let held = [];

const server = createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: settings.clientId,
    client_secret: settings.clientSecret,
    redirect_uris: [settings.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: crm ? 'client_secret_post' : 'client_secret_basic',
  }],
  scopes: crm
    ? ['oauth', 'crm.objects.contacts.read', 'crm.objects.companies.read']
    : ['openid', 'offline_access'],
  pkce: { required: () => !crm },
  rotateRefreshToken: () => settings.rotate,
  features: { revocation: { enabled: !crm }, devInteractions: { enabled: true } },
  ...(crm && {
    routes: { authorization: '/oauth/authorize', token: '/oauth/v1/token' },
    issueRefreshToken: () => true,
  }),
  ttl: { AccessToken: 1800, RefreshToken: 86400, AuthorizationCode: 60, Grant: 86400, Interaction: 600, Session: 600 },
  cookies: { keys: ['only for tests'] },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
});

provider.on('grant.success', (ctx) => seen.push({ kind: 'granted', type: ctx.oidc.params.grant_type }));
provider.on('grant.error', (ctx, error) => seen.push({
  kind: 'refused', type: ctx.oidc?.params?.grant_type, error: error.message, detail: error.error_detail,
}));
provider.on('authorization.error', (_, error) => seen.push({
  kind: 'authorization', error: error.message, detail: error.error_detail ?? error.error_description,
}));
provider.on('grant.revoked', () => seen.push({ kind: 'ended' }));
for (const kind of ['access_token', 'refresh_token']) {
  provider.on(`${kind}.saved`, (token) => seen.push({ kind: 'issued', token: token.jti }));
  provider.on(`${kind}.issued`, (token) => seen.push({ kind: 'issued', token: token.jti }));
}
provider.on('server_error', (_, error) => seen.push({ kind: 'broken', detail: String(error.stack) }));

const read = async (request) => {
  let text = '';
  for await (const part of request) text += part;
  return text;
};
const json = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

async function control(request, response, path) {
  if (path === '/_control/seen') return json(response, 200, { seen, held: held.length });
  const body = JSON.parse((await read(request)) || '{}');
  if (path === '/_control/faults') faults.push({ times: 1, ...body });
  if (path === '/_control/release' || path === '/_control/drop') {
    const waiting = held;
    held = [];
    waiting.forEach((it) => (path.endsWith('drop') ? it.socket.destroy() : it.go()));
  }
  return json(response, 200, {});
}

// The paths of a provider of customers: an account behind the token, and a refresh token that is deleted by its name.
async function ofCrm(request, response, path) {
  if (path === '/account-info/v3/details') {
    const [, given] = (request.headers.authorization ?? '').split('Bearer ');
    const token = given && await provider.AccessToken.find(given);
    return json(response, token ? 200 : 401, token ? { portalId: 1234567 } : { message: 'The token has expired' });
  }
  const name = decodeURIComponent(path.slice('/oauth/v1/refresh-tokens/'.length));
  const token = request.method === 'DELETE' && await provider.RefreshToken.find(name);
  if (!token) return json(response, 404, { message: 'no such token' });
  await token.destroy();
  await (await provider.Grant.find(token.grantId))?.destroy();
  seen.push({ kind: 'deleted' });
  response.writeHead(204);
  return response.end();
}

const work = provider.callback();

async function answer(request, response) {
  const path = request.url.split('?')[0];
  if (path.startsWith('/_control/')) return control(request, response, path);
  const fits = (it) => (it.endsWith('*') ? path.startsWith(it.slice(0, -1)) : path === it);
  const at = faults.findIndex((fault) => fits(fault.path));
  const fault = at < 0 ? undefined : faults[at];
  if (fault) {
    fault.times -= 1;
    if (fault.times === 0) faults.splice(at, 1);
    seen.push({ kind: 'fault', path, action: fault.action });
  }
  if (fault?.action === 'answer') {
    await read(request);
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
    return response.end(fault.body ?? '');
  }
  if (fault?.action === 'cut') return request.socket.destroy();
  if (fault?.action === 'hold_before') await new Promise((go) => held.push({ go, socket: request.socket }));
  if (fault?.action === 'hold_after') {
    const end = response.end.bind(response);
    response.end = (...rest) => {
      held.push({ go: () => end(...rest), socket: request.socket });
      return response;
    };
  }
  if (crm && /^\/(account-info|oauth\/v1\/refresh-tokens)\//.test(path)) return ofCrm(request, response, path);
  return work(request, response);
}

server.on('request', (request, response) => {
  answer(request, response).catch((error) => {
    seen.push({ kind: 'broken', detail: String(error.stack) });
    response.destroy();
  });
});
process.stdout.write(`${JSON.stringify({ issuer })}\n`);
