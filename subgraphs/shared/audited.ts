import type { Logger } from 'pino';
import type { AuditLog } from '#mongo/audit-log.ts';
import { HeddleError } from '#schema/errors.ts';
import type { OperationContext } from './context.ts';

const secretName =
  /secret|password|passphrase|authorization|private_?key|^(api_?key|key_?hash|sealed|token|access_?token)$/i;
const depthMax = 8;
const textMax = 4_096;
const nameMax = 200;
const itemsMax = 200;

/** A name as the database takes it for a key: BSON has no zero bytes, and its driver reads `_bsontype` as its own sign. */
function keptName(name: string): string {
  if (name === '_bsontype') return '__bsontype';
  return name.slice(0, nameMax).replace(/^\$|\.|\0/g, '_');
}

/** A copy as plain JSON that is fit to keep: values of secret-sounding names are replaced, long and deep ones cut. */
function redact(value: unknown, depth = 0): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') {
    return value.length > textMax ? `${value.slice(0, textMax)}… (${value.length} characters)` : value;
  }
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object') return typeof value === 'function' ? null : value;
  if (depth >= depthMax) return '[too deep]';
  if (Array.isArray(value)) return value.slice(0, itemsMax).map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, itemsMax)
      .map(([name, item]) => [
        keptName(name),
        secretName.test(name) && typeof item !== 'boolean' && item !== null
          ? '[redacted]'
          : redact(item, depth + 1),
      ]),
  );
}

/**
 * Runs one audited mutation between the two writes of its record. Where the beginning cannot be written the mutation
 * does not run; where the end cannot, the record stays STARTED, the log says so, and the client keeps its answer.
 */
export async function withAudit<T>(
  action: string,
  args: unknown,
  context: OperationContext<unknown>,
  services: { readonly audit: AuditLog; readonly log: Logger },
  run: () => T | Promise<T>,
): Promise<T> {
  const { caller, requestId, clientAddress } = context;
  context.takeChange();
  const id = await services.audit.begin({
    tenantId: caller.tenantId,
    actor: { kind: caller.kind, keyId: caller.keyId, appId: caller.appId, subject: caller.subject },
    action,
    arguments: redact(args),
    requestId,
    clientAddress,
  });
  const end = async (outcome: 'SUCCEEDED' | 'FAILED', errorCode: string | null) => {
    const change = context.takeChange();
    await services.audit
      .end(id, {
        outcome,
        errorCode,
        ...(change?.tenantId === undefined ? {} : { tenantId: change.tenantId }),
        targetType: change?.type ?? null,
        targetId: change?.id ?? null,
        before: redact(change?.before),
        after: redact(change?.after),
      })
      .catch((err: unknown) =>
        services.log.error({ err, requestId, action }, 'an audit record was not closed'),
      );
  };
  try {
    const result = await run();
    await end('SUCCEEDED', null);
    return result;
  } catch (error) {
    await end('FAILED', error instanceof HeddleError ? error.code : 'INTERNAL');
    throw error;
  }
}
