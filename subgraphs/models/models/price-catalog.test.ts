import { describe, expect, it } from 'vitest';
import { priceInForce } from '#mongo/models.ts';
import { providerKinds } from '#providers/registry/environment.ts';
import { currentModels, findModelFacts } from './price-catalog.ts';

const nowMs = Date.parse('2026-11-01T00:00:00Z');

describe('catalog of models and prices', () => {
  it('knows dated names as the model they are of', async () => {
    const dated = await findModelFacts('OPENAI', 'gpt-5-mini-2025-08-07', nowMs);
    const plain = await findModelFacts('OPENAI', 'gpt-5-mini', nowMs);
    expect(dated).toEqual(plain);
    expect(plain.prices).toHaveLength(1);
  });

  it('knows nothing of a name that it does not know, so that nothing is refused for it', async () => {
    for (const kind of ['OPENAI', 'OPENAI_COMPATIBLE', 'AZURE_OPENAI'] as const) {
      expect(await findModelFacts(kind, 'somebodys-own', nowMs)).toEqual({
        capabilities: [],
        inputModalities: [],
        outputModalities: [],
        contextTokens: null,
        maxOutputTokens: null,
        prices: [],
      });
    }
  });

  it.each(['DEMO', 'LLAMA_CPP', 'LM_STUDIO', 'OLLAMA', 'SGLANG', 'VLLM'] as const)(
    'prices a model of %s, which runs here, at 0',
    async (kind) => {
      const { prices } = await findModelFacts(kind, 'somebodys-own', nowMs);
      expect(prices).toMatchObject([{ inputNanosPerMillion: 0n, outputNanosPerMillion: 0n }]);
    },
  );

  it('takes a price that changed at its date, and one announced from its date on', async () => {
    const { prices } = await findModelFacts('OPENAI', 'o3', nowMs);
    expect(priceInForce(prices, nowMs)?.inputNanosPerMillion).toBe(2_000_000_000n);
    const announced = (await findModelFacts('GOOGLE', 'gemini-3.6-flash', nowMs)).prices;
    expect(announced.map(({ effectiveFrom }) => effectiveFrom.toISOString())).toEqual([
      '2026-11-01T00:00:00.000Z',
      '2027-01-01T00:00:00.000Z',
    ]);
  });

  it('counts a price that changes with the time of day at its dearest, one that grows with the input at its base', async () => {
    const [discounted] = (await findModelFacts('DEEPSEEK', 'deepseek-chat', nowMs)).prices;
    expect(discounted?.inputNanosPerMillion).toBe(270_000_000n);
    const [tiered] = (await findModelFacts('ANTHROPIC', 'claude-sonnet-4-5', nowMs)).prices;
    expect(tiered).toMatchObject({
      inputNanosPerMillion: 3_000_000_000n,
      cachedInputNanosPerMillion: 300_000_000n,
      cacheWriteNanosPerMillion: 3_750_000_000n,
      cacheWrite1hNanosPerMillion: 6_000_000_000n,
    });
  });

  it('offers for every vendor only models that can be called, each with its abilities, and no price of 0 where a price is not known', async () => {
    for (const kind of providerKinds) {
      const known = await currentModels(kind, nowMs);
      expect(new Set(known.map(({ name }) => name)).size, kind).toBe(known.length);
      for (const { name, facts } of known) {
        expect(name, kind).toMatch(/^[\x21-\x7e]{1,200}$/);
        // Those for moderation are named by their vendors, not by the catalog of prices.
        if (facts.capabilities.includes('MODERATION')) continue;
        expect(name, kind).not.toMatch(/whisper|tts|image|realtime|moderation|rerank/);
        const embeds = facts.capabilities.includes('EMBEDDINGS');
        expect(embeds || facts.capabilities.includes('CHAT'), `${kind} ${name}`).toBe(true);
        expect(facts.inputModalities, name).toContain('TEXT');
        for (const price of kind === 'DEMO' ? [] : facts.prices) {
          expect(price.inputNanosPerMillion, `${kind} ${name}`).toBeGreaterThan(0n);
          // A chat model without a price of its output has no price at all: it is not free.
          if (!embeds) expect(price.outputNanosPerMillion, `${kind} ${name}`).toBeGreaterThan(0n);
        }
      }
    }
    const moderating = { capabilities: ['MODERATION'], inputModalities: ['TEXT'] };
    const operations = { 'text:analyze': 'TEXT', 'text:shieldPrompt': 'TEXT', 'image:analyze': 'IMAGE' };
    for (const [name, takes] of Object.entries(operations)) {
      const models = await currentModels('AZURE_CONTENT_SAFETY', nowMs);
      expect(models.find((model) => model.name === name)?.facts).toMatchObject({
        ...{ capabilities: ['MODERATION'], inputModalities: [takes], prices: [] },
      });
    }
    expect(await findModelFacts('OPENAI', 'omni-moderation-latest', nowMs)).toMatchObject({
      ...moderating,
      inputModalities: ['TEXT', 'IMAGE'],
      prices: [{ inputNanosPerMillion: 0n, outputNanosPerMillion: 0n }],
    });
    expect(await findModelFacts('MISTRAL', 'mistral-moderation-2603', nowMs)).toMatchObject({
      ...moderating,
      prices: [],
    });
    expect((await currentModels('AZURE_OPENAI', nowMs)).length).toBe(0);
    expect((await currentModels('ANTHROPIC', nowMs)).length).toBeGreaterThan(5);
  });
});
