import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anonymousCaller } from '#core/caller.ts';
import { type ErrorCode, errorCatalog } from '#core/errors.ts';
import type { CacheStatus, CompletionStatus, ErasureKind } from '#core/graph-enums.generated.ts';
import {
  type AttemptRecord,
  type GuardrailVerdictRecord,
  type InvocationRecord,
  invocations,
} from '#mongo/invocations.ts';
import { ask, askForData, testCaller } from '#test/support/subgraph.ts';
import { acme, everyone, openUsageMesh, other, row, type UsageMesh } from '#test/support/usage-mesh.ts';
import { explainInvocation } from './explain-invocation.ts';

const at = '2026-01-01T00:00:00.000Z';
const usage = {
  inputTokens: 10,
  outputTokens: 5,
  cachedInputTokens: 2,
  cacheWriteTokens: 0,
  reasoningTokens: 3,
};
const attempt = (modelId: string, rest: Partial<AttemptRecord> = {}): AttemptRecord => ({
  ...{
    modelId,
    startedAt: new Date(at),
    durationMs: 40,
    outcome: 'SUCCEEDED',
    error: null,
    usage,
    costNanos: 1n,
  },
  ...rest,
});
const failed = (modelId: string, error: string) =>
  attempt(modelId, { outcome: 'FAILED', error, usage: null });
const verdict = (rest: Partial<GuardrailVerdictRecord>): GuardrailVerdictRecord => ({
  ...{ rule: 'pii', policyId: 'p', policyVersion: 3, stage: 'INPUT', action: 'BLOCK', shadow: false },
  ...{ fired: true, failed: false, reason: 'WORDS-OF-A-RULE', findings: [], durationMs: 1 },
  ...rest,
});
const explain = (rest: Partial<InvocationRecord> = {}) => explainInvocation(row('x', at, rest));

