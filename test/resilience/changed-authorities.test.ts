import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@heddle/embedded-store';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStoreBeside } from '#cli/open-store.ts';
import { openDatabase } from '#mongo/connect.ts';
import { readEnvironment } from '#server/config.ts';
import { watchAuthorities } from '#server/secrets/tls-files.ts';
import { explainStartFailure } from '#server/start-failure.ts';
import { createRedisBus } from '#state/bus/redis.ts';
import { connectRedis } from '#state/redis/connect.ts';
import { temporaryDirectory } from '#test/support/mesh.ts';
import { createTestAuthority, type TestAuthority } from '../support/processes/certificates.ts';
import { hasRedis } from '../support/processes/redis.ts';
import { startTlsFront } from '../support/processes/tls-front.ts';
import { startRedisWithUsers, urlAs } from '../support/processes/with-redis.ts';

const log = pino({ level: 'silent' });
let former: TestAuthority;
let next: TestAuthority;
beforeAll(async () => {
  former = await createTestAuthority();
  next = await createTestAuthority();
});

let stack: AsyncDisposableStack;
let dir: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  dir = stack.use(await temporaryDirectory()).path;
});
afterEach(() => stack.disposeAsync());

/** The file of HEDDLE_TLS_CA, as a process watches it. */
async function trust(text: string) {
  const path = join(dir, 'trusted.pem');
  await writeFile(path, text);
  const watched = stack.use(watchAuthorities(path, { names: 'HEDDLE_TLS_CA', log }));
  return {
    ca: watched.current,
    async change(to: string) {
      await writeFile(path, to);
      watched.reload();
    },
  };
}

/** What a certificate consists of, as files in the folder. */
async function writeCertificate(authority: TestAuthority, subject = {}): Promise<void> {
  const { cert, key } = await authority.issue(subject);
  for (const [name, text] of Object.entries({ cert, key, ca: authority.ca })) {
    await writeFile(join(dir, `${name}.pem`), text);
  }
}

describe.runIf(hasRedis())('a Redis over TLS, with the users that deploy/redis-users.sh makes', () => {
  const files = () =>
    Object.entries({ cert: 'tls-cert-file', key: 'tls-key-file', ca: 'tls-ca-cert-file' }).flatMap(
      ([name, setting]) => [setting, join(dir, `${name}.pem`)],
    );

  it('may take a certificate of another authority while Heddle serves: a changed HEDDLE_TLS_CA is enough', async () => {
    await writeCertificate(former);
    const trusted = await trust(former.ca);
    const { url } = stack.use(await startRedisWithUsers({ certificate: dir }));
    const tls = { rejectUnauthorized: false };
    const admin = stack.adopt(new Redis(urlAs(url, 'admin'), { tls }), (redis) => redis.disconnect());
    const { commands, channels, ping } = stack.use(await connectRedis(urlAs(url, 'heddle'), log, trusted.ca));
    await using bus = createRedisBus(commands, channels, log);
    const heard = vi.fn();
    await bus.subscribe('completion.cancel', heard);

    await writeCertificate(next);
    await admin.config('SET', ...(files() as [string, string]));
    // Open connections stay.
    await bus.publish('completion.cancel', { completionId: 'a' });
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));

    const failed = once(commands, 'error');
    for (const type of ['normal', 'pubsub']) await admin.client('KILL', 'TYPE', type, 'SKIPME', 'yes');
    expect((await failed)[0]).toMatchObject({ code: 'SELF_SIGNED_CERT_IN_CHAIN' });

    for (const authorities of [former.ca + next.ca, next.ca]) {
      await trusted.change(authorities);
      await vi.waitFor(ping, { timeout: 10_000 });
      heard.mockClear();
      await vi.waitFor(
        async () => {
          await bus.publish('completion.cancel', { completionId: 'b' });
          expect(heard).toHaveBeenCalled();
        },
        { timeout: 10_000 },
      );
      for (const type of ['normal', 'pubsub']) await admin.client('KILL', 'TYPE', type, 'SKIPME', 'yes');
    }
  });

  it.each<[string, RegExp, { ca?: () => string; as?: (url: string) => string; subject?: object }]>([
    ['a wrong password', /WRONGPASS/, { as: (url) => url.replace('//', '//heddle:wrong@') }],
    ['no password', /NOAUTH/, { as: (url) => url }],
    ['a user that is not there', /WRONGPASS/, { as: (url) => url.replace('//', '//missing:x@') }],
    ['no TLS', /ECONNRESET|closed/, { as: (url) => urlAs(url, 'heddle').replace('rediss:', 'redis:') }],
    ['another authority', /self-signed certificate.*; set HEDDLE_TLS_CA to/, { ca: () => next.ca }],
    ['the authorities of the system', /self-signed certificate.*; set HEDDLE_TLS_CA to/, {}],
    ['a certificate of another host', /altnames/, { ca: () => former.ca, subject: { hosts: ['elsewhere'] } }],
    ['a certificate that has expired', /expired/, { ca: () => former.ca, subject: { days: -0.5 } }],
  ])('ends a start with %s, and states why', async (_what, why, { ca, as, subject }) => {
    await writeCertificate(former, subject);
    const { url } = stack.use(await startRedisWithUsers({ certificate: dir }));
    const trusted = as === undefined ? ca : () => former.ca;
    const connecting = connectRedis(as?.(url) ?? urlAs(url, 'heddle'), log, trusted);
    const failure = explainStartFailure(await connecting.catch((error: unknown) => error));
    expect(failure).toMatch(/^Redis at 127\.0\.0\.1:\d+ cannot be used: /);
    expect(failure).toMatch(why);
    expect(failure).not.toMatch(/wrong@|of-every-user/);
  });
});

