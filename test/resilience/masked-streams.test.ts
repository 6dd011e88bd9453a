import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, newTenant } from '#test/e2e/scenarios/setup.ts';
import { createTestClient, overWebSocket, type TestClient } from '#test/support/client.ts';
import { hasRedis, startRedis } from '../support/processes/redis.ts';
import { type SplitMesh, startSplit } from './support/split.ts';

interface Event {
  readonly __typename: string;
  readonly completionId: string;
  readonly text?: string;
  readonly completion?: { readonly text: string; readonly status: string };
}

const value = 'ann.lee@example.com';
const fields = `__typename completionId ... on TextDelta { text }
  ... on CompletionFinished { completion { text status } } ... on CompletionFailed { completion { text status } }`;
const stream = `subscription ($input: CompletionInput!) { completionStream(input: $input) { ${fields} } }`;
const resume = `subscription ($id: ID!) { resumeCompletion(id: $id, after: -1) { ${fields} } }`;
/** Every third word is the value. */
const asking = (count: number) => {
  const content = `to ${value} and `.repeat(count).trim();
  const messages = [{ role: 'USER', content }];
  return { input: { model: 'demo/slow', messages, cache: 'BYPASS', onDisconnect: 'KEEP' } };
};
const join = (events: readonly Event[]) => events.map(({ text = '' }) => text).join('');

if (!hasRedis())
  console.warn('Left out: masked streams of two processes. There is no redis-server on the PATH.');

describe.runIf(hasRedis())('a masked stream that another process resumes', () => {
  const stack = new AsyncDisposableStack();
  let mesh: SplitMesh;
  let client: TestClient;
  let other: TestClient;
  beforeAll(async () => {
    const { url } = stack.use(await startRedis());
    mesh = stack.use(await startSplit(['models,prompts,tenants,usage', 'inference'], { REDIS_URL: url }));
    const tenant = await newTenant(() => mesh);
    client = tenant.client;
    other = createTestClient(await mesh.startGatewayBeside(), client.key);
    const save = 'mutation ($input: GuardrailPolicyInput!) { saveGuardrailPolicy(input: $input) { id } }';
    const rules = [{ rule: 'pii', stages: ['INPUT'], action: 'MASK' }];
    await admin(() => mesh).data(save, { input: { id: 'masks', tenantId: tenant.tenantId, rules } });
  }, 120_000);
  afterAll(() => stack.disposeAsync());

  /** Reads so many events, and leaves. */
  const begin = async (words: number, count: number): Promise<readonly Event[]> => {
    const events: Event[] = [];
    for await (const event of overWebSocket<Event>(client, stream, asking(words))) {
      if (events.push(event) === count) break;
    }
    return events;
  };

  it('has the values, from its first event to its end', async () => {
    const early = await begin(6, 5);
    const id = early[0]?.completionId ?? '';
    const events = await Array.fromAsync(overWebSocket<Event>(other, resume, { id }));
    expect(events.slice(0, 5)).toEqual(early);
    const whole = asking(6).input.messages[0]?.content;
    expect(join(events)).toBe(whole);
    expect(events.at(-1)).toMatchObject({ __typename: 'CompletionFinished', completion: { text: whole } });
  }, 30_000);

  it('has the values of what was shown where the process that began it was killed, and no placeholder', async () => {
    const early = await begin(200, 8);
    const id = early[0]?.completionId ?? '';
    await mesh.process('inference').end('SIGKILL');
    await mesh.start('inference');
    const events = await Array.fromAsync(overWebSocket<Event>(other, resume, { id }));
    expect(events.slice(0, 8)).toEqual(early);
    expect(events.at(-1)?.__typename).toBe('CompletionFailed');
    const shown = join(events);
    expect(shown).toContain(value);
    expect(asking(200).input.messages[0]?.content.startsWith(shown)).toBe(true);
    expect(JSON.stringify(events)).not.toMatch(/EMAIL_|⟨/);
    const { completion } = await other.data<{ completion: { text: string } }>(
      'query ($id: ID!) { completion(id: $id) { text } }',
      { id },
    );
    expect(shown.startsWith(completion.text)).toBe(true);
  }, 120_000);
});
