import { describe, expect, it } from 'vitest';
import { addUsage, type EmbeddingAnswer, type ProviderKind, type ProviderUsage } from './provider.ts';
import { makeProvider } from './registry/registry.ts';
import { chatOnlyKinds, embeddingKinds, presetKinds, valuesPerRequest } from './testing/preset-kinds.ts';
import { fields, list } from './wires/shared/fields.ts';

type Vector = readonly number[];

interface EmbeddingWire {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  /** Values per request. */
  readonly perRequest: number;
  /** The texts of a request. */
  values(body: unknown): readonly unknown[];
  /** An answer with vectors in this order and, unless undefined, this many input tokens. */
  answer(vectors: readonly unknown[], tokens: number | undefined): object;
  /** Whether the vendor gives counts. */
  readonly counts: boolean;
  /** Whether items have indexes. */
  readonly indexed: boolean;
}

const openai = (kind: ProviderKind, perRequest = 2048): EmbeddingWire => ({
  name: kind,
  kind,
  model: 'm',
  perRequest,
  values: (body) => list(fields(body)?.input),
  answer: (vectors, tokens) => ({
    object: 'list',
    model: 'm',
    data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    ...(tokens === undefined ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
  }),
  counts: true,
  indexed: true,
});

const textOfContent = (content: unknown) => fields(list(fields(content)?.parts)[0])?.text;

const wires: readonly EmbeddingWire[] = [
  openai('OPENAI'),
  openai('OPENAI_COMPATIBLE'),
  openai('AZURE_OPENAI'),
  openai('MISTRAL', 32),
  openai('FIREWORKS'),
  openai('TOGETHER'),
  openai('OPENROUTER'),
  openai('OLLAMA'),
  openai('VLLM'),
  ...[...presetKinds.filter((kind) => !chatOnlyKinds.has(kind)), ...embeddingKinds].map((kind) =>
    openai(kind, valuesPerRequest[kind]),
  ),
  {
    name: 'GOOGLE',
    kind: 'GOOGLE',
    model: 'gemini-embedding-001',
    perRequest: 100,
    values: (body) => {
      const requests = list(fields(body)?.requests);
      return requests.length === 0
        ? [textOfContent(fields(body)?.content)]
        : requests.map((request) => textOfContent(fields(request)?.content));
    },
    answer: (vectors) =>
      vectors.length === 1
        ? { embedding: { values: vectors[0] } }
        : { embeddings: vectors.map((values) => ({ values })) },
    counts: false,
    indexed: false,
  },
  {
    name: 'VERTEX',
    kind: 'VERTEX',
    model: 'text-embedding-005',
    perRequest: 250,
    values: (body) => list(fields(body)?.instances).map((instance) => fields(instance)?.content),
    answer: (vectors, tokens) => ({
      predictions: vectors.map((values, at) => ({
        embeddings: {
          values,
          ...(tokens === undefined ? {} : { statistics: { token_count: at === 0 ? tokens : 0 } }),
        },
      })),
    }),
    counts: true,
    indexed: false,
  },
  {
    name: 'COHERE',
    kind: 'COHERE',
    model: 'embed-v4.0',
    perRequest: 96,
    values: (body) => list(fields(body)?.texts),
    answer: (vectors, tokens) => ({
      id: 'e',
      embeddings: { float: vectors },
      ...(tokens === undefined ? {} : { meta: { billed_units: { input_tokens: tokens } } }),
    }),
    counts: true,
    indexed: false,
  },
  {
    name: 'BEDROCK',
    kind: 'BEDROCK',
    model: 'amazon.titan-embed-text-v2:0',
    perRequest: 1,
    values: (body) => [fields(body)?.inputText],
    answer: ([embedding], tokens) => ({
      embedding,
      ...(tokens === undefined ? {} : { inputTextTokenCount: tokens }),
    }),
    counts: true,
    indexed: false,
  },
];

type Reply = (values: readonly unknown[], number: number) => Response | object;

async function open({ kind, values }: Pick<EmbeddingWire, 'kind' | 'values'>, reply: Reply) {
  const sent: (readonly unknown[])[] = [];
  const provider = await makeProvider({
    kind,
    baseUrl: 'http://upstream.test',
    region: 'eu-central-1',
    secret: 'sk-test-0123456789',
    fetch: async (_, init) => {
      sent.push(values(JSON.parse(String(init?.body))));
      const given = reply(sent.at(-1) ?? [], sent.length);
      return given instanceof Response ? given : new Response(JSON.stringify(given));
    },
  });
  return { provider, sent };
}

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

describe.each(wires)('$name: embeddings', (wire) => {
  const { model } = wire;

  it('come in the order of the values, over as many requests as the vendor requests', async () => {
    const values = numbers(wire.perRequest === 1 ? 3 : Math.min(wire.perRequest + 5, 300));
    const { provider, sent } = await open(wire, (given) => wire.answer(given.map(buildVector), 7));
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
  ])('are estimated where the vendor gives %s', async (_, tokens) => {
    const { provider } = await open(wire, (given) => wire.answer(given.map(buildVector), tokens));
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
    const { provider } = await open(wire, (given) => wire.answer(change(given.map(buildVector)), 7));
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
      const { provider } = await open(wire, () => wire.answer([[1, 2], [1]], 7));
      await expect(provider.embed({ model, values: ['1', '2'] })).rejects.toMatchObject(failed);
    }
    const values = numbers(Math.min(wire.perRequest, 250) + 1);
    if (wire.perRequest > 250) return;
    const { provider } = await open(wire, (given, number) =>
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
    const { provider, sent } = await open(wire, (given, number) => {
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
    const { provider } = await open(wire, () => new Response('{"error":{"message":"no"}}', { status }));
    await expect(provider.embed({ model, values: ['1'] })).rejects.toMatchObject({ code, status });
  });

  it('take an error in a 200, a page and a text for failures', async () => {
    for (const body of [
      '{"error":{"message":"broken","type":"server_error"}}',
      '<html>busy</html>',
      '"yes"',
      '',
    ]) {
      const { provider } = await open(wire, () => new Response(body));
      await expect(provider.embed({ model, values: ['1'] })).rejects.toMatchObject({
        code: 'PROVIDER_ERROR',
      });
    }
  });

  it('reject with the reason of an abort', async () => {
    const { provider, sent } = await open(wire, () => wire.answer([[1]], 7));
    const reason = new Error('The client has gone.');
    const signal = AbortSignal.abort(reason);
    await expect(provider.embed({ model, values: ['1'], signal })).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });
});

describe.each(wires.filter(({ indexed }) => indexed))('$name: the index of an embedding', (wire) => {
  const embed = async (data: readonly object[]) => {
    const { provider } = await open(wire, () => ({ data, usage: { prompt_tokens: 3, total_tokens: 3 } }));
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
    const { provider, sent } = await open({ kind, values: (body) => [readDimensions(body)] }, () => ({}));
    await expect(provider.embed({ model, values: ['a'], dimensions: 256 })).rejects.toThrow();
    expect(sent).toEqual([[256]]);
  });

  it.each(wires)(
    'is that of the answer of $name, or its failure states it and keeps the usage',
    async (wire) => {
      const { kind, model, answer, values } = wire;
      const { provider } = await open({ kind, values }, () => answer([[1, 2, 3]], 7));
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
    const { provider, sent } = await open({ kind: 'COHERE', values: () => [] }, () => ({}));
    const call = { model: 'embed-v4.0', values: ['a'], dimensions: 300 };
    await expect(provider.embed(call)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
    expect(sent).toEqual([]);
  });
});

describe('the usage of embeddings', () => {
  const [wire] = wires as [EmbeddingWire];
  it.each([
    ['by its total alone', { usage: { total_tokens: 9 } }],
    ['under the names of responses', { usage: { input_tokens: 9 } }],
    ['in camel case', { usage: { promptTokens: 9 } }],
    ['under the name of Gemini', { usageMetadata: { promptTokenCount: 9 } }],
    ['with a total that is more', { usage: { prompt_tokens: 7, total_tokens: 9 } }],
    ['as digits', { usage: { prompt_tokens: '9' } }],
    ['in meta', { meta: { billed_units: { input_tokens: 9 }, tokens: { input_tokens: 70 } } }],
  ])('is read %s', async (_, usage) => {
    const { provider } = await open(wire, () => ({ data: [{ index: 0, embedding: [1] }], ...usage }));
    expect((await provider.embed({ model: 'm', values: ['Hello'] })).usage).toEqual(input(9));
  });

  it('of Bedrock is read from the header where the answer has none', async () => {
    const bedrock = wires.find(({ kind }) => kind === 'BEDROCK') as EmbeddingWire;
    const headers = { 'x-amzn-bedrock-input-token-count': '9' };
    const { provider } = await open(
      { ...bedrock, values: (body) => list(fields(body)?.texts) },
      () => new Response(JSON.stringify({ embeddings: [[1, 2]] }), { headers }),
    );
    const { vectors, usage } = await provider.embed({ model: 'cohere.embed-english-v3', values: ['Hello'] });
    expect({ vectors, usage }).toEqual({ vectors: [[1, 2]], usage: input(9) });
  });

  it("of Perplexity's bytes: its vectors are signed integers of 8 bits", async () => {
    const { provider } = await open({ ...wire, kind: 'PERPLEXITY' }, () => ({
      data: [{ index: 0, embedding: Buffer.from([1, 255, 128]).toString('base64') }],
      usage: { prompt_tokens: 9 },
    }));
    const { vectors, usage } = await provider.embed({ model: 'pplx-embed', values: ['Hello'] });
    expect({ vectors, usage }).toEqual({ vectors: [[1, -1, -128]], usage: input(9) });
  });
});
