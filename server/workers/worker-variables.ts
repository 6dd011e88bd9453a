import { z } from 'zod';
import { variable } from '../variable-types.ts';

/** The variables of workers. */
export const workerVariables = {
  HEDDLE_WORKERS: variable(
    z
      .string()
      .regex(/^[1-9][0-9]{0,2}$/, 'must be a number of processes from 1 to 999')
      .transform(Number)
      .optional(),
    'How many processes run gateway and inference behind one port; 1: everything runs in one process. Unset: with four available cores or more as many as there are cores, each started when those before it are busy; otherwise 1.',
  ),
} as const;
