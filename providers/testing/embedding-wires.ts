import type { ProviderKind } from '../provider.ts';
import { makeProvider } from '../registry/registry.ts';
import { fields, list } from '../wires/shared/fields.ts';
import { chatOnlyKinds, embeddingKinds, presetKinds, valuesPerRequest } from './preset-kinds.ts';

export type Vector = readonly number[];

/** How a vendor takes values and answers with vectors. */
export interface EmbeddingWire {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  /** Values per request. */
  readonly perRequest: number;
  /** The texts of a request. */
  values(body: unknown): readonly unknown[];
  /** An answer with vectors in this order and, unless undefined, this many input tokens. */
  answer(vectors: readonly unknown[], tokens: number | undefined): object;
  /** Whether the vendor reports counts. */
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

/** The wires of every kind that embeds. */
export const embeddingWires: readonly EmbeddingWire[] = [
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

/** A provider of the wire, and the values of each request that it sends. */
export async function openEmbedder({ kind, values }: Pick<EmbeddingWire, 'kind' | 'values'>, reply: Reply) {
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
