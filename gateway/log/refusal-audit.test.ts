import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Caller } from '#core/caller.ts';
import type { AuditedRefusal, CountedRefusal } from '#core/refusal-counter.ts';
import { sampleKey, startSampleGateway } from '#test/support/gateways/sample-gateway.ts';
import { sampleCaller } from '#test/support/gateways/sample-subgraphs.ts';
import { keptLog } from '#test/support/processes/log-lines.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { RefusalAudit } from './refusal-audit.ts';
import type { ThrottledAddress } from './throttled-addresses.ts';

const refusal = (more: Partial<AuditedRefusal> = {}): AuditedRefusal => ({
  action: 'app.create',
  code: 'FORBIDDEN',
  caller: { ...sampleCaller(), keyId: 'k1' },
  requestId: 'r',
  clientRequestId: null,
  clientAddress: '192.0.2.1',
  ...more,
});

function start() {
  const written: CountedRefusal[] = [];
  const throttled: ThrottledAddress[] = [];
  const failing = { now: false, meanwhile: (): void => undefined };
  const { log, lines } = keptLog();
  const tenants: SubgraphExecutor = {
    async execute({ variables, caller }) {
      expect(caller.kind).toBe('SYSTEM');
      if (failing.now) {
        failing.meanwhile();
        throw new Error('not there');
      }
      written.push(...((variables?.refusals ?? []) as CountedRefusal[]));
      throttled.push(...((variables?.throttled ?? []) as ThrottledAddress[]));
      return { data: { _audit: 1 } };
    },
  };
  return { audit: new RefusalAudit(tenants, log, Date.now), written, throttled, failing, lines };
}

