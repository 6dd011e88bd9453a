import { describe, expect, it } from 'vitest';
import { addUsage, type EmbeddingAnswer, type ProviderKind, type ProviderUsage } from './provider.ts';
import { type EmbeddingWire, embeddingWires, openEmbedder, type Vector } from './testing/embedding-wires.ts';
import { fields, list } from './wires/shared/fields.ts';

/** A vector that tells its value. */
const buildVector = (value: unknown): Vector => [Number(value), 0.5];
const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at + 1));
const input = (inputTokens: number, estimated = false): ProviderUsage => ({
  inputTokens,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  ...(estimated ? { estimated: true as const } : {}),
});

describe.each(embeddingWires)('$name: embeddings', (wire) => {
  const { model } = wire;

  it('come in the order of the values, over as many requests as the vendor requests', async () => {
    const values = numbers(wire.perRequest === 1 ? 3 : Math.min(wire.perRequest + 5, 300));
    const { provider, sent } = await openEmbedder(wire, (given) => wire.answer(given.map(buildVector), 7));
    const { vectors, usage } = await provider.embed({ model, values });
    expect(vectors).toEqual(values.map(buildVector));
    expect(sent.flat()).toEqual(values);
    expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(wire.perRequest);
    if (wire.counts) expect(usage).toEqual(input(7 * sent.length));
    else expect(usage.estimated).toBe(true);
  });

  it.each([
    ['no count', undefined],
    ['a negative count', -7],
    ['a count beyond all', 1e300],
  ])('are estimated where the vendor reports %s', async (_, tokens) => {
    const { provider } = await openEmbedder(wire, (given) => wire.answer(given.map(buildVector), tokens));
    const { usage } = await provider.embed({ model, values: ['123456789'] });
    expect(usage).toEqual(input(3, true));
  });

  const failed = { code: 'PROVIDER_ERROR', retryable: true };
  it.each([
    ['a vector too few', (vectors: unknown[]) => vectors.slice(1)],
    ['a vector too many', (vectors: unknown[]) => [...vectors, [9, 9]]],
    ['no vectors', () => []],
    ['an empty vector', (vectors: unknown[]) => [[], ...vectors.slice(1)]],
    ['a vector of texts', (vectors: unknown[]) => [['1', '2'], ...vectors.slice(1)]],
    ['null in a vector', (vectors: unknown[]) => [[1, null], ...vectors.slice(1)]],
    ['null for a vector', (vectors: unknown[]) => [null, ...vectors.slice(1)]],
    ['a broken base64 text', (vectors: unknown[]) => ['%%%%', ...vectors.slice(1)]],
    ['base64 of half a number', (vectors: unknown[]) => ['AAAA', ...vectors.slice(1)]],
    ['base64 that was cut', (vectors: unknown[]) => ['AAAAA', ...vectors.slice(1)]],
    ['base64 with too much padding', (vectors: unknown[]) => ['AAAAAAAAAAA==', ...vectors.slice(1)]],
    ['base64 of no number', (vectors: unknown[]) => ['AADAfwAAwH8=', ...vectors.slice(1)]],
    ['a list in a vector', (vectors: unknown[]) => [[[1], [2]], ...vectors.slice(1)]],
    ['true in a vector', (vectors: unknown[]) => [[true, 1], ...vectors.slice(1)]],
  ])('fail for %s, and the cost is reported all the same', async (what, change) => {
    // One request for one value cannot have one too many.
    if (wire.perRequest === 1 && /too many|too few/.test(what)) return;
    const values = wire.perRequest === 1 ? ['1'] : ['1', '2', '3'];
    const { provider } = await openEmbedder(wire, (given) => wire.answer(change(given.map(buildVector)), 7));
    const answered: EmbeddingAnswer[] = [];
    const progress = {
      sends: () => undefined,
      answered: (part: EmbeddingAnswer) => void answered.push(part),
    };
    await expect(provider.embed({ model, values, progress })).rejects.toMatchObject(failed);
    expect(answered).toEqual([{ vectors: [], usage: expect.objectContaining({ outputTokens: 0 }) }]);
    if (wire.counts && what !== 'no vectors') expect(answered[0]?.usage.inputTokens).toBe(7);
  });

  it('fail for vectors of different lengths, in one answer and over several', async () => {
    if (wire.perRequest > 1) {
      const { provider } = await openEmbedder(wire, () => wire.answer([[1, 2], [1]], 7));
      await expect(provider.embed({ model, values: ['1', '2'] })).rejects.toMatchObject(failed);
    }
    const values = numbers(Math.min(wire.perRequest, 250) + 1);
    if (wire.perRequest > 250) return;
    const { provider } = await openEmbedder(wire, (given, number) =>
      wire.answer(
        given.map((value) => (number === 1 ? buildVector(value) : [1])),
        7,
      ),
    );
    await expect(provider.embed({ model, values })).rejects.toMatchObject(failed);
  });

  it('report each part as it is answered, so that only the rest need be requested again', async () => {
    if (wire.perRequest > 250) return;
    const values = numbers(2 * wire.perRequest + 1);
    let broken = true;
    const { provider, sent } = await openEmbedder(wire, (given, number) => {
      if (broken && number === 2) return new Response('{"error":{"message":"broken"}}', { status: 500 });
      return wire.answer(given.map(buildVector), 7);
    });
    const vectors: Vector[] = [];
    let usage: ProviderUsage = input(0);
    const sends: number[] = [];
    const progress = {
      sends: (count: number) => void sends.push(count),
      answered: (part: EmbeddingAnswer) => {
        vectors.push(...part.vectors);
        usage = addUsage(usage, part.usage);
      },
    };
    await expect(provider.embed({ model, values, progress })).rejects.toMatchObject({
      code: 'PROVIDER_ERROR',
    });
    expect(vectors).toEqual(values.slice(0, wire.perRequest).map(buildVector));
    broken = false;
    await provider.embed({ model, values: values.slice(vectors.length), progress });
    expect(vectors).toEqual(values.map(buildVector));
    // The part that failed was sent twice, the others once.
    expect(sent.flat()).toHaveLength(values.length + wire.perRequest);
    expect(sends.reduce((sum, count) => sum + count, 0)).toBe(values.length + wire.perRequest);
    if (wire.counts) expect(usage.inputTokens).toBe(7 * 3);
  });

  it.each([
    [401, 'PROVIDER_AUTH'],
    [429, 'PROVIDER_RATE_LIMITED'],
  ])('call a %i what it is', async (status, code) => {
    const { provider } = await openEmbedder(
      wire,
      () => new Response('{"error":{"message":"no"}}', { status }),
    );
    await expect(provider.embed({ model, values: ['1'] })).rejects.toMatchObject({ code, status });
  });

  it('take an error in a 200, a page and a text for failures', async () => {
    for (const body of [
      '{"error":{"message":"broken","type":"server_error"}}',
      '<html>busy</html>',
      '"yes"',
      '',
    ]) {
      const { provider } = await openEmbedder(wire, () => new Response(body));
      await expect(provider.embed({ model, values: ['1'] })).rejects.toMatchObject({
        code: 'PROVIDER_ERROR',
      });
    }
  });

  it('reject with the reason of an abort', async () => {
    const { provider, sent } = await openEmbedder(wire, () => wire.answer([[1]], 7));
    const reason = new Error('The client has gone.');
    const signal = AbortSignal.abort(reason);
    await expect(provider.embed({ model, values: ['1'], signal })).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });
});

