import { randomUUID } from 'node:crypto';
import { type BodyFields, requireText } from '../../body-fields.ts';
import { type ResponseState, toResponse, toResponseId } from '../response-object.ts';
import { readResponsesRequest } from '../responses-request.ts';

/** A message with nothing in it yet: what is kept is continued by the next one. */
const nothing: readonly BodyFields[] = [{ role: 'user', content: '' }];

/**
 * The events of a message with `generate: false`: it is checked and can be continued, and no AI model is called. Throws
 * WrongField.
 */
export function writeWarmUp(
  body: BodyFields,
  items: readonly BodyFields[],
): { readonly id: string; readonly events: string } {
  const { repeated } = readResponsesRequest(body, items.length === 0 ? nothing : items);
  const state: ResponseState = {
    id: randomUUID().replaceAll('-', ''),
    createdS: Math.floor(Date.now() / 1000),
    model: requireText(body.model, 'model'),
    status: 'completed',
    incompleteReason: null,
    output: [],
    usage: null,
    error: null,
  };
  const request = { ...repeated, store: false };
  const begun = toResponse({ ...state, status: 'in_progress' }, request);
  const responses = {
    'response.created': begun,
    'response.in_progress': begun,
    'response.completed': toResponse(state, request),
  };
  const events = Object.entries(responses).map(
    ([type, response], at) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, response, sequence_number: at })}\n\n`,
  );
  return { id: toResponseId(state.id), events: events.join('') };
}
