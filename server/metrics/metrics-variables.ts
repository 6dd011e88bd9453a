import { z } from 'zod';
import { choice, port, variable } from '../variable-types.ts';

/** The variables of metrics. */
export const metricsVariables = {
  HEDDLE_METRICS: variable(
    choice('on', 'off').default('on'),
    'Whether the process counts and measures what `/metrics` shows: `on` or `off`.',
  ),
  HEDDLE_METRICS_PORT: variable(
    port(0).removeDefault().optional(),
    'Port of its own for `/metrics`, in every process; 0 picks a free one. Without a token it listens on 127.0.0.1 alone. Unset: the gateway serves `/metrics` on its port, and other processes do not.',
  ),
  HEDDLE_METRICS_TOKEN: variable(
    z
      .string()
      .regex(/^[\x21-\x7e]{16,}$/, 'must have 16 characters or more, without spaces')
      .optional(),
    'Who sends it as `authorization: Bearer` may read `/metrics`. Unset: programs on this machine alone.',
    true,
  ),
  HEDDLE_METRICS_OLD_NAMES: variable(
    choice('on', 'off').default('off'),
    'Whether metrics of AI models also have their names of OpenTelemetry until v1.41 (`gen_ai_client_operation_duration_seconds`, `gen_ai_client_token_usage`): `on` or `off`.',
  ),
} as const;
