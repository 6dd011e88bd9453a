import { toWholeCharacters } from '#core/json/whole-characters.ts';
import { parseShallowJson } from '../../../http/body.ts';
import { BadRequest, toStatus } from '../../../http/problem.ts';
import { type BodyFields, isFields, toText, WrongField } from '../../body-fields.ts';
import { presentOpenAiError } from '../../openai/openai-errors.ts';
import type { ReportContext } from '../response-object.ts';

/** A message of a client: the body of a response to create, and the lane that its events are marked with. */
export interface CreateMessage {
  readonly body: BodyFields;
  readonly lane: string | undefined;
}

const laneCharactersMax = 256;

/** Throws BadRequest and WrongField for what is no `response.create`. */
export function readCreateMessage(text: string): CreateMessage {
  const message = parseShallowJson(toWholeCharacters(text), 'The message');
  if (!isFields(message)) throw new BadRequest(400, 'A message must be an object.');
  const { type, stream_id: streamId, ...body } = message;
  if (type !== 'response.create') throw new WrongField('type', 'must be response.create.');
  if (body.background === true) {
    throw new WrongField('background', 'is not served over a WebSocket: send POST /v1/responses.');
  }
  const lane = toText(streamId, 'stream_id');
  if (lane !== undefined && lane.length > laneCharactersMax) {
    throw new WrongField('stream_id', `must have at most ${laneCharactersMax} characters.`);
  }
  return { body, lane };
}

/** Events of a stream as messages: each is the data of one event, with its lane where the client named one. */
export function toMessages(events: string, lane: string | undefined): readonly string[] {
  const mark = lane === undefined ? '' : `,"stream_id":${JSON.stringify(lane)}}`;
  return events
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const data = event.slice(event.indexOf('\ndata: ') + '\ndata: '.length);
      return mark === '' ? data : data.slice(0, -1) + mark;
    });
}

/** What was thrown before a response began, as an event: OpenAI's types have its fields beside the type, others in `error`. */
export function toErrorMessage(call: ReportContext, thrown: unknown): string {
  const error = presentOpenAiError(call, thrown);
  const { code, message, param } = error;
  const status = toStatus(thrown);
  return JSON.stringify({ type: 'error', status, error, code, message, param, sequence_number: 0 });
}
