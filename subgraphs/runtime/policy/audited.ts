import type { Logger } from 'pino';
import { HeddleError } from '#core/errors.ts';
import type { AuditOutcome } from '#core/graph-enums.generated.ts';
import { hiddenSecret, hideAddressUsers } from '#core/secrets/address-user.ts';
import { redactSecrets } from '#core/secrets/find-secrets.ts';
import type { AuditLog, AuditOccurrence, AuditTarget } from '#mongo/audit/log.ts';
import type { ChangeTarget, OperationContext, SubgraphContext } from '../context.ts';
import { toActor } from './audited-start.ts';

const secretName =
  /secret|password|passphrase|authorization|private_?key|^(api_?key|key_?hash|sealed|token|access_?token)$/i;
/** Fields that hold one address; what is before an at sign in it may be a password, however it is mistyped. */
const addressName = /ur[il]$|endpoint$/i;
/**
 * Fields and dimensions that hold the id of an end user or of its conversation, or what clients wrote and may name one: the log could not
 * forget it when the end user is erased.
 */
const personalName = /^(?:endUserId|END_USER|conversation(?:Id)?|tags?|experiment)$/i;
const depthMax = 8;
const textMax = 4_096;
const nameMax = 200;
const itemsMax = 200;
/** Longer than any id that there is; clients name others. */
const targetIdMax = 500;

/** A name as the database takes it for a key: BSON has no zero bytes, and its driver reads `_bsontype` as its own sign. */
function keptName(name: string): string {
  if (name === '_bsontype') return '__bsontype';
  return name.slice(0, nameMax).replace(/^\$|\.|\0/g, '_');
}

function withoutUser(value: unknown): unknown {
  const at = typeof value === 'string' ? value.lastIndexOf('@') : -1;
  return at >= 0 && typeof value === 'string' ? hiddenSecret + value.slice(at) : value;
}

/** A text without the keys in it: they are sent in fields for ids, labels and notes as well, and the log is kept for ever. */
function withoutSecrets(text: string): string {
  return hideAddressUsers(redactSecrets(text));
}

/** A copy as plain JSON that is fit to keep: values of secret-sounding and personal names and keys in texts are replaced, long and deep ones cut. */
function redact(value: unknown, depth = 0): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') {
    // Twice as much is looked at, so that no key is cut before it is found.
    const text = withoutSecrets(value.slice(0, 2 * textMax)).slice(0, textMax);
    return value.length > textMax ? `${text}… (${value.length} characters)` : text;
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
        (secretName.test(name) || personalName.test(name)) && typeof item !== 'boolean' && item !== null
          ? '[redacted]'
          : redact(addressName.test(name) ? withoutUser(item) : item, depth + 1),
      ]),
  );
}

export interface AuditServices {
  readonly audit: AuditLog;
  readonly log: Logger;
}

/** Who reads, and with which request. */
export type ReadRequest = Pick<SubgraphContext, 'caller' | 'requestId' | 'clientRequestId' | 'clientAddress'>;

function toOccurrence(
  action: string,
  outcome: AuditOccurrence['outcome'],
  errorCode: string | null,
  context: ReadRequest,
): AuditOccurrence {
  const { caller, requestId, clientRequestId, clientAddress } = context;
  const request = { requestId, clientRequestId, clientAddress };
  return {
    tenantId: caller.tenantId,
    actor: toActor(context.caller),
    action,
    outcome,
    errorCode,
    count: 1,
    ...request,
  };
}

/** Counts a refused mutation. Where that cannot be written, the log states it, and the refusal stands. */
export async function auditRefusal(
  action: string,
  error: unknown,
  context: OperationContext<unknown>,
  services: AuditServices,
): Promise<void> {
  const code = error instanceof HeddleError ? error.code : 'INTERNAL';
  await services.audit.count(toOccurrence(action, 'REFUSED', code, context)).catch((err: unknown) => {
    const { requestId } = context;
    services.log.error({ event: 'audit_failed', err, requestId, action }, 'a refusal was not audited');
  });
}

/** Reads noted by this process lately, so that the same caller's next ones within the minute need no write. */
const noted = new WeakMap<AuditLog, { minute: number; readonly reads: Set<string> }>();
const notedMax = 10_000;

/** Counts the read of what is not the caller's own, once a minute for each caller. What cannot be noted is not read. */
export async function withAuditedRead<T>(
  action: string,
  context: ReadRequest,
  { audit, now = Date.now }: AuditServices & { readonly now?: () => number },
  run: () => T | Promise<T>,
): Promise<T> {
  const minute = Math.floor(now() / 60_000);
  let known = noted.get(audit);
  if (known === undefined || known.minute !== minute || known.reads.size >= notedMax) {
    known = { minute, reads: new Set() };
    noted.set(audit, known);
  }
  const { keyId, subject, issuerId, tenantId } = context.caller;
  const read = JSON.stringify([action, keyId, subject, issuerId, tenantId]);
  if (!known.reads.has(read)) {
    await audit.count(toOccurrence(action, 'SUCCEEDED', null, context));
    known.reads.add(read);
  }
  return run();
}

function toTarget(target: ChangeTarget | undefined): AuditTarget {
  return {
    ...(target?.tenantId === undefined ? {} : { tenantId: target.tenantId }),
    targetType: target?.type ?? null,
    targetId: target === undefined ? null : withoutSecrets(target.id).slice(0, targetIdMax),
  };
}

/**
 * Runs one audited mutation between the two writes of its record. Where the beginning cannot be written the mutation
 * does not run; where the end cannot, the record stays STARTED until the sweep closes it as INTERRUPTED, the log states it, and
 * the client keeps its answer. What changes nothing leaves no record. `open`: any key may call it, so that its failures are counted, not recorded each.
 */
export async function withAudit<T>(
  action: string,
  args: unknown,
  context: OperationContext<unknown>,
  services: AuditServices,
  open: boolean,
  run: () => T | Promise<T>,
): Promise<T> {
  const { caller, requestId, clientRequestId, clientAddress } = context;
  context.takeChange();
  context.takeUnchanged();
  const id = await services.audit.begin({
    tenantId: caller.tenantId,
    actor: toActor(context.caller),
    action,
    arguments: redact(args),
    requestId,
    ...(clientRequestId === null ? {} : { clientRequestId }),
    clientAddress,
  });
  let target: ChangeTarget | undefined;
  context.nameTargetsBy(async (named) => {
    target = named;
    await services.audit.name(id, toTarget(named));
  });
  const discard = () =>
    services.audit
      .discard(id)
      .catch((err: unknown) =>
        services.log.error(
          { event: 'audit_failed', err, requestId, action },
          'an audit record was not removed',
        ),
      );
  const end = async (outcome: Extract<AuditOutcome, 'SUCCEEDED' | 'FAILED'>, errorCode: string | null) => {
    const change = context.takeChange();
    await services.audit
      .end(id, {
        outcome,
        errorCode,
        ...toTarget(change ?? target),
        before: redact(change?.before),
        after: redact(change?.after),
      })
      .catch((err: unknown) =>
        services.log.error(
          { event: 'audit_failed', err, requestId, action },
          'an audit record was not closed',
        ),
      );
  };
  try {
    const result = await run();
    if (context.takeUnchanged()) await discard();
    else await end('SUCCEEDED', null);
    return result;
  } catch (error) {
    if (open) {
      await discard();
      await auditRefusal(action, error, context, services);
      throw error;
    }
    await end('FAILED', error instanceof HeddleError ? error.code : 'INTERNAL');
    throw error;
  } finally {
    context.nameTargetsBy(undefined);
  }
}
