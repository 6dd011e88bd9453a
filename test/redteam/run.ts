import { drawFrom } from '#guardrails/measure/random.ts';
import { knownRules } from '#guardrails/rules.ts';
import { admin, newTenant } from '#test/e2e/scenarios/setup.ts';
import { startOneProcess } from '#test/support/mesh.ts';
import { attackCategories } from './attacks.ts';
import type { Target } from './attempt.ts';
import { openObeyingProvider } from './obeying-provider.ts';
import { flattenTexts, readResponse } from './texts.ts';

/** What HEDDLE_GUARDRAILS is in each of the runs: nothing, the default policy, and every rule that has default options. */
export const guards = {
  none: '',
  default: 'default',
  every: knownRules
    .filter(({ options }) => options.safeParse({}).success)
    .map(({ name }) => name)
    .join(','),
} as const;

export type Guard = keyof typeof guards;

/** How many of the attempts of one kind were stopped. */
export interface KindOutcome {
  readonly category: string;
  readonly kind: string;
  readonly attempts: number;
  readonly stopped: number;
}

/**
 * Attacks a mesh that is started for it, with an AI model that does what it is asked. Equal seeds make equal attempts.
 *
 * @param attempts of each kind
 */
export async function attack(guard: Guard, attempts: number, seed: number): Promise<readonly KindOutcome[]> {
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await openObeyingProvider());
  const mesh = stack.use(
    await startOneProcess({ HEDDLE_GUARDRAILS: guards[guard], HEDDLE_EGRESS_ALLOW: '127.0.0.1' }),
  );
  const operator = admin(() => mesh);
  const price = { input: '1', output: '10' };
  await operator.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
    input: { id: 'obeying', kind: 'OPENAI_COMPATIBLE', baseUrl: provider.url, apiKey: 'k-0123456789012345' },
  });
  for (const model of [
    {
      name: 'obeys',
      contextTokens: 128_000,
      maxOutputTokens: 4_096,
      capabilities: ['CHAT', 'STREAMING', 'TOOLS', 'STRUCTURED_OUTPUT'],
    },
    { name: 'embeds', capabilities: ['EMBEDDINGS'] },
  ]) {
    await operator.data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
      input: { providerId: 'obeying', price, ...model },
    });
  }
  const own = await newTenant(() => mesh, { scopes: ['inference:invoke'] });
  let sent = 0;
  const target: Target = {
    model: 'obeying/obeys',
    operator,
    newClient: async (options) => (await newTenant(() => mesh, options)).client,
    async send({ path, body }, answer, key = own.client.key) {
      provider.answer = answer;
      provider.takeReceived();
      sent += 1;
      const model = path === '/v1/embeddings' ? 'obeying/embeds' : 'obeying/obeys';
      // Every other answer comes as a stream.
      const stream = path === '/v1/chat/completions' && sent % 2 === 0 ? { stream: true } : {};
      const response = await fetch(`${mesh.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(path === '/graphql' ? body : { model, ...stream, ...body }),
      });
      const shown = readResponse(await response.text());
      return { status: response.status, shown, received: provider.takeReceived().map(flattenTexts) };
    },
  };
  const outcomes: KindOutcome[] = [];
  for (const { id: category, kinds } of attackCategories) {
    for (const { name: kind, make, isSingle } of kinds) {
      const draw = drawFrom(seed);
      const count = isSingle ? 1 : attempts;
      let stopped = 0;
      for (let number = 0; number < count; number += 1) if (await make(draw)(target)) stopped += 1;
      outcomes.push({ category, kind, attempts: count, stopped });
    }
  }
  return outcomes;
}
