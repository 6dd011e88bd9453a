import { erasedName, readOwnerId, toErasedProviderId } from '#core/owned-id.ts';
import { type ErasureSubject, readEndUserId } from '#mongo/eraser.ts';
import type { InvocationRecord } from '#mongo/invocations.ts';
import { withoutWords } from '../ledger/rows.ts';

/** A change of a row that takes away what identifies people. Amounts, times, the AI model and codes of failures stay. */
export interface Redaction {
  readonly $set: Partial<InvocationRecord>;
  readonly $unset: Readonly<Partial<Record<keyof InvocationRecord, true>>>;
}

/**
 * Takes the end user from a row, with what may name it or is its own: the person that called, the network that was called from, the client's own id of the request,
 * the conversation, the rating, the words of failures, and tags with the id in them.
 */
export function withoutEndUser(row: InvocationRecord, subject: ErasureSubject): Redaction {
  const endUserId = readEndUserId(subject).toLowerCase();
  const tags = row.tags?.filter((tag) => !tag.toLowerCase().includes(endUserId)) ?? [];
  return {
    $set: {
      ...withoutFailureWords(row),
      subject: null,
      erased: 'END_USER',
      ...(tags.length > 0 && { tags }),
    },
    $unset: {
      endUserId: true,
      conversationId: true,
      rating: true,
      clientNetwork: true,
      clientRequestId: true,
      orphaned: true,
      ...(tags.length === 0 && { tags: true }),
    },
  };
}

/**
 * Takes from a row of an erased tenant everything but its amounts, times, status, the code of its failure, the tenant's ID and the AI
 * model; where the tenant owned that, the name that it had is taken too.
 */
export function withoutTenant(row: InvocationRecord, { tenantId }: ErasureSubject): Redaction {
  const { error, attempts } = withoutFailureWords(row);
  const erasedModel = `${toErasedProviderId(tenantId)}/${erasedName}`;
  const isOwn = (id: string) => readOwnerId(id) === tenantId;
  const noCaller = { appId: null, keyId: null, keyLineId: null, subject: null };
  return {
    $set: {
      ...{ ...noCaller, promptId: null, promptVersionId: null, error, erased: 'TENANT' },
      attempts: attempts.map((attempt) =>
        isOwn(attempt.modelId) ? { ...attempt, modelId: erasedModel } : attempt,
      ),
      ...(isOwn(row.modelId) && { modelId: erasedModel, providerId: toErasedProviderId(tenantId) }),
    },
    $unset: {
      ...{
        teamId: true,
        makerScopes: true,
        requestId: true,
        clientNetwork: true,
        clientRequestId: true,
        trace: true,
        endUserId: true,
        conversationId: true,
        rating: true,
        guardrailVerdicts: true,
        sizes: true,
        tags: true,
      },
      ...{ orphaned: true, opening: true, progress: true },
    },
  };
}

function withoutFailureWords(row: InvocationRecord): {
  readonly error: string | null;
  readonly attempts: InvocationRecord['attempts'];
} {
  return withoutWords({ error: row.error ?? null, attempts: row.attempts });
}
