import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Caller, systemCaller } from '#core/caller.ts';
import { toSessionPreimage } from '#core/session-text.ts';
import { openFailingDatabase } from '#test/support/database.ts';
import { killedAtEveryWrite } from '#test/support/processes/killed.ts';
import { testSecrets } from '#test/support/seal.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { startTokenIssuer, type TokenIssuer } from '#test/support/token-issuer.ts';

let issuer: TokenIssuer;
let mesh: TestTenants;
let acme: TestTenant;
let count = 0;

beforeAll(async () => {
  issuer = await startTokenIssuer();
  mesh = await startTenants(openFailingDatabase, {
    outboundFetch: globalThis.fetch,
    secrets: testSecrets,
    signInClient: { issuerId: 'people', clientId: 'heddle' },
  });
  acme = await mesh.addTenant('Acme');
  const input = {
    id: 'people',
    issuer: issuer.url,
    audience: 'heddle',
    rules: [{ claim: 'sub', value: 'ada', tenantId: acme.tenantId, role: 'OWNER' }],
  };
  await askForData(
    mesh.subgraph,
    mesh.admin,
    'mutation ($input: IssuerInput!) { saveIssuer(input: $input) { id } }',
    { input },
  );
});
afterAll(async () => {
  await issuer?.[Symbol.asyncDispose]();
  await mesh?.[Symbol.asyncDispose]();
});

const start = 'mutation { _startSession }';

/** A tenant whose key is signed in twice: the caller of one of the sessions. */
async function signIn(): Promise<Caller> {
  const tenant = await mesh.addTenant(`Sessions ${++count}`);
  await askForData(mesh.subgraph, tenant.caller, start);
  const { _startSession } = await askForData<{ _startSession: { cookie: string } }>(
    mesh.subgraph,
    tenant.caller,
    start,
  );
  const keyHash = createHash('sha256').update(toSessionPreimage(_startSession.cookie)).digest('hex');
  const query = 'query ($keyHash: String!) { _caller(keyHash: $keyHash) }';
  const found = await askForData<{ _caller: Caller }>(mesh.subgraph, systemCaller, query, { keyHash });
  return found._caller;
}

/** A sign-in that has come back from the issuer, whose token is ready. */
async function comeBack(): Promise<Readonly<Record<string, string>>> {
  const { _beginSignIn } = await askForData<{ _beginSignIn: { url: string; state: string } }>(
    mesh.subgraph,
    systemCaller,
    'mutation { _beginSignIn(redirectUri: "http://127.0.0.1/auth/callback", returnPath: "/") }',
  );
  const { searchParams } = new URL(_beginSignIn.url);
  issuer.idToken = await issuer.sign({ nonce: searchParams.get('nonce') });
  const query = new URLSearchParams({ code: 'c', state: searchParams.get('state') ?? '' });
  return { query: query.toString(), state: _beginSignIn.state };
}

const finish =
  'mutation ($query: String!, $state: String!) { _finishSignIn(querySecret: $query, stateSecret: $state, redirectUri: "http://127.0.0.1/auth/callback/people") }';

it.each<[what: string, action: string, prepare: () => Promise<() => Promise<unknown>>]>([
  ['_startSession', 'session.start', async () => () => ask(mesh.subgraph, acme.caller, start)],
  [
    '_endSession',
    'session.end',
    async () => {
      const caller = await signIn();
      return () => ask(mesh.subgraph, caller, 'mutation { _endSession(everywhere: false) }');
    },
  ],
  [
    '_endSession of all',
    'session.end',
    async () => {
      const caller = await signIn();
      return () => ask(mesh.subgraph, caller, 'mutation { _endSession(everywhere: true) }');
    },
  ],
  [
    '_finishSignIn',
    'session.start',
    async () => {
      const variables = await comeBack();
      return () => ask(mesh.subgraph, systemCaller, finish, variables);
    },
  ],
])(
  'a process that is killed while it runs %s leaves all of it or nothing, and a record that names it',
  async (_what, action, prepare) => {
    const outcomes = new Set<string>();
    const states = new Set<string>(['']);
    for await (const { hasChanged, changes, records } of killedAtEveryWrite(
      mesh.database.connection,
      prepare,
    )) {
      states.add(changes);
      if (hasChanged) expect(records).toMatchObject([{ action, targetType: 'Session' }]);
      for (const { outcome } of records) outcomes.add(outcome);
    }
    expect([...states].slice(1)).toHaveLength(1);
    expect(outcomes).toEqual(new Set(['INTERRUPTED', 'SUCCEEDED']));
  },
);
