import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { openTestDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference, type TestInference } from '#test/support/inference.ts';
import { buildFailure, buildUsage } from '#test/support/scripted-provider.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { id text cache } }';
const START = 'mutation ($input: CompletionInput!) { startCompletion(input: $input) { id } }';
const STREAM = 'subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { model { id } } }';
const RUN = 'mutation ($input: RunPromptInput!) { runPrompt(input: $input) { text } }';
const RUN_STREAM = 'subscription ($input: RunPromptInput!) { promptStream(input: $input) { __typename } }';

const messages = [{ role: 'USER', content: 'Hello' }];
const asking = (model: string, more: object = {}) => ({ input: { model, messages, ...more } });
const running = (name: string) => ({ input: { name, variables: {} } });

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await fillCatalog(database);
});
afterAll(() => database.close());

const only = (caller: Caller, models: string[] | null, promptNames: string[] | null = null): Caller => ({
  ...caller,
  modelLists: models === null ? [] : [{ subject: 'key:k', patterns: models }],
  promptLists: promptNames === null ? [] : [{ subject: 'key:k', patterns: promptNames }],
});

/** A prompt of the tenant that runs this model. */
async function addPrompt(mesh: TestInference, name: string, model: string): Promise<void> {
  const promptId = randomUUID();
  const tenantId = mesh.caller.tenantId ?? '';
  const at = { createdAt: new Date() };
  await prompts(database.connection).create({
    _id: promptId,
    tenantId,
    name,
    description: null,
    newest: 1,
    labels: {},
    ...at,
  });
  await promptVersions(database.connection).create({
    _id: randomUUID(),
    promptId,
    tenantId,
    number: 1,
    model,
    system: null,
    template: 'Say hello.',
    variables: [],
    outputSchemaJson: null,
    parameters: {},
    note: null,
    createdBy: 'test',
    ...at,
  });
}

const askForCode = async (
  mesh: TestInference,
  query: string,
  variables: Record<string, unknown>,
  as: Caller,
) => {
  if (!query.startsWith('subscription')) return (await mesh.refusal(query, variables, as)).code;
  const refused = await mesh.stream(query, variables, { caller: as }).then(
    () => undefined,
    (error: { extensions?: { code?: unknown } }) => error.extensions?.code,
  );
  return refused;
};

describe('a key that may call some models', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['complete', COMPLETE, asking('alpha/one')],
    ['complete of a model that there is not', COMPLETE, asking('alpha/none')],
    ['complete of a route whose targets it may call', COMPLETE, asking('both')],
    ['complete of a route that there is not', COMPLETE, asking('nothing')],
    ['startCompletion', START, asking('alpha/one')],
    ['completionStream', STREAM, asking('alpha/one')],
    ['embed', EMBED, { input: { model: 'alpha/embed', values: ['x'] } }],
    ['runPrompt of a prompt that runs another model', RUN, running('other')],
    ['promptStream of a prompt that runs another model', RUN_STREAM, running('other')],
  ])(
    'is refused by %s, with the same words whatever there is, and leaves no row',
    async (_what, query, variables) => {
      await using mesh = await startInference(database);
      await addPrompt(mesh, 'other', 'alpha/one');
      const key = only(mesh.caller, ['demo/*', 'beta/one']);
      expect(await askForCode(mesh, query, variables, key)).toBe('FORBIDDEN');
      expect(await askForCode(mesh, query, variables, only(mesh.caller, []))).toBe('FORBIDDEN');
      expect(await mesh.rows()).toEqual([]);
      expect(mesh.alpha.calls).toHaveLength(0);
    },
  );

  it('calls those, by id, by beginning and by route, and the targets of a route that it may call', async () => {
    await using mesh = await startInference(database);
    await addPrompt(mesh, 'greet', 'demo/echo');
    mesh.alpha.always((call) => call.fail(buildFailure('PROVIDER_ERROR', true)));
    mesh.beta.always((call) => call.say('fallback').finish(buildUsage(1, 1)));
    const key = only(mesh.caller, ['demo/*', 'both'], ['gr*']);
    expect(await mesh.data(COMPLETE, asking('demo/echo'), key)).toMatchObject({
      complete: { text: 'Hello' },
    });
    expect(await mesh.data(COMPLETE, asking('both'), key)).toMatchObject({ complete: { text: 'fallback' } });
    expect(await mesh.data(RUN, running('greet'), key)).toMatchObject({ runPrompt: { text: 'Say hello.' } });
    expect(await mesh.data(EMBED, { input: { model: 'demo/embed', values: ['x'] } }, key)).toMatchObject({
      embed: { model: { id: 'demo/embed' } },
    });
    expect(await askForCode(mesh, COMPLETE, asking('beta/one'), key)).toBe('FORBIDDEN');
  });

  it('gets no other model by the cache, by a call in progress, or by an idempotency key', async () => {
    await using mesh = await startInference(database);
    const narrow = only(mesh.caller, ['demo/*']);
    const cached = asking('alpha/one', { cache: 'USE' });
    const running = mesh.data(COMPLETE, cached);
    const call = await mesh.alpha.next();
    expect(await askForCode(mesh, COMPLETE, cached, narrow)).toBe('FORBIDDEN');
    call.say('kept').finish(buildUsage(1, 1));
    await running;
    expect(await mesh.data(COMPLETE, cached)).toMatchObject({ complete: { text: 'kept', cache: 'HIT' } });
    expect(await askForCode(mesh, COMPLETE, cached, narrow)).toBe('FORBIDDEN');

    mesh.alpha.always((next) => next.say('once').finish(buildUsage(1, 1)));
    const keyed = asking('alpha/one', { idempotencyKey: 'k' });
    await mesh.data(COMPLETE, keyed);
    expect(await askForCode(mesh, COMPLETE, keyed, narrow)).toBe('FORBIDDEN');
    expect(await askForCode(mesh, STREAM, keyed, narrow)).toBe('FORBIDDEN');
  });
});

describe('a key that may run some prompts', () => {
  it.each([RUN, RUN_STREAM])('is refused any other, whether there is one or not: %s', async (query) => {
    await using mesh = await startInference(database);
    await addPrompt(mesh, 'support', 'demo/echo');
    const key = only(mesh.caller, null, ['greet*']);
    const words = async (name: string) => (await mesh.refusal(RUN, running(name), key)).message;
    expect(await askForCode(mesh, query, running('support'), key)).toBe('FORBIDDEN');
    expect(await askForCode(mesh, query, running('nothing'), key)).toBe('FORBIDDEN');
    expect((await words('support')).replace('support', '')).toBe(
      (await words('nothing')).replace('nothing', ''),
    );
    expect(await askForCode(mesh, query, running('greeting'), key)).toBe('NOT_FOUND');
    expect(await mesh.rows()).toEqual([]);
  });
});
