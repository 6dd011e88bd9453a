import type { PresetWire } from './preset-wires.ts';
import { sse } from './wire-server.ts';

const usage = { prompt_tokens: 31, completion_tokens: 17, total_tokens: 48 };
const text = 'Grüße, 世界 🙂';
const given = '{"city":"Köln"}';

/** The recorded exchanges of a kind: each answer whole and as a stream. */
export function recordPreset({ model, reasoning, beside, counts, usageIn, callId = 'call_1' }: PresetWire) {
  const counted = { ...usage, ...counts };
  const event = (delta: object, finish: string | null = null, more: object = {}): object => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model,
    choices: [
      {
        index: 0,
        delta,
        finish_reason: finish,
        ...(usageIn === 'choice' && finish ? { usage: counted } : {}),
      },
    ],
    ...beside,
    ...more,
  });
  const end = (finish: string): (object | '[DONE]')[] =>
    usageIn === 'last' || usageIn === 'choice'
      ? [event({}, finish, usageIn === 'last' ? { usage: counted } : {}), '[DONE]']
      : [event({}, finish), { ...event({}), choices: [], usage: counted }, '[DONE]'];
  const whole = (message: object, finish: string) =>
    JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model,
      choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
      usage: counted,
      ...beside,
    });
  const call = { id: callId, type: 'function', function: { name: 'get_weather', arguments: given } };
  const begin = event({ role: 'assistant', content: '' });
  const piece = (more: object) => event({ tool_calls: [{ index: 0, type: 'function', ...more }] });
  const thought = reasoning === null ? {} : { [reasoning]: 'Hm.' };
  return {
    'a text': {
      stream: sse(begin, event({ content: 'Grüße, ' }), event({ content: '世界 🙂' }), ...end('stop')),
      whole: whole({ content: text }, 'stop'),
    },
    'a text cut at the limit': {
      stream: sse(begin, event({ content: 'Grü' }), ...end('length')),
      whole: whole({ content: 'Grü' }, 'length'),
    },
    'a call of a tool': {
      stream: sse(
        begin,
        piece({ id: callId, function: { name: 'get_weather', arguments: '' } }),
        piece({ function: { arguments: '{"city":' } }),
        piece({ function: { arguments: '"Köln"}' } }),
        ...end('tool_calls'),
      ),
      whole: whole({ content: null, tool_calls: [call] }, 'tool_calls'),
    },
    'reasoning before the text': {
      stream: sse(
        begin,
        ...(reasoning === null ? [] : [event(thought)]),
        event({ content: 'Yes.' }),
        ...end('stop'),
      ),
      whole: whole({ ...thought, content: 'Yes.' }, 'stop'),
    },
  };
}
