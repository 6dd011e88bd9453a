import { readCallJson } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { endJson } from '../../http/send.ts';
import { runDeclared } from '../../operations/run-declared.ts';
import { requireText, toChoice, toFields, toInteger, toList, toText, WrongField } from '../body-fields.ts';
import { readCallHeaders } from '../call-headers.ts';
import { setGuardrailHeader } from '../guardrail-header.ts';
import { markInput } from '../input-places.ts';
import { setLimitHeaders } from '../limit-headers.ts';
import { type EmbedInput, openAiEmbed } from '../operations.generated.ts';

/** Fields of the input by the names of the body. */
const embeddingNames = {
  model: 'model',
  messages: 'input',
  values: 'input',
  dimensions: 'dimensions',
  endUserId: 'user',
};
const inputsMax = 2_048;

function readInputs(value: unknown): readonly string[] {
  if (typeof value === 'string') return [requireText(value, 'input')];
  const list = toList(value, 'input', inputsMax);
  if (list === undefined || list.length === 0)
    throw new WrongField('input', 'must be a text or a list of texts.');
  if (list.every((item) => typeof item === 'number' || Array.isArray(item))) {
    throw new WrongField(
      'input',
      'must be texts: IDs of tokens mean nothing to another model. With LangChain for Python, set check_embedding_ctx_length=False.',
    );
  }
  return list.map((item, at) => requireText(item, `input[${at}]`));
}

/** Little-endian 32-bit floats in base64, as the official SDKs request. */
function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes.toString('base64');
}

/** POST /v1/embeddings. */
export async function answerEmbeddings(exchange: Exchange): Promise<void> {
  const fields = toFields(await readCallJson(exchange), '');
  const format = toChoice(fields.encoding_format, 'encoding_format', ['float', 'base64']) ?? 'float';
  const dimensions = toInteger(fields.dimensions, 'dimensions');
  const user = toText(fields.user, 'user');
  const { endUserId = user, conversationId, tags, retention } = readCallHeaders(exchange);
  const input: EmbedInput = {
    model: requireText(fields.model, 'model'),
    values: readInputs(fields.input),
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(endUserId === undefined || endUserId === '' ? {} : { endUserId }),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(tags === undefined ? {} : { tags }),
    ...(retention === undefined ? {} : { retention }),
  };
  markInput(input, embeddingNames, () => ({ input }));
  const { embed } = await runDeclared(exchange, openAiEmbed, { input });
  const { vectors, usage, model, limits, guardrailVerdicts } = embed;
  setLimitHeaders(exchange.response, limits);
  setGuardrailHeader(exchange.response, guardrailVerdicts);
  return endJson(exchange, {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: format === 'base64' ? toBase64(vector) : vector,
    })),
    model: model.id,
    usage: { prompt_tokens: usage.inputTokens, total_tokens: usage.totalTokens },
  });
}
