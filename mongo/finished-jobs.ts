import type { FinishedJobName } from '#core/events/finished-jobs.ts';
import type { NewEvent } from './events.ts';

/** A job that has come to its end. */
export interface FinishedJob {
  readonly job: FinishedJobName;
  /** Its ID; null: a job that has none. */
  readonly id: string | null;
  /** The tenant that it was for; null: the mesh. */
  readonly tenantId: string | null;
  /** Who receives the event, where it is not that tenant; null: the mesh. */
  readonly readerId?: string | null;
  readonly startedAt: Date;
  /** FAILED: it is not tried again. */
  readonly status?: 'SUCCEEDED' | 'FAILED';
}

/** The event `job.finished`. */
export function toJobEvent({
  job,
  id,
  tenantId,
  readerId = tenantId,
  startedAt,
  status = 'SUCCEEDED',
}: FinishedJob): NewEvent {
  const data = { job, tenantId, startedAt: startedAt.toISOString(), status };
  return { type: 'job.finished', tenantId: readerId, subject: id, data };
}
