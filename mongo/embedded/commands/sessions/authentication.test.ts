import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Binary, type Doc, doc, int32 } from '../../bson/values.ts';
import { openStore, type Store } from '../../store.ts';
import type { WireClient } from '../../wire/connection.ts';
import { COMMANDS } from '../table.ts';
import { TestEngine } from '../with-engine.ts';
import { createCredentials } from './authentication.ts';

const user = 'heddle';
const password = 'the password of the store';
const credentials = await createCredentials(user, password);

const newClient = (): WireClient => ({ id: 2, name: '', closed: false });
const payload = (text: string) => new Binary(Buffer.from(text));
const readPayload = (answer: Doc) => Buffer.from((answer.get('payload') as Binary).bytes).toString();

/** The client's side of SCRAM-SHA-256 by RFC 5802, independent of the store's. */
async function converse(
  store: TestEngine,
  client: WireClient,
  options: { password?: string; name?: string; change?: (text: string) => string } = {},
) {
  const bare = `n=${options.name ?? user},r=nonce-of-the-client`;
  const start = { mechanism: 'SCRAM-SHA-256', payload: payload(`n,,${bare}`) };
  const first = await store.ask({ saslStart: int32(1), ...start }, client);
  if (first.get('ok') !== 1) return { answer: first };
  const serverFirst = readPayload(first);
  const [, nonce = '', salt = '', iterations = ''] = /^r=(.+),s=(.+),i=(\d+)$/.exec(serverFirst) ?? [];
  const salted = pbkdf2Sync(
    options.password ?? password,
    Buffer.from(salt, 'base64'),
    Number(iterations),
    32,
    'sha256',
  );
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const clientKey = hmac(salted, 'Client Key');
  const signed = `${bare},${serverFirst},c=biws,r=${nonce}`;
  const signature = hmac(createHash('sha256').update(clientKey).digest(), signed);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))).toString(
    'base64',
  );
  const last = `c=biws,r=${nonce},p=${proof}`;
  const text = options.change?.(last) ?? last;
  const answer = await store.ask(
    { saslContinue: int32(1), conversationId: int32(1), payload: payload(text) },
    client,
  );
  const expected = `v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`;
  return { answer, expected, last };
}

describe('a store with credentials', () => {
  it('does what an authenticated client requests, and proves that it knows the password too', async () => {
    using store = new TestEngine({ credentials });
    const client = newClient();
    const { answer, expected } = await converse(store, client);
    expect({ done: answer.get('done'), payload: readPayload(answer) }).toEqual({
      done: true,
      payload: expected,
    });
    const empty = { saslContinue: int32(1), conversationId: int32(1), payload: payload('') };
    expect((await store.ask(empty, client)).get('done')).toBe(true);
    expect((await store.ask({ find: 'c' }, client)).get('ok')).toBe(1);
  });

  it('refuses every command of a client that is not authenticated, but those that lead there', async () => {
    using store = new TestEngine({ credentials, failPoints: true });
    const client = newClient();
    const open: string[] = [];
    for (const name of [...COMMANDS.keys(), 'no such command']) {
      const answer = await store.ask({ [name]: int32(1), $db: 'admin' }, client);
      if (answer.get('codeName') !== 'Unauthorized') open.push(name);
    }
    expect(open.toSorted()).toEqual(
      // Nothing is told of a command that does not exist.
      ['hello', 'isMaster', 'ismaster', 'no such command', 'ping', 'saslContinue', 'saslStart'].toSorted(),
    );
  });

  it.each<[string, Parameters<typeof converse>[2]]>([
    ['another password', { password: 'another password' }],
    ['no password', { password: '' }],
    ['another user', { name: 'admin' }],
    ['no user', { name: '' }],
    [
      'a changed proof',
      { change: (text) => text.replace(/p=(.)/, (_, first) => (first === '0' ? 'p=1' : 'p=0')) },
    ],
    ['a proof that is cut short', { change: (text) => text.slice(0, -8) }],
    ['no proof', { change: (text) => text.replace(/,p=.*/, '') }],
    ['an empty message', { change: () => '' }],
    ['another nonce', { change: (text) => text.replace('r=', 'r=x') }],
    ['a channel binding', { change: (text) => text.replace('c=biws', 'c=eSws') }],
    ['a long message', { change: (text) => `${text},x=${'y'.repeat(5_000)}` }],
  ])('refuses %s', async (_what, options) => {
    using store = new TestEngine({ credentials });
    const client = newClient();
    const { answer } = await converse(store, client, options);
    expect(answer.get('codeName')).toBe('AuthenticationFailed');
    expect((await store.ask({ find: 'c' }, client)).get('codeName')).toBe('Unauthorized');
  });

  it('refuses the proof of another connection, and a second try with the same challenge', async () => {
    using store = new TestEngine({ credentials });
    const { last = '' } = await converse(store, newClient());
    for (const change of [
      () => last,
      (text: string) => text.replace(/p=(.)/, (_, first) => (first === '0' ? 'p=1' : 'p=0')),
    ]) {
      const client = newClient();
      await converse(store, client, { change });
      const again = { saslContinue: int32(1), conversationId: int32(1), payload: payload(last) };
      expect((await store.ask(again, client)).get('codeName')).toBe('AuthenticationFailed');
      expect((await store.ask({ find: 'c' }, client)).get('codeName')).toBe('Unauthorized');
    }
  });

  it('refuses other mechanisms', async () => {
    using store = new TestEngine({ credentials });
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-1', 'MONGODB-X509', undefined]) {
      const answer = await store.ask(
        { saslStart: int32(1), mechanism, payload: payload('n,,n=heddle,r=x') },
        newClient(),
      );
      expect(answer.get('codeName')).toBe('BadValue');
    }
  });
});

it('a store without credentials states that it has no users', async () => {
  using store = new TestEngine();
  const start = { saslStart: int32(1), mechanism: 'SCRAM-SHA-256', payload: payload('n,,n=heddle,r=x') };
  expect((await store.ask(start)).get('codeName')).toBe('CommandNotSupported');
  expect((await store.ask({ hello: int32(1), saslSupportedMechs: 'd.heddle' })).get('codeName')).toBe(
    'CommandNotSupported',
  );
  expect((await store.ask({ hello: int32(1), speculativeAuthenticate: doc({}) })).get('ok')).toBe(0);
});

describe('the stock driver', () => {
  const dir = mkdtempSync(join(tmpdir(), 'store-auth-'));
  let store: Store;
  beforeEach(async () => {
    store = await openStore({ dir, credentials: { user, password } });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const connect = (text: string, options = {}) =>
    new MongoClient(store.uri, { auth: { username: user, password: text }, ...options });

  it.each([{}, { authMechanism: 'SCRAM-SHA-256' }, { authSource: 'heddle' }] as const)(
    'authenticates with %o, and is refused with another password',
    async (options) => {
      await using client = connect(password, options);
      await client.db('d').collection('c').insertOne({});
      expect(await client.db('d').collection('c').countDocuments()).toBeGreaterThan(0);
      await using stranger = connect('another password', options);
      await expect(stranger.db('d').collection('c').findOne()).rejects.toMatchObject({ code: 18 });
      await using anonymous = new MongoClient(store.uri);
      await expect(anonymous.db('d').collection('c').findOne()).rejects.toMatchObject({ code: 13 });
    },
  );
});
