import DataLoader from 'dataloader';
import type { CallPayload } from '#inference/payloads/call-payload.ts';
import { type FoundState, type PayloadReads, readPayloads } from '#inference/payloads/read-payloads.ts';
import type { AuditServices, ReadRequest } from '../../runtime/policy/audited.ts';
import { withRecordedRead } from '../../runtime/policy/recorded-read.ts';

/** What is kept of a call. */
export interface KeptPayload extends Pick<FoundState, 'comment'> {
  readonly content: CallPayload;
}

export interface PayloadLoaders {
  /** Whether payloads are kept, by the ids of their rows. Their content is read by `payloadContent`. */
  readonly payload: DataLoader<string, FoundState>;
  /** Payloads with their contents, each read noted in the audit log; null for those that are not kept. */
  readonly payloadContent: DataLoader<string, KeptPayload | null>;
}

const batchMax = 200;

export function createPayloadLoaders(
  context: ReadRequest,
  reads: PayloadReads,
  services: AuditServices,
): PayloadLoaders {
  const payload = new DataLoader<string, FoundState>((ids) => readPayloads(ids, context.caller, reads), {
    maxBatchSize: batchMax,
  });
  const payloadContent = new DataLoader<string, KeptPayload | null>(
    (ids) =>
      Promise.all(
        ids.map(async (id) => {
          const { content, comment } = await payload.load(id);
          if (content === null) return null;
          const target = { type: 'Invocation', id };
          const kept = { content, comment };
          return withRecordedRead({ action: 'payload.read', target }, context, services, async () => kept);
        }),
      ),
    { maxBatchSize: batchMax },
  );
  return { payload, payloadContent };
}
