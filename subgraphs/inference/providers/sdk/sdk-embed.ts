import type { EmbeddingModelV4 } from '@ai-sdk/provider';
import type { EmbeddingAnswer, Provider } from '../provider.ts';
import { malformed } from '../translate/completeness.ts';
import { noUsage } from '../translate/usage.ts';

/** Embeds in as many calls as the vendor's limit per call asks for, one after the other. */
export async function embedWith(
  model: EmbeddingModelV4,
  call: Parameters<Provider['embed']>[0],
): Promise<EmbeddingAnswer> {
  const perCall = (await model.maxEmbeddingsPerCall) ?? call.values.length;
  const vectors: (readonly number[])[] = [];
  let counted = true;
  let inputTokens = 0;
  for (let from = 0; from < call.values.length; from += perCall) {
    const values = call.values.slice(from, from + perCall);
    const result = await model.doEmbed({
      values,
      ...(call.dimensions === undefined ? {} : { dimensions: call.dimensions }),
      ...(call.signal === undefined ? {} : { abortSignal: call.signal }),
    });
    if (result.embeddings.length !== values.length) throw malformed();
    for (const vector of result.embeddings) vectors.push(vector);
    counted &&= result.usage !== undefined && !Number.isNaN(result.usage.tokens);
    inputTokens += result.usage?.tokens ?? 0;
  }
  if (counted) return { vectors, usage: { ...noUsage, inputTokens } };
  const bytes = call.values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  return { vectors, usage: { ...noUsage, inputTokens: Math.ceil(bytes / 4), estimated: true } };
}
