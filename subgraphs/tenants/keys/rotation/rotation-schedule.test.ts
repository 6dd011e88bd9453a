import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { apiKeys } from '#mongo/api-keys.ts';
import { events } from '#mongo/events.ts';
import { ask, askForData } from '#test/support/subgraph.ts';
import { startTenants, type TestTenant, type TestTenants } from '#test/support/tenants.ts';
import { reportDates } from '../../report-dates.ts';

const dayMs = 86_400_000;
const start = Date.parse('2026-01-01T00:00:00Z');

let mesh: TestTenants;
let acme: TestTenant;
let count = 0;
beforeAll(async () => {
  mesh = await startTenants();
});
beforeEach(async () => {
  mesh.clock.ms = start;
  acme = await mesh.addTenant(`Schedules ${++count}`);
});
afterAll(() => mesh?.[Symbol.asyncDispose]());

const at = (days: number) => new Date(start + days * dayMs).toISOString();
const DATES = 'id rotateEveryDays rotationOverlapSeconds rotationDueAt expiresAt';
const CREATE = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { ${DATES} } } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateApiKeyInput!) { updateApiKey(id: $id, input: $input) { ${DATES} } }`;
const ROTATE = `mutation ($id: ID!, $overlap: Int) {
  rotateApiKey(id: $id, overlapSeconds: $overlap) { secret key { ${DATES} } }
}`;

interface Dates {
  readonly id: string;
  readonly rotateEveryDays: number | null;
  readonly rotationOverlapSeconds: number | null;
  readonly rotationDueAt: string | null;
  readonly expiresAt: string | null;
}
interface Made {
  readonly secret: string;
  readonly key: Dates;
}
const run = <T>(query: string, variables: object, caller = acme.caller) =>
  askForData<T>(mesh.subgraph, caller, query, { ...variables });
const makeKey = async (input: object): Promise<Made> =>
  (await run<{ createApiKey: Made }>(CREATE, { input: { appId: acme.appId, ...input } })).createApiKey;
const rotate = async (id: string, overlap?: number): Promise<Made> =>
  (await run<{ rotateApiKey: Made }>(ROTATE, { id, overlap })).rotateApiKey;
const readDates = ({ rotateEveryDays, rotationOverlapSeconds, rotationDueAt, expiresAt }: Dates) => [
  ...[rotateEveryDays, rotationOverlapSeconds, rotationDueAt, expiresAt],
];
async function tryDates(query: string, variables: object, caller = acme.caller) {
  const { data, errors } = await ask<Record<string, Dates | { key: Dates }> | null>(
    mesh.subgraph,
    caller,
    query,
    { ...variables },
  );
  if (errors !== undefined) return `${errors[0]?.code} ${errors[0]?.message.split(' ')[0]}`;
  const [answer] = Object.values(data ?? {});
  return answer === undefined ? null : readDates('key' in answer ? answer.key : answer);
}

const weekSeconds = 7 * 86_400;
const bad = (field: string) => `BAD_USER_INPUT input.${field}`;

describe('a schedule of rotations', () => {
  it('is set, moved and removed with the end of the key, within bounds', async () => {
    const created: [object, unknown][] = [
      [{}, [null, null, null, null]],
      [{ rotateEveryDays: 90 }, [90, weekSeconds, at(90), at(97)]],
      [{ rotateEveryDays: 1 }, [1, 86_400, at(1), at(2)]],
      [{ rotateEveryDays: 365, rotationOverlapSeconds: 3_600 }, [365, 3_600, at(365), at(365 + 1 / 24)]],
      [{ rotateEveryDays: null }, [null, null, null, null]],
      ...[0, -1, 366].map((rotateEveryDays): [object, string] => [
        { rotateEveryDays },
        bad('rotateEveryDays'),
      ]),
      ...[0, 3_599, 30 * 86_400 + 1].map((rotationOverlapSeconds): [object, string] => [
        { rotateEveryDays: 90, rotationOverlapSeconds },
        bad('rotationOverlapSeconds'),
      ]),
      [{ rotateEveryDays: 1, rotationOverlapSeconds: 86_401 }, bad('rotationOverlapSeconds')],
      [{ rotationOverlapSeconds: 3_600 }, bad('rotationOverlapSeconds')],
      [{ rotateEveryDays: 90, expiresAt: at(9) }, bad('expiresAt')],
    ];
    for (const [input, expected] of created)
      expect(
        await tryDates(CREATE, { input: { appId: acme.appId, ...input } }),
        JSON.stringify(input),
      ).toEqual(expected);
    const updated: [object, object, unknown][] = [
      [{}, { rotateEveryDays: 30 }, [30, weekSeconds, at(40), at(47)]],
      [{ expiresAt: at(20) }, { rotateEveryDays: 30 }, [30, weekSeconds, at(40), at(47)]],
      [{ rotateEveryDays: 90 }, { label: 'x' }, [90, weekSeconds, at(90), at(97)]],
      [{ rotateEveryDays: 90 }, { rotateEveryDays: 30 }, [30, weekSeconds, at(40), at(47)]],
      [{ rotateEveryDays: 90 }, { rotationOverlapSeconds: 86_400 }, [90, 86_400, at(90), at(91)]],
      [
        { rotateEveryDays: 90, rotationOverlapSeconds: 86_400 },
        { rotateEveryDays: 30 },
        [30, 86_400, at(40), at(41)],
      ],
      [
        { rotateEveryDays: 90, rotationOverlapSeconds: 86_400 },
        { rotationOverlapSeconds: null },
        [90, weekSeconds, at(90), at(97)],
      ],
      // It was due before: it ends at once rather than in the past.
      [{ rotateEveryDays: 9 }, { rotationOverlapSeconds: 3_600 }, [9, 3_600, at(9), at(10)]],
      [{ rotateEveryDays: 90 }, { rotateEveryDays: null }, [null, null, null, null]],
      [{ rotateEveryDays: 90 }, { rotateEveryDays: null, expiresAt: at(50) }, [null, null, null, at(50)]],
      [{ expiresAt: at(20) }, { rotateEveryDays: null }, [null, null, null, at(20)]],
      [{ rotateEveryDays: 90 }, { expiresAt: at(50) }, bad('expiresAt')],
      [{ rotateEveryDays: 90 }, { expiresAt: null }, bad('expiresAt')],
      [{}, { rotationOverlapSeconds: 3_600 }, bad('rotationOverlapSeconds')],
      [
        { rotateEveryDays: 90 },
        { rotateEveryDays: null, rotationOverlapSeconds: 3_600 },
        bad('rotationOverlapSeconds'),
      ],
      [{ rotateEveryDays: 90 }, { rotateEveryDays: 0 }, bad('rotateEveryDays')],
    ];
    for (const [input, change, expected] of updated) {
      mesh.clock.ms = start;
      const { key } = await makeKey(input);
      mesh.clock.ms = start + 10 * dayMs;
      expect(
        await tryDates(UPDATE, { id: key.id, input: change }),
        `${JSON.stringify(input)} then ${JSON.stringify(change)}`,
      ).toEqual(expected);
    }
  });

  it('extends no key beyond the end of its maker', async () => {
    const caller = { ...acme.caller, keyId: 'maker', keyLineId: 'maker', expiresAtMs: start + 50 * dayMs };
    const input = { appId: acme.appId, rotateEveryDays: 60 };
    expect(await tryDates(CREATE, { input }, caller)).toBe('FORBIDDEN The');
    expect(await tryDates(CREATE, { input: { ...input, rotateEveryDays: 40 } }, caller)).toEqual([
      ...[40, weekSeconds, at(40), at(47)],
    ]);
    const { key } = await makeKey({ rotateEveryDays: 40 });
    expect(await tryDates(UPDATE, { id: key.id, input: { rotateEveryDays: null } }, caller)).toBe(
      'FORBIDDEN The',
    );
    mesh.clock.ms = start + 20 * dayMs;
    expect(await tryDates(ROTATE, { id: key.id }, caller)).toEqual([40, weekSeconds, at(50), at(50)]);
  });

  it('reports the rotation once when it is due, ends the key after the overlap, and is silent where it was rotated', async () => {
    const late = await makeKey({ rotateEveryDays: 30, rotationOverlapSeconds: 10 * 86_400 });
    const rotated = await makeKey({ rotateEveryDays: 30 });
    const revoked = await makeKey({ rotateEveryDays: 30 });
    await run('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: revoked.key.id });
    const list = async (before: string) => {
      const query =
        'query ($before: DateTime) { apiKeys(filter: { rotationDueBefore: $before }) { edges { node { id } } } }';
      const { apiKeys: found } = await run<{ apiKeys: { edges: { node: { id: string } }[] } }>(query, {
        before,
      });
      return found.edges.map(({ node }) => node.id).toSorted();
    };
    expect(await list(at(30))).toEqual([]);
    expect(await list(at(31))).toEqual([late.key.id, rotated.key.id].toSorted());
    const readAfter = async (days: number) => {
      mesh.clock.ms = start + days * dayMs;
      await Promise.all([reportDates(mesh.deps), reportDates(mesh.deps)]);
      const found = await events(mesh.database.connection)
        .find({ tenantId: acme.tenantId, type: { $ne: 'key.revoked' } })
        .sort({ sequence: 1 })
        .lean();
      return found
        .filter(({ type }) => type !== 'key.created' && type !== 'key.misused')
        .map(({ type, subject }) => `${type} ${subject === late.key.id ? 'late' : 'rotated'}`);
    };
    expect(await readAfter(29)).toEqual([]);
    mesh.clock.ms = start + 29.5 * dayMs;
    const successor = await rotate(rotated.key.id);
    expect(await list(at(31))).toEqual([late.key.id]);
    expect(readDates(successor.key)).toEqual([30, weekSeconds, at(59.5), at(66.5)]);
    const expected = ['key.rotated rotated', 'key.rotation.due late'];
    expect(await readAfter(30)).toEqual(expected);
    expect(await readAfter(32)).toEqual(expected);
    // The old key lives out the overlap of its schedule.
    expect([await mesh.findCaller(rotated.secret), await mesh.findCaller(late.secret)]).not.toContain(null);
    expect(await readAfter(33)).toEqual([...expected, 'key.expiring late']);
    const ended = [...expected, 'key.expiring late', 'key.expired rotated'];
    expect(await readAfter(36.5)).toEqual(ended);
    expect(await mesh.findCaller(rotated.secret)).toBeNull();
    expect(await readAfter(40)).toEqual([...ended, 'key.expired late']);
    expect(await mesh.findCaller(late.secret)).toBeNull();
    expect(await mesh.findCaller(successor.secret)).not.toBeNull();
    const due = await events(mesh.database.connection).findOne({ type: 'key.rotation.due' }).lean();
    expect(due?.data).toMatchObject({ rotationDueAt: at(30), expiresAt: at(40), appId: acme.appId });
  });

  it('shows no due date of a key that was rotated, whatever overlap was named', async () => {
    const { key, secret } = await makeKey({ rotateEveryDays: 30 });
    await rotate(key.id, 0);
    expect(await mesh.findCaller(secret)).toBeNull();
    const query = `query ($id: ID!) { apiKey(id: $id) { ${DATES} } }`;
    const { apiKey } = await run<{ apiKey: Dates }>(query, { id: key.id });
    expect(apiKey.rotationDueAt).toBeNull();
  });
});

describe('the event key.rotated', () => {
  it('is published once of rotations at once, with the successor and the end of the old key', async () => {
    const { key } = await makeKey({ service: 'import' });
    const answers = await Promise.all(
      [1, 2, 3].map(() =>
        ask<{ rotateApiKey: Made }>(mesh.subgraph, acme.caller, ROTATE, { id: key.id, overlap: 60 }),
      ),
    );
    const made = answers.flatMap(({ errors, data }) =>
      errors === undefined ? [data.rotateApiKey.key.id] : [],
    );
    const found = await events(mesh.database.connection)
      .find({ type: 'key.rotated', subject: key.id })
      .lean();
    const data = {
      successorId: made[0],
      service: 'import',
      expiresAt: new Date(start + 60_000).toISOString(),
    };
    expect([made.length, found.length]).toEqual([1, 1]);
    expect(found[0]).toMatchObject({ tenantId: acme.tenantId, data });
    expect(JSON.stringify(found)).not.toContain('keyHash');
  });

  it('is not published of a rotation that was refused', async () => {
    const { key } = await makeKey({});
    await apiKeys(mesh.database.connection).updateOne(
      { _id: key.id },
      { $set: { revokedAt: new Date(start) } },
    );
    expect(await tryDates(ROTATE, { id: key.id })).toBe('CONFLICT The');
    const found = await events(mesh.database.connection)
      .find({ type: 'key.rotated', subject: key.id })
      .lean();
    expect(found).toEqual([]);
  });
});