describe('a MongoDB over TLS', () => {
  /** The embedded store, which speaks the protocol, behind TLS. */
  async function start(subject = {}) {
    const password = 'a password of the store';
    const store = stack.use(
      await openStore({
        dir: join(dir, 'store'),
        listen: { port: 0 },
        credentials: { user: 'heddle', password },
      }),
    );
    const front = stack.use(
      await startTlsFront(Number(new URL(store.uri).port), await former.issue(subject)),
    );
    const as = (secret: string) =>
      `mongodb://heddle:${encodeURIComponent(secret)}@127.0.0.1:${front.port}/heddle` +
      '?directConnection=true&tls=true&serverSelectionTimeoutMS=1000';
    return { front, url: as(password), wrong: as('wrong') };
  }

  it('may take a certificate of another authority while Heddle serves: a changed HEDDLE_TLS_CA is enough', async () => {
    const { front, url } = await start();
    const trusted = await trust(former.ca);
    const { connection } = stack.use(await openDatabase(url, { ca: trusted.ca }));
    const collection = connection.collection<{ _id: string }>('things');
    await collection.insertOne({ _id: 'a' });

    front.change(await next.issue());
    // Open connections stay.
    await collection.insertOne({ _id: 'b' });
    front.cut();
    await expect(collection.countDocuments()).rejects.toThrow(/self-signed certificate/);

    for (const authorities of [former.ca + next.ca, next.ca]) {
      await trusted.change(authorities);
      await vi.waitFor(async () => expect(await collection.countDocuments()).toBe(2), { timeout: 10_000 });
      front.cut();
    }
  });

  it('is trusted by commands beside the mesh, by the same file', async () => {
    const { url } = await start();
    await trust(former.ca);
    const environment = (ca: object) => readEnvironment({ MONGO_URL: url, ...ca });
    const opened = openStoreBeside(environment({ HEDDLE_TLS_CA: join(dir, 'trusted.pem') }));
    stack.use(await opened);
    await expect(openStoreBeside(environment({}))).rejects.toThrow(/self-signed certificate/);
  });

  it.each<[string, RegExp, { ca?: () => string; subject?: object; isWrong?: true }]>([
    ['a wrong password', /[Aa]uth/, { ca: () => former.ca, isWrong: true }],
    ['another authority', /self-signed certificate.*; set HEDDLE_TLS_CA to/, { ca: () => next.ca }],
    ['the authorities of the system', /self-signed certificate.*; set HEDDLE_TLS_CA to/, {}],
    ['a certificate of another host', /altnames/, { ca: () => former.ca, subject: { hosts: ['elsewhere'] } }],
  ])('ends a start with %s, and states why', async (_what, why, { ca, subject, isWrong }) => {
    const { url, wrong } = await start(subject);
    const opening = openDatabase(isWrong ? wrong : url, { ca });
    const failure = explainStartFailure(await opening.catch((error: unknown) => error));
    expect(failure).toMatch(/^the database that MONGO_URL names cannot be used: /);
    expect(failure).toMatch(why);
  });
});
