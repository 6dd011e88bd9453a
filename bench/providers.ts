/**
 * CPU of this process per part of a streamed answer, by kind of provider: the AI SDK's package whole, and our adapter,
 * against the same wire in another process. STREAMS, TOKENS and ROUNDS change the load; the first round is not counted.
 */
import { createHttpFetch } from '#providers/http/http-fetch.ts';
import type { LanguageProvider, ProviderKind } from '#providers/provider.ts';
import { makeProvider } from '#providers/registry/registry.ts';
import { ask } from '#providers/testing/calls.ts';
import { sdkWitness } from '#providers/testing/sdk-witness.ts';
import { startScript } from './child.ts';

const streams = Number(process.env.STREAMS ?? 100);
const tokens = Number(process.env.TOKENS ?? 100);
const rounds = Number(process.env.ROUNDS ?? 5);

const kinds: readonly (readonly [kind: ProviderKind, model: string])[] = [
  ['OPENAI_COMPATIBLE', 'bench'],
  ['GROQ', 'bench'],
  ['MISTRAL', 'bench'],
  ['DEEPSEEK', 'bench'],
  ['ANTHROPIC', 'claude-sonnet-4-5'],
  ['GOOGLE', 'gemini-2.5-flash'],
  ['OPENAI', 'gpt-5-mini'],
  ['XAI', 'grok-4'],
];

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Reads one stream to its end; answers how many parts it had. */
async function read(provider: LanguageProvider, model: string): Promise<number> {
  let parts = 0;
  for await (const _ of provider.stream(ask(model, 'Tell me how a loom keeps its threads apart.')))
    parts += 1;
  return parts;
}

/** CPU per part, in microseconds. */
async function measure(provider: LanguageProvider, model: string): Promise<number> {
  const before = process.cpuUsage();
  const counts = await Promise.all(Array.from({ length: streams }, () => read(provider, model)));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / counts.reduce((sum, count) => sum + count, 0);
}

await using upstream = await startScript('./providers-upstream.ts', { TOKENS: String(tokens) });
await using http = createHttpFetch();
console.log('| CPU µs per part | AI SDK | Heddle | ratio | rounds |\n|---|---|---|---|---|');
for (const [kind, model] of kinds) {
  const options = { kind, baseUrl: upstream.origin, region: null, secret: 'bench-key', fetch: http.fetch };
  const providers = [await sdkWitness(options), await makeProvider(options)] as const;
  const figures: readonly [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    for (const [at, provider] of providers.entries()) {
      const figure = await measure(provider, model);
      if (round > 0) figures[at]?.push(figure);
    }
  }
  const [sdk, own] = [median(figures[0]), median(figures[1])];
  const all = figures.map((each) => each.map((figure) => figure.toFixed(0)).join(', ')).join(' / ');
  console.log(`| ${kind} | ${sdk.toFixed(0)} | ${own.toFixed(0)} | ${(own / sdk).toFixed(2)} | ${all} |`);
}
