import type DataLoader from 'dataloader';
import type { CompletionData } from '#inference/completion.ts';
import type { InferenceEngine } from '#inference/engine.ts';
import type { CompletionResult } from '#inference/ledger/results.ts';
import type { SubgraphContext } from '../runtime/context.ts';
import { recordLoader } from '../runtime/loaders.ts';
import type { AuditServices, ReadRequest } from '../runtime/policy/audited.ts';
import { readCalls } from '../runtime/policy/audited-calls.ts';
import { createPayloadLoaders, type PayloadLoaders } from './payloads/payload-loaders.ts';

export interface InferenceLoaders extends PayloadLoaders {
  /** Null for those that the caller does not own. */
  readonly completion: DataLoader<string, CompletionData | null>;
  /** Of completions that the caller may read, by the ids of their attachments. */
  readonly attachment: DataLoader<string, CompletionResult | null>;
}

export function createInferenceLoaders(
  context: ReadRequest & Pick<SubgraphContext, 'reach'>,
  engine: Pick<InferenceEngine, 'reader' | 'results' | 'connection' | 'payloadLog' | 'now'>,
  services: AuditServices,
): InferenceLoaders {
  const { reader, results } = engine;
  return {
    ...createPayloadLoaders(context, engine, services),
    completion: recordLoader(
      (ids) => readCalls(context, services, (reach) => reader.findMany(ids, reach)),
      ({ id }) => id,
    ),
    attachment: recordLoader(
      async (ids) => [...(await results.find(ids)).values()],
      ({ _id }) => _id,
    ),
  };
}

export type InferenceContext = SubgraphContext<InferenceLoaders>;
