import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#core/caller.ts';
import type { Database } from '#mongo/connect.ts';
import { ProviderFailure } from '#providers/provider.ts';
import { openFailingDatabase } from '#test/support/database.ts';
import { fillCatalog, startInference } from '#test/support/inference.ts';
import { keptLog } from '#test/support/processes/log-lines.ts';
import { buildUsage } from '#test/support/scripted-provider.ts';

const COMPLETE = 'mutation ($input: CompletionInput!) { complete(input: $input) { text } }';
const EMBED = 'mutation ($input: EmbedInput!) { embed(input: $input) { vectors } }';
const COUNT = 'query ($input: CompletionInput!) { countTokens(input: $input) { inputTokens } }';
const STREAM = `subscription ($input: CompletionInput!) { completionStream(input: $input) { __typename } }`;

let database: Database;
beforeAll(async () => {
  database = await openFailingDatabase();
  await fillCatalog(database);
});
afterAll(() => database?.close());

const marker = () => `m${randomBytes(12).toString('hex')}`;

/** A vendor that repeats what it was sent, in every field that a failure has. */
function repeating(text: string, code: ProviderFailure['code'] = 'PROVIDER_ERROR'): ProviderFailure {
  const cause = Object.assign(new Error(`The vendor has said: ${text}`), {
    requestBodyValues: text,
    responseBody: text,
    code: text,
  });
  return new ProviderFailure(code, `${text} is refused, as ${text} is.`, {
    ...{ retryable: false, status: 400, evidence: text, cause },
  });
}

describe('what clients, AI models and vendors write', () => {
  it.each(['DEFAULT', 'METADATA', 'FULL', 'NONE'] as const)(
    'stands in no line of any level, whatever fails: payloadLogging %s',
    async (payloadLogging: Caller['payloadLogging']) => {
      const { log, lines } = keptLog('trace');
      const text = marker();
      await using mesh = await startInference(database, { log });
      const countTokens = () => Promise.reject(repeating(text));
      Object.assign(mesh.alpha, { countTokens });
      const caller: Caller = { ...mesh.caller, payloadLogging };
      const input = (more: object = {}) => ({
        input: {
          ...{ model: 'alpha/one', messages: [{ role: 'USER', content: `Say ${text}.` }], tags: [text] },
          ...{ tools: [{ name: 'look', parameters: { description: text } }], endUserId: text, ...more },
        },
      });
      const stream = async (more: object = {}) =>
        Array.fromAsync(await mesh.stream(STREAM, input(more), { caller })).catch((error: unknown) => error);
      const failures = ['PROVIDER_ERROR', 'BAD_USER_INPUT', 'CONTENT_FILTERED', 'PROVIDER_TIMEOUT'] as const;
      for (const code of failures) {
        mesh.alpha.always((call) => call.say(text).fail(repeating(text, code)));
        await mesh.ask(COMPLETE, input(), caller);
        await stream();
        await mesh.ask(COUNT, input(), caller);
      }
      mesh.alpha.always((call) => call.fail(repeating(text).cause));
      await mesh.ask(COMPLETE, input(), caller);
      mesh.alpha.always((call) => call.say(text).cut());
      await stream();
      mesh.alpha.always((call) => call.say(text).finish(buildUsage(1, 1)));
      await mesh.ask(COMPLETE, input({ responseSchema: { type: 'object', description: text } }), caller);
      await mesh.ask(COMPLETE, input({ responseSchema: { type: text } }), caller);
      await mesh.ask(COMPLETE, input({ model: text }), caller);
      await mesh.ask(COMPLETE, input({ providerOptions: { chat: { [text]: text } } }), caller);
      await mesh.ask(EMBED, { input: { model: 'alpha/embed', values: [text] } }, caller);
      await mesh.ask(`query { ${text}: completion(id: "${text}") { ${text}: text } }`, {}, caller);
      const admin = database.connection.getClient().db('admin');
      const fail = (mode: string) =>
        admin.command({
          ...{ configureFailPoint: 'failCommand', mode },
          data: { failCommands: ['find', 'insert', 'update'], errorCode: 91 },
        });
      await fail('alwaysOn');
      try {
        await mesh.ask(`query { ${text}: completion(id: "${text}") { ${text}: text } }`, {}, caller);
        await mesh.ask(COMPLETE, input(), caller);
      } finally {
        await fail('off');
      }
      expect(lines.length).toBeGreaterThan(10);
      expect(lines.filter((line) => JSON.stringify(line).includes(text))).toEqual([]);
    },
  );
});
