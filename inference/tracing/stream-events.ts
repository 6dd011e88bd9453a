import { activeSpan } from '#core/tracing/span.ts';

/** The first part of an answer came. @param isStreamed it goes to a client at once */
export function noteFirstChunk(isStreamed: boolean): void {
  const span = activeSpan();
  span?.event('first chunk');
  if (isStreamed) span?.answered();
}

/** A stream begins anew with another AI model, as an attempt has failed with the code. */
export function noteRestart(modelId: string, code: string): void {
  activeSpan()?.event('restarted', { 'heddle.model.id': modelId, 'error.type': code });
}