describe.each(embeddingWires.filter(({ indexed }) => indexed))('$name: the index of an embedding', (wire) => {
  const embed = async (data: readonly object[]) => {
    const { provider } = await openEmbedder(wire, () => ({
      data,
      usage: { prompt_tokens: 3, total_tokens: 3 },
    }));
    return (await provider.embed({ model: wire.model, values: ['a', 'b', 'c'] })).vectors;
  };
  const item = (index: unknown, embedding: unknown) => ({
    ...(index === undefined ? {} : { index }),
    embedding,
  });

  it('decides, whatever order the vectors come in', async () => {
    expect(await embed([item(2, [3, 3]), item(0, [1, 1]), item(1, [2, 2])])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(await embed([item('2', [3]), item('0', [1]), item('1', [2])])).toEqual([[1], [2], [3]]);
  });

  it('may be left out of all', async () => {
    expect(await embed([item(undefined, [1]), item(undefined, [2]), item(undefined, [3])])).toEqual([
      [1],
      [2],
      [3],
    ]);
  });

  it.each([
    ['missing', [0, undefined, 2]],
    ['null', [0, null, 2]],
    ['twice the same', [0, 1, 1]],
    ['always zero', [0, 0, 0]],
    ['out of range', [1, 2, 3]],
    ['negative', [-1, 0, 1]],
    ['a fraction', [0, 0.5, 2]],
    ['no number', [0, 'x', 2]],
    ['an empty text', ['', 1, 2]],
    ['a space', [' ', 1, 2]],
    ['true', [0, true, 2]],
    ['a list', [0, [1], 2]],
    ['an object', [0, {}, 2]],
    ['in hexadecimal', [0, '0x1', 2]],
    ['a number beyond all', [0, 1e300, 2]],
  ])('that is %s is refused', async (_, indexes) => {
    const data = indexes.map((index, at) => item(index, [at]));
    await expect(embed(data)).rejects.toMatchObject({ code: 'PROVIDER_ERROR' });
  });

  it('orders vectors in base64 too: little-endian floats of 32 bits', async () => {
    const encoded = (...values: number[]) => {
      const bytes = Buffer.alloc(values.length * 4);
      for (const [at, value] of values.entries()) bytes.writeFloatLE(value, at * 4);
      return bytes.toString('base64');
    };
    expect(
      await embed([item(1, encoded(2, -0.5)), item(0, encoded(1, 0.25)), item(2, encoded(3, 1e10))]),
    ).toEqual([
      [1, 0.25],
      [2, -0.5],
      [3, 1e10],
    ]);
    await expect(embed([item(0, encoded(Number.NaN)), item(1, [1]), item(2, [1])])).rejects.toMatchObject({
      code: 'PROVIDER_ERROR',
    });
  });
});

describe('the length of the vectors requested', () => {
  const rows: readonly (readonly [ProviderKind, string, (body: unknown) => unknown])[] = [
    ['OPENAI', 'text-embedding-3-small', (body) => fields(body)?.dimensions],
    ['OPENAI_COMPATIBLE', 'm', (body) => fields(body)?.dimensions],
    ['MISTRAL', 'codestral-embed', (body) => fields(body)?.output_dimension],
    ['PERPLEXITY', 'pplx-embed', (body) => fields(body)?.dimensions],
    ['COHERE', 'embed-v4.0', (body) => fields(body)?.output_dimension],
    ['GOOGLE', 'gemini-embedding-001', (body) => fields(body)?.outputDimensionality],
    ['VERTEX', 'text-embedding-005', (body) => fields(fields(body)?.parameters)?.outputDimensionality],
  ];
  it.each(rows)('is sent to %s', async (kind, model, readDimensions) => {
    const { provider, sent } = await openEmbedder(
      { kind, values: (body) => [readDimensions(body)] },
      () => ({}),
    );
    await expect(provider.embed({ model, values: ['a'], dimensions: 256 })).rejects.toThrow();
    expect(sent).toEqual([[256]]);
  });

  it.each(embeddingWires)(
    'is that of the answer of $name, or its failure states it and keeps the usage',
    async (wire) => {
      const { kind, model, answer, values } = wire;
      const { provider } = await openEmbedder({ kind, values }, () => answer([[1, 2, 3]], 7));
      const answered: EmbeddingAnswer[] = [];
      const progress = { sends: () => {}, answered: (part: EmbeddingAnswer) => answered.push(part) };
      const embed = (dimensions: number) => provider.embed({ model, values: ['a'], dimensions, progress });
      await expect(embed(256)).rejects.toMatchObject({
        code: 'PROVIDER_ERROR',
        retryable: false,
        isAboutCall: true,
        message: expect.stringContaining('vectors of 3 dimensions instead of 256'),
      });
      expect(answered).toMatchObject([{ vectors: [], usage: { inputTokens: expect.any(Number) } }]);
    },
  );

  it('is refused where Cohere has none of it', async () => {
    const { provider, sent } = await openEmbedder({ kind: 'COHERE', values: () => [] }, () => ({}));
    const call = { model: 'embed-v4.0', values: ['a'], dimensions: 300 };
    await expect(provider.embed(call)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
    expect(sent).toEqual([]);
  });
});

describe('the usage of embeddings', () => {
  const [wire] = embeddingWires as [EmbeddingWire];
  it.each([
    ['by its total alone', { usage: { total_tokens: 9 } }],
    ['under the names of responses', { usage: { input_tokens: 9 } }],
    ['in camel case', { usage: { promptTokens: 9 } }],
    ['under the name of Gemini', { usageMetadata: { promptTokenCount: 9 } }],
    ['with a total that is more', { usage: { prompt_tokens: 7, total_tokens: 9 } }],
    ['as digits', { usage: { prompt_tokens: '9' } }],
    ['in meta', { meta: { billed_units: { input_tokens: 9 }, tokens: { input_tokens: 70 } } }],
  ])('is read %s', async (_, usage) => {
    const { provider } = await openEmbedder(wire, () => ({
      data: [{ index: 0, embedding: [1] }],
      ...usage,
    }));
    expect((await provider.embed({ model: 'm', values: ['Hello'] })).usage).toEqual(input(9));
  });

  it('of Bedrock is read from the header where the answer has none', async () => {
    const bedrock = embeddingWires.find(({ kind }) => kind === 'BEDROCK') as EmbeddingWire;
    const headers = { 'x-amzn-bedrock-input-token-count': '9' };
    const { provider } = await openEmbedder(
      { ...bedrock, values: (body) => list(fields(body)?.texts) },
      () => new Response(JSON.stringify({ embeddings: [[1, 2]] }), { headers }),
    );
    const { vectors, usage } = await provider.embed({ model: 'cohere.embed-english-v3', values: ['Hello'] });
    expect({ vectors, usage }).toEqual({ vectors: [[1, 2]], usage: input(9) });
  });

  it("of Perplexity's bytes: its vectors are signed integers of 8 bits", async () => {
    const { provider } = await openEmbedder({ ...wire, kind: 'PERPLEXITY' }, () => ({
      data: [{ index: 0, embedding: Buffer.from([1, 255, 128]).toString('base64') }],
      usage: { prompt_tokens: 9 },
    }));
    const { vectors, usage } = await provider.embed({ model: 'pplx-embed', values: ['Hello'] });
    expect({ vectors, usage }).toEqual({ vectors: [[1, -1, -128]], usage: input(9) });
  });
});
