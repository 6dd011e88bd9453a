import { type ClientError, presentError } from '../../errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { Problem } from '../../http/problem.ts';
import { sendValue } from '../../http/send.ts';
import { readRefusingRule, setGuardrailHeader } from '../guardrail-header.ts';
import { setRetryHeaders } from '../retry-headers.ts';

/**
 * The body of an error: the code of the catalog, the message, and what else the graph states, such as `retryAfterMs`. `param` is
 * the first variable that is missing or unknown.
 */
function toPromptError({ message, extensions = {} }: ClientError): object {
  const { code, ...details } = extensions;
  const { missingVariables, unknownVariables } = details as VariableProblems;
  const [param] = [...(missingVariables ?? []), ...(unknownVariables ?? [])];
  return {
    error: { code: code ?? 'INTERNAL', message, ...(param === undefined ? {} : { param }), ...details },
  };
}

interface VariableProblems {
  readonly missingVariables?: readonly string[];
  readonly unknownVariables?: readonly string[];
}

/** What was thrown in the middle of a stream, masked where it was unexpected. */
export function presentPromptError({ requestId, services }: Exchange, thrown: unknown): object {
  return toPromptError(presentError(thrown, { requestId, log: services.log }));
}

/** Ends the response with the problem as JSON. */
export function writePromptError({ response }: Exchange, { error }: Problem): void {
  setRetryHeaders(response, error);
  setGuardrailHeader(response, readRefusingRule(error));
  sendValue(response, toPromptError(error));
}
