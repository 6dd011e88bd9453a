import { badInput } from '#core/input.ts';
import type { ApiKeyRecord } from '#mongo/api-keys.ts';
import type { CreateApiKeyInput, UpdateApiKeyInput } from '../../generated.ts';

const dayMs = 86_400_000;
const daySeconds = 86_400;
const everyDaysMax = 365;
const overlapSecondsMin = 3_600;
export const overlapSecondsMax = 30 * daySeconds;
const overlapSecondsDefault = 7 * daySeconds;

/**
 * When a key is to be rotated, and its end: it is due so many days after it was made or scheduled, and ends the overlap later. No
 * successor is made ahead, as its secret would reach no one: whoever rotates the key gets it.
 */
type Schedule = Pick<
  ApiKeyRecord,
  'rotateEveryDays' | 'rotationOverlapSeconds' | 'rotationDueAt' | 'expiresAt'
>;

/** The schedule from an instant on; it ends no later than another one. */
export function startSchedule(
  everyDays: number,
  overlapSeconds: number,
  now: Date,
  endsAtMs = Number.POSITIVE_INFINITY,
): Schedule {
  const dueAtMs = now.getTime() + everyDays * dayMs;
  return {
    rotateEveryDays: everyDays,
    rotationOverlapSeconds: overlapSeconds,
    rotationDueAt: new Date(Math.min(dueAtMs, endsAtMs)),
    expiresAt: new Date(Math.min(dueAtMs + overlapSeconds * 1_000, endsAtMs)),
  };
}

/** The schedule of a new key; nothing where the input names none. BAD_USER_INPUT for what lies out of bounds or does not fit together. */
export function checkedSchedule(
  { rotateEveryDays, rotationOverlapSeconds, expiresAt }: CreateApiKeyInput,
  now: Date,
): Partial<Schedule> {
  if (rotateEveryDays == null) {
    if (rotationOverlapSeconds != null) refuseOverlapAlone();
    return {};
  }
  if (expiresAt != null) refuseExpiry();
  return startSchedule(...checkedTimes(rotateEveryDays, rotationOverlapSeconds), now);
}

/** How an update changes the schedule of a key, and with it its end; nothing where it leaves both alone. */
export function changedSchedule(
  before: ApiKeyRecord,
  { rotateEveryDays, rotationOverlapSeconds, expiresAt }: UpdateApiKeyInput,
  now: Date,
): Partial<Schedule> {
  if (rotateEveryDays === null) {
    if (rotationOverlapSeconds != null) refuseOverlapAlone();
    const none = { rotateEveryDays: null, rotationOverlapSeconds: null, rotationDueAt: null };
    // What its schedule has set goes with the schedule.
    return before.rotateEveryDays == null ? {} : { ...none, expiresAt: null };
  }
  const everyDays = rotateEveryDays ?? before.rotateEveryDays;
  if (everyDays == null) {
    if (rotationOverlapSeconds != null) refuseOverlapAlone();
    return {};
  }
  if (expiresAt !== undefined) refuseExpiry();
  if (rotateEveryDays === undefined && rotationOverlapSeconds === undefined) return {};
  const kept = rotationOverlapSeconds === undefined ? before.rotationOverlapSeconds : rotationOverlapSeconds;
  const [days, overlap] = checkedTimes(everyDays, kept);
  const { rotationDueAt } = before;
  if (rotateEveryDays !== undefined || rotationDueAt == null) return startSchedule(days, overlap, now);
  return {
    rotationOverlapSeconds: overlap,
    expiresAt: new Date(Math.max(rotationDueAt.getTime() + overlap * 1_000, now.getTime())),
  };
}

function checkedTimes(
  everyDays: number,
  overlapSeconds: number | null | undefined,
): [everyDays: number, overlapSeconds: number] {
  if (everyDays < 1 || everyDays > everyDaysMax) {
    badInput('input.rotateEveryDays', `must lie between 1 and ${everyDaysMax}; it is ${everyDays}.`);
  }
  const max = Math.min(overlapSecondsMax, everyDays * daySeconds);
  const overlap = overlapSeconds ?? Math.min(overlapSecondsDefault, max);
  if (overlap < overlapSecondsMin || overlap > max) {
    badInput(
      'input.rotationOverlapSeconds',
      `must lie between ${overlapSecondsMin} and ${max}: 30 days, and no longer than until the next rotation. It is ${overlap}.`,
    );
  }
  return [everyDays, overlap];
}

function refuseOverlapAlone(): never {
  return badInput('input.rotationOverlapSeconds', 'is valid with input.rotateEveryDays alone.');
}

function refuseExpiry(): never {
  return badInput(
    'input.expiresAt',
    'is not valid for a key with rotateEveryDays, which ends by its schedule. Remove the schedule with rotateEveryDays: null.',
  );
}
