import type { SharedV4Warning } from '@ai-sdk/provider';
import { ProviderFailure } from '../provider.ts';

/** Left out, these change what the answer means; other settings (seed, topP, …) may be ignored as the SDK ignores them. */
const meaningful = /^(?:function )?tools?\b|^toolChoice|^responseFormat$|message part type/;

/**
 * Refuses a call of which the SDK had to leave out something that changes its meaning.
 * @throws {ProviderFailure} BAD_USER_INPUT
 */
export function checkWarnings(warnings: readonly SharedV4Warning[]): void {
  for (const warning of warnings) {
    if (warning.type !== 'unsupported' || !meaningful.test(warning.feature)) continue;
    const details = warning.details === undefined ? '' : ` ${warning.details}`;
    throw new ProviderFailure('BAD_USER_INPUT', `This model does not support ${warning.feature}.${details}`, {
      retryable: false,
    });
  }
}
