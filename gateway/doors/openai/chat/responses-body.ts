import { type BodyFields, isFields, toBoolean, toFields, toList } from '../../body-fields.ts';
import { readInputItems } from '../../responses/input-items.ts';
import { type ResponsesRequest, readResponsesRequest } from '../../responses/responses-request.ts';

const callsMax = 10_000;

/** True for a body in the form of responses. Cursor sends such bodies to chat completions, and reads chunks. */
export function isResponsesBody({ messages, input }: BodyFields): boolean {
  return messages == null && input != null;
}

/** Translates a body of responses that was sent to chat completions. Throws WrongField for what is wrong in it. */
export function readResponsesBody(
  fields: BodyFields,
): Pick<ResponsesRequest, 'input' | 'isStreamed' | 'dropped'> {
  const items = readInputItems(fields.input).flatMap(toItems);
  // A chat completion is not stored, whatever the body requests.
  const { input, isStreamed, dropped } = readResponsesRequest(
    { ...fields, store: false, background: undefined },
    items,
  );
  const isBackground = toBoolean(fields.background, 'background') ?? false;
  return { input, isStreamed, dropped: isBackground ? [...dropped, 'background'] : dropped };
}

/** The items of a message in the form of chat completions, which such an input may have among its items. */
function toItems(item: BodyFields): readonly BodyFields[] {
  if (item.role === 'tool') {
    return [{ type: 'function_call_output', call_id: item.tool_call_id, output: item.content }];
  }
  const { tool_calls: given, ...message } = item;
  const calls = toList(given, 'input.tool_calls', callsMax) ?? [];
  if (calls.length === 0) return [item];
  const items = calls.map((call) => toCallItem(toFields(call, 'input.tool_calls')));
  return message.content == null || message.content === '' ? items : [message, ...items];
}

function toCallItem({ id, function: called, custom }: BodyFields): BodyFields {
  return isFields(custom)
    ? { type: 'custom_tool_call', call_id: id, name: custom.name, input: custom.input }
    : { type: 'function_call', call_id: id, ...(isFields(called) ? called : {}) };
}
