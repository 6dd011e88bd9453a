import type { Connection } from 'mongoose';
import type { Caller } from '#core/caller.ts';
import type { PayloadState } from '#core/graph-enums.generated.ts';
import { OneAtATime } from '#core/one-at-a-time.ts';
import { type InvocationRecord, invocations } from '#mongo/invocations.ts';
import type { CallPayload } from './call-payload.ts';
import type { CommentedPayload, PayloadLog } from './payload-log.ts';

/** The payload of a call for a caller. */
export interface FoundState {
  readonly state: PayloadState;
  /** Null unless the state is KEPT. */
  readonly content: CallPayload | null;
  /** What was commented on the answer with its present rating; null: nothing, and unless the state is KEPT. */
  readonly comment: string | null;
}

/** What payloads are read with. */
export interface PayloadReads {
  readonly connection: Connection;
  readonly payloadLog: PayloadLog;
  readonly now: () => number;
}

type Row = Pick<
  InvocationRecord,
  '_id' | 'tenantId' | 'status' | 'payloadLogging' | 'payloadUntil' | 'rating' | 'erased'
>;

const rowFields = {
  tenantId: 1,
  status: 1,
  payloadLogging: 1,
  payloadUntil: 1,
  rating: 1,
  erased: 1,
} as const;

/** What one tenant holds in memory by reading payloads, whatever it requests at the same time. */
const oneAtATime = new OneAtATime();

/** Runs the reads and searches of payloads of one tenant one after another. Throws OVERLOADED where too many wait. */
export function inTurn<T>(tenantId: string, read: () => Promise<T>): Promise<T> {
  return oneAtATime.run(tenantId, read);
}

/** The payloads of calls, in the order of the ids. Only their own tenant has their content. */
export async function readPayloads(
  ids: readonly string[],
  caller: Caller,
  { connection, payloadLog, now }: PayloadReads,
): Promise<FoundState[]> {
  const rows = await invocations(connection)
    .find({ _id: { $in: [...ids] } }, rowFields)
    .lean<Row[]>();
  const byId = new Map(rows.map((row) => [row._id, row]));
  const stated = ids.map((id) => readState(byId.get(id), caller, now()));
  const { tenantId } = caller;
  const expired = ids.filter((_, at) => stated[at] === 'EXPIRED');
  const held = new Set(
    tenantId === null || expired.length === 0 ? [] : await payloadLog.findHeld(expired, tenantId),
  );
  const states = ids.map((id, at) => (held.has(id) ? 'KEPT' : stated[at]));
  const kept = ids.filter((_, at) => states[at] === 'KEPT');
  const found =
    tenantId === null || kept.length === 0
      ? []
      : await inTurn(tenantId, () => payloadLog.find(kept, tenantId));
  const payloads = new Map(found.map((payload) => [payload.id, payload]));
  return ids.map((id, at) => toFound(states[at] ?? 'FOREIGN', payloads.get(id), byId.get(id)?.rating));
}

/** What the row states of its payload. KEPT: as far as the row knows. */
function readState(row: Row | undefined, caller: Caller, nowMs: number): PayloadState {
  // Neither operators nor the end user of a page token read the payloads of a tenant.
  if (row === undefined || row.tenantId !== caller.tenantId || caller.endUserId !== null) return 'FOREIGN';
  if (row.erased !== undefined) return 'DELETED';
  if (row.payloadLogging !== 'FULL') return 'NOT_LOGGED';
  if (row.status === 'RUNNING') return 'RUNNING';
  if (row.payloadUntil === undefined) return 'DROPPED';
  return row.payloadUntil.getTime() <= nowMs ? 'EXPIRED' : 'KEPT';
}

function toFound(
  state: PayloadState,
  payload: CommentedPayload | undefined,
  rating: number | undefined,
): FoundState {
  const nothing = { content: null, comment: null };
  if (state !== 'KEPT') return { state, ...nothing };
  if (payload === undefined) return { state: 'DELETED', ...nothing };
  const { content, comment } = payload;
  if (content === null) return { state: 'UNREADABLE', ...nothing };
  return { state, content, comment: comment?.rating === rating ? (comment?.text ?? null) : null };
}