describe('the explanation of an invocation', () => {
  it.each(Object.keys(errorCatalog) as ErrorCode[])('states what %s means and what to do', (code) => {
    const text = explain({ status: 'FAILED', errorCode: code, attempts: [failed('a/b', `${code}: WORDS`)] });
    expect(text).toContain(`The call failed with ${code} after 50 ms.`);
    expect(text).toContain(`What it means: ${errorCatalog[code].summary}`);
    expect(text).toContain(`What to do: ${errorCatalog[code].whatToDo}`);
    expect(text).toContain(`Provider call 1: a/b, 40 ms, FAILED with ${code}: `);
    expect(text).not.toContain('WORDS');
  });

  it.each<[CompletionStatus, string]>([
    ['RUNNING', 'The call is in progress.'],
    ['SUCCEEDED', 'The call succeeded after 50 ms.'],
    ['FAILED', 'The call failed after 50 ms.\nWhat to do: report'],
    ['CANCELLED', 'its client disconnected, after 50 ms.\nWhat to do: nothing'],
  ])('states how a call with the status %s ended', (status, expected) => {
    expect(explain({ status })).toContain(expected);
  });

  it.each<[CacheStatus, string, boolean]>([
    ['MISS', 'there was no answer', true],
    ['HIT', 'same input was returned', false],
    ['SEMANTIC_HIT', 'similar meaning', false],
    ['BYPASS', 'not used', true],
    ['COALESCED', 'identical call in progress', false],
  ])(
    'states the cache %s, and that no provider was called where one could have been',
    (cache, words, calls) => {
      const text = explain({ cache, attempts: [] });
      expect(text).toContain(words);
      expect(text.includes('No provider was called.')).toBe(calls);
    },
  );

  it.each<[string, Partial<InvocationRecord>, string]>([
    ['nothing kept', { retention: 'NONE' }, 'had no content kept (retention NONE)'],
    ['no payloads', {}, 'payload rule NONE'],
    ['metadata', { payloadLogging: 'METADATA' }, 'Payload rule METADATA'],
    ['full, without a payload', { payloadLogging: 'FULL' }, 'no payload is stored'],
    ['full', { payloadLogging: 'FULL', payloadUntil: new Date(at) }, `kept until ${at}`],
    [
      'limits',
      { reserved: { tokens: 70, costNanos: 5_000n } },
      'at most 70 tokens and 0.000005000 US dollars',
    ],
    ['a prompt', { promptId: 'greet', promptVersionId: 'v2' }, 'with the prompt greet (version v2)'],
    ['a person', { keyId: null, subject: 'SUBJECT' }, 'by a person of the tenant acme'],
    ['no key', { keyId: null }, 'by a caller of the tenant acme without an API key'],
    ['an embedding', { kind: 'embedding' }, 'An embedding call with'],
    ['a test', { kind: 'guardrail' }, 'A test of guardrails with'],
    ['an unknown kind', { kind: 'rerank' }, 'A call of the kind rerank with'],
    ['no price', { unpriced: true }, 'The cost is incomplete'],
    ['an estimate', { attempts: [attempt('a/b', { usageEstimated: true })] }, 'Some of it is estimated'],
    ['a dead process', { orphaned: true }, 'another process closed the row'],
    ['a trace', { trace: { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) } }, `Trace ${'ab'.repeat(16)}:`],
    ['a first token', { timeToFirstTokenMs: 7 }, 'The first token came after 7 ms.'],
    [
      'usage',
      { usage },
      "10 input tokens (2 from the provider's cache) and 5 output tokens (3 for reasoning)",
    ],
  ])('states %s', (_what, rest, words) => {
    const text = explain(rest);
    expect(text).toContain(words);
    expect(text).not.toContain('SUBJECT');
  });

  it.each<[ErasureKind, Partial<InvocationRecord>, string]>([
    ['END_USER', { keyId: null, subject: null }, 'a caller of the tenant acme who was erased'],
    ['TENANT', { keyId: null, appId: null }, 'the tenant acme, which was erased'],
  ])('of a row with the erasure %s states it', (erased, rest, words) => {
    const text = explain({ ...rest, erased });
    expect(text).toContain(words);
    expect(text).toContain('was erased from the row');
  });

  it('of a fallback names each provider call in order, its code, and the AI model that was called last', () => {
    const text = explain({
      ...{ modelId: 'c/d', attempts: [failed('a/b', 'PROVIDER_TIMEOUT: slow'), attempt('c/d')] },
    });
    expect(text).toContain('with the AI model a/b,');
    expect(text).toMatch(
      /Provider call 1: a\/b, 40 ms, FAILED with PROVIDER_TIMEOUT: .*\.\nProvider call 2: c\/d/,
    );
    expect(text).toContain('Fallback: after a/b, c/d was called last.');
    expect(explain({ attempts: [failed('a/b', 'PROVIDER_ERROR'), attempt('a/b')] })).toContain(
      'The AI model a/b was tried 2 times.',
    );
    expect(explain({ attempts: [attempt('a/b')] })).not.toMatch(/Fallback|tried/);
  });

  it('does not take the AI model of a guardrail for a fallback', () => {
    const judge = attempt('judge/m', { guardrail: 'judge' });
    const text = explain({ attempts: [judge, attempt('a/b')] });
    expect(text).toContain('with the AI model a/b,');
    expect(text).toContain('Provider call 1 for the guardrail judge: judge/m');
    expect(text).not.toContain('Fallback');
  });

  it('names the rule that refused, without the words of the rule; not one in shadow mode, nor one that masked', () => {
    const text = explain({
      ...{ status: 'FAILED', errorCode: 'GUARDRAIL_BLOCKED', attempts: [] },
      guardrailVerdicts: [
        verdict({ rule: 'injection', findings: [{ kind: 'OVERRIDE', count: 2 }] }),
        verdict({ rule: 'topics', policyId: null, policyVersion: null, shadow: true }),
        verdict({ rule: 'secrets', action: 'MASK' }),
        verdict({ rule: 'webhook', fired: false, failed: true }),
      ],
    });
    expect(text).toContain(
      'Guardrail injection (of the policy p, version 3) at INPUT: found OVERRIDE × 2; action BLOCK.',
    );
    expect(text).toContain('Guardrail topics (of the mesh) at INPUT: found something; in shadow mode');
    expect(text).toContain('Guardrail webhook (of the policy p, version 3) at INPUT: could not look');
    expect(text).toContain('The rule that refused: injection, webhook.');
    expect(text).toContain('No provider was called.');
    expect(text).not.toContain('WORDS-OF-A-RULE');
  });

  it('of a call in progress states what is called now', () => {
    expect(explain({ status: 'RUNNING' })).toContain('The AI model demo/echo is called first.');
    const attemptNow = {
      ...{
        modelId: 'c/d',
        providerId: 'c',
        startedAt: new Date(at),
        inputTokensMax: 1,
        outputTokensMax: null,
      },
      ...{ price: null, receivedChars: 12, counted: null },
    };
    const progress = { at: new Date(at), attempts: [], attempt: attemptNow };
    expect(explain({ status: 'RUNNING', progress })).toContain(
      `The AI model c/d has been called since ${at}; 12 characters`,
    );
  });

  it('is bounded, however many provider calls and verdicts there are', () => {
    const text = explain({
      attempts: Array.from({ length: 500 }, () => failed('a/b', 'PROVIDER_ERROR: x')),
      guardrailVerdicts: Array.from({ length: 50 }, () => verdict({})),
    });
    expect(text).toContain('480 more provider calls are in the row.');
    expect(text).toContain('30 more verdicts are in the row.');
    expect(text.length).toBeLessThan(10_000);
  });

  it('states an unknown code of another version as a failure without one', () => {
    const text = explain({
      ...{ status: 'FAILED', errorCode: 'NEW_CODE' as ErrorCode, attempts: [failed('a/b', 'NEW_CODE: x')] },
    });
    expect(text).toContain('The call failed after 50 ms.');
    expect(text).toContain('a/b, 40 ms, FAILED.');
  });
});

describe('invocation(id) { explanation }', () => {
  let mesh: UsageMesh;
  beforeAll(async () => {
    mesh = await openUsageMesh();
    await invocations(mesh.database.connection).collection.updateOne({ _id: 'a2' } as object, {
      $set: { reserved: { tokens: 70, costNanos: 5_000n } },
    });
  });
  afterAll(() => mesh?.[Symbol.asyncDispose]());

  const query = 'query ($id: ID!) { invocation(id: $id) { explanation } }';
  const read = async (caller: typeof acme, id = 'a2') =>
    (await askForData<{ invocation: { explanation: string } | null }>(mesh.subgraph, caller, query, { id }))
      .invocation?.explanation;

  it('is of the row as it is stored, for its tenant and for an operator', async () => {
    const text = await read(acme);
    expect(text).toContain('The call failed with PROVIDER_ERROR after 300 ms.');
    expect(text).toContain('at most 70 tokens and 0.000005000 US dollars');
    expect(await read(everyone)).toBe(text);
  });

  it('is for no other tenant, for no other key, and for no caller without a key', async () => {
    expect(await read(other)).toBeUndefined();
    expect(await read(testCaller('acme', 'inference:invoke'))).toBeUndefined();
    const { data, errors } = await ask(mesh.subgraph, anonymousCaller, query, { id: 'a2' });
    expect(errors?.map(({ code }) => code)).toEqual(['UNAUTHENTICATED']);
    expect(JSON.stringify(data ?? null)).not.toContain('failed');
  });
});