describe('refusals for the audit log', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-03-01T10:00:00Z') });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are written every five seconds, counted', async () => {
    const { audit, written } = start();
    for (let n = 0; n < 1_000; n++) audit.add(refusal());
    audit.add(refusal({ action: 'app.update', clientRequestId: 'theirs' }));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(written).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(written).toMatchObject([
      { action: 'app.create', errorCode: 'FORBIDDEN', count: 1_000, tenantId: 't1', actor: { keyId: 'k1' } },
      { action: 'app.update', count: 1, clientRequestId: 'theirs' },
    ]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(written).toHaveLength(2);
  });

  it('of one key are of ten kinds an hour at most, the rest is one more', async () => {
    const { audit, written } = start();
    for (let hour = 0; hour < 2; hour++) {
      for (let n = 0; n < 100; n++) audit.add(refusal({ action: `kind ${n}` }));
      await vi.advanceTimersByTimeAsync(5_000);
      for (let n = 0; n < 100; n++) audit.add(refusal({ action: `kind ${n}` }));
      await vi.advanceTimersByTimeAsync(5_000);
      expect(new Set(written.map(({ action }) => action)).size).toBe(11);
      expect(written.reduce((sum, { count }) => sum + count, 0)).toBe(200);
      written.length = 0;
      await vi.advanceTimersByTimeAsync(3_600_000);
    }
  });

  it('of people with the same subject are of the tenant and issuer of each', async () => {
    const { audit, written } = start();
    const people = ['t1', 't2'].flatMap((tenantId) =>
      ['default', 'acme'].map((issuerId) => ({ tenantId, issuerId })),
    );
    for (const person of people) {
      const caller: Caller = { ...sampleCaller(), keyId: null, subject: 'ada', ...person };
      for (let n = 0; n < 2; n++) audit.add(refusal({ caller }));
    }
    await vi.advanceTimersByTimeAsync(5_000);
    expect(written.map(({ tenantId, actor, count }) => [tenantId, actor.issuerId, count])).toEqual(
      people.map(({ tenantId, issuerId }) => [tenantId, issuerId, 2]),
    );
  });

  it('beyond ten thousand keys are of no tenant', async () => {
    const { audit, written } = start();
    for (let n = 0; n < 10_300; n++) {
      audit.add(refusal({ caller: { ...sampleCaller(), keyId: `k${n}`, tenantId: `t${n}` } }));
      if (n % 1_000 === 0) await vi.advanceTimersByTimeAsync(5_000);
    }
    await vi.advanceTimersByTimeAsync(5_000);
    const further = written.filter(({ tenantId }) => tenantId === null);
    expect(further).toMatchObject([{ count: 100, actor: { keyId: null, appId: null }, clientAddress: null }]);
    expect(written.reduce((sum, { count }) => sum + count, 0)).toBe(10_300);
  });

  it('without a key are of two hundred addresses an hour at most', async () => {
    const { audit, written } = start();
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 1_000; n++) {
        audit.add(
          refusal({ action: 'credential', caller: undefined, clientAddress: `2001:db8::${n.toString(16)}` }),
        );
      }
      await vi.advanceTimersByTimeAsync(5_000);
    }
    const addresses = new Set(written.map(({ clientAddress }) => clientAddress));
    expect(addresses.size).toBe(201);
    expect(addresses).toContain(null);
    expect(written.reduce((sum, { count }) => sum + count, 0)).toBe(3_000);
  });

  it('wait where they cannot be written, are logged once, and are written at the end', async () => {
    const { audit, written, failing, lines } = start();
    failing.now = true;
    audit.add(refusal());
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lines).toMatchObject([{ event: 'audit_failed', records: 1 }]);
    failing.meanwhile = () => audit.add(refusal());
    audit.add(refusal());
    await vi.advanceTimersByTimeAsync(5_000);
    failing.now = false;
    audit.add(refusal());
    await audit[Symbol.asyncDispose]();
    expect(written).toMatchObject([{ count: 4 }]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

const startMs = Date.parse('2026-03-01T10:00:00Z');

describe('addresses that have to wait', () => {
  const minute = startMs / 60_000;
  beforeEach(() => {
    vi.useFakeTimers({ now: startMs });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are reported within five seconds, each once a minute, and again where that failed', async () => {
    const { audit, throttled, failing } = start();
    for (let n = 0; n < 100; n++) for (const network of ['192.0.2.1', '192.0.2.2']) audit.throttled(network);
    failing.now = true;
    await vi.advanceTimersByTimeAsync(5_000);
    failing.now = false;
    for (let n = 0; n < 100; n++) audit.throttled('192.0.2.1');
    await vi.advanceTimersByTimeAsync(5_000);
    const both = ['192.0.2.1', '192.0.2.2'].map((address) => ({ address, minute }));
    expect(throttled).toEqual(both);
    await vi.advanceTimersByTimeAsync(50_000);
    audit.throttled('192.0.2.2');
    await audit[Symbol.asyncDispose]();
    expect(throttled).toEqual([...both, { address: '192.0.2.2', minute: minute + 1 }]);
  });

  it('are two hundred reports an hour at most, and one a minute for all others', async () => {
    const { audit, throttled } = start();
    for (let hour = 0; hour < 2; hour++) {
      for (let n = 0; n < 60 * 12; n++) {
        for (let address = 0; address < 100; address++) audit.throttled(`2001:db8:0:${address}::/64`);
        await vi.advanceTimersByTimeAsync(5_000);
      }
      expect(throttled.filter(({ address }) => address !== null)).toHaveLength(200);
      expect(throttled.filter(({ address }) => address === null)).toHaveLength(58);
      throttled.length = 0;
    }
    await audit[Symbol.asyncDispose]();
  });

  it('are bounded while they cannot be reported', async () => {
    const { audit, throttled, failing } = start();
    failing.now = true;
    for (let hour = 0; hour < 5; hour++) {
      for (let address = 0; address < 200; address++) audit.throttled(`2001:db8:0:${address}::/64`);
      await vi.advanceTimersByTimeAsync(3_600_000);
    }
    failing.now = false;
    await audit[Symbol.asyncDispose]();
    expect(throttled).toHaveLength(500);
  });
});

describe('a gateway', () => {
  it('reports an address that has to wait, and counts it in the audit log as a refused credential', async () => {
    const throttled: ThrottledAddress[] = [];
    const written: CountedRefusal[] = [];
    const sample = await startSampleGateway({
      limits: { refusalsPerSecond: 1 },
      trustedProxies: ['127.0.0.1'],
      now: () => startMs,
    });
    const { tenants } = sample.mesh.executors;
    const { execute } = tenants;
    vi.spyOn(tenants, 'execute').mockImplementation(async (request) => {
      if (!Array.isArray(request.variables?.refusals)) return execute(request);
      written.push(...(request.variables.refusals as CountedRefusal[]));
      throttled.push(...(request.variables.throttled as ThrottledAddress[]));
      return { data: { _audit: 1 } };
    });
    const post = async (address: string, key: string | null) => {
      const response = await fetch(`${sample.url}/graphql`, {
        method: 'POST',
        headers: {
          ...{ 'content-type': 'application/json', 'x-forwarded-for': address },
          ...(key === null ? {} : { 'x-api-key': key }),
        },
        body: JSON.stringify({ query: '{ model(id: "m1") { price } }' }),
      });
      await response.arrayBuffer();
      return response.status;
    };
    const statuses = new Set<string>();
    // An IPv6 client has its whole network, whichever address it chooses.
    for (let n = 0; n < 11; n++)
      statuses.add(`network ${await post(`2001:db8::${(n + 1).toString(16)}`, `hd_unknown_${n}`)}`);
    for (let n = 0; n < 11; n++) statuses.add(`no key ${await post('198.51.100.1', null)}`);
    for (let n = 0; n < 11; n++) statuses.add(`key ${await post('192.0.2.7', sampleKey)}`);
    await sample[Symbol.asyncDispose]();
    expect([...statuses]).toEqual(['network 401', 'network 429', 'no key 200', 'no key 429', 'key 200']);
    expect(throttled.map(({ address }) => address)).toEqual(['2001:db8:0:0::/64', '198.51.100.1']);
    const refused = written.filter(({ errorCode }) => errorCode === 'RATE_LIMITED');
    expect(refused).toMatchObject([
      { action: 'credential', actor: { kind: 'ANONYMOUS', keyId: null }, clientAddress: '2001:db8::b' },
      { action: 'credential', clientAddress: '198.51.100.1' },
    ]);
  });

  it('records refused credentials and mutations that do not run, and no other refusals', async () => {
    const written: CountedRefusal[] = [];
    const sample = await startSampleGateway();
    const { tenants } = sample.mesh.executors;
    const { execute } = tenants;
    vi.spyOn(tenants, 'execute').mockImplementation(async (request) => {
      const refusals = request.variables?.refusals;
      if (!Array.isArray(refusals)) return execute(request);
      written.push(...refusals);
      return { data: { _audit: 1 } };
    });
    const plain = sample.keyFor({ ...sampleCaller(), keyId: 'k-plain' });
    const elsewhere = sample.keyFor({ ...sampleCaller(), keyId: 'k-elsewhere', allowedIps: [] });
    const post = (key: string, query: string) =>
      fetch(`${sample.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': key, 'x-request-id': 'theirs' },
        body: JSON.stringify({ query }),
      });
    await post(
      plain,
      'mutation { a: createModel(input: { name: "x" }) { id } b: retireModel(id: "m") { id } }',
    );
    await post('hd_unknown', '{ motd }');
    await post(elsewhere, '{ motd }');
    await post(plain, '{ model(id: "m1") { price } }');
    await post(sampleKey, 'mutation { retireModel(id: "m") { id } }');
    await sample[Symbol.asyncDispose]();
    const what = written.map(({ action, errorCode, actor, clientRequestId }) => [
      action,
      errorCode,
      actor.keyId,
      clientRequestId,
    ]);
    expect(what).toEqual([
      ['model.create', 'FORBIDDEN', 'k-plain', 'theirs'],
      ['model.retire', 'FORBIDDEN', 'k-plain', 'theirs'],
      ['credential', 'UNAUTHENTICATED', null, 'theirs'],
      ['credential', 'FORBIDDEN', 'k-elsewhere', 'theirs'],
    ]);
  });
});
