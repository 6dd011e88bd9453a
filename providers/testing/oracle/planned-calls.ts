import fc from 'fast-check';
import type { ContentPart, ProviderCall, ProviderMessage, ToolCall } from '../../provider.ts';

const text = fc.constantFrom(
  'Hello',
  '',
  ' \n',
  'a "quoted" \\ text',
  '{"json":[1]}',
  '§ €uro 😀',
  '\u2028</script>',
);

const png = 'iVBORw0KGgoAAAANSUhEUg==';
const pdf = 'JVBERi0xLjcKJcfs';
const wav = 'UklGRiQAAABXQVZFZm10IA==';
const mp3 = '//uQAAAAAAAAAAAAAAAAAAAA';

const image: fc.Arbitrary<ContentPart> = fc.constantFrom<ContentPart>(
  { type: 'file', mediaType: 'image/png', data: png },
  { type: 'file', mediaType: 'image/*', data: png },
  { type: 'file', mediaType: 'IMAGE/JPG; q=1', data: '/9j/4AAQ' },
  { type: 'file', mediaType: 'image/webp', url: 'https://example.com/ä b.webp?x=1' },
  { type: 'file', mediaType: 'image/*', url: `data:image/png;base64,${png}` },
);
const anyFile: fc.Arbitrary<ContentPart> = fc.constantFrom<ContentPart>(
  { type: 'file', mediaType: 'image/*', url: 'https://example.com/a' },
  { type: 'file', mediaType: 'image', data: 'AAAA' },
  { type: 'file', mediaType: 'image/tiff', data: 'SUkqAA==' },
  { type: 'file', mediaType: 'application/pdf', data: pdf },
  { type: 'file', mediaType: 'application/*', data: pdf },
  { type: 'file', mediaType: 'application/pdf', url: 'https://example.com/a.pdf' },
  { type: 'file', mediaType: 'application/zip', data: 'UEsDBA==' },
  { type: 'file', mediaType: 'audio/wav', data: wav },
  { type: 'file', mediaType: 'audio/*', data: mp3 },
  { type: 'file', mediaType: 'audio/mp3', data: mp3 },
  { type: 'file', mediaType: 'audio/ogg', data: 'T2dnUwAC' },
  { type: 'file', mediaType: 'audio/wav', url: 'https://example.com/a.wav' },
  { type: 'file', mediaType: 'video/mp4', data: 'AAAAIGZ0eXBpc29t' },
  { type: 'file', mediaType: 'video/mp4', url: 'https://example.com/a.mp4' },
  { type: 'file', mediaType: 'text/plain', data: 'SGVsbG8=' },
  { type: 'file', mediaType: 'text/plain', url: 'https://example.com/a.txt' },
);
const part: fc.Arbitrary<ContentPart> = fc.oneof(
  { weight: 10, arbitrary: text.map((received): ContentPart => ({ type: 'text', text: received })) },
  { weight: 2, arbitrary: image },
  { weight: 1, arbitrary: anyFile },
);

const ids = fc.constantFrom('call_1', 'call_2', 'aB3dE6gH9', 'functions.f:0', 'tööl "1"');
const names = fc.constantFrom('f', 'get_weather');
const given: fc.Arbitrary<unknown> = fc.constantFrom(
  {},
  { a: 1, b: [true, null, 'x'], c: { d: 0.5 } },
  '{"a":1}',
  '{"id":9007199254740993}',
  'no "JSON"',
  '',
  [1, 2],
  7,
  null,
);
const toolCall: fc.Arbitrary<ToolCall> = fc.record({ id: ids, name: names, arguments: given });

const message: fc.Arbitrary<ProviderMessage> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ role: fc.constant('system' as const), content: text }) },
  {
    weight: 4,
    arbitrary: fc.record({
      role: fc.constant('user' as const),
      parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      role: fc.constant('assistant' as const),
      text,
      toolCalls: fc.array(toolCall, { maxLength: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      role: fc.constant('tool' as const),
      toolCallId: ids,
      toolName: names,
      content: text,
    }),
  },
);

const city = { type: 'string', description: 'a city', pattern: '^[A-Z]' };
const objects: readonly Readonly<Record<string, unknown>>[] = [
  { type: 'object', properties: { city }, required: ['city'], additionalProperties: false },
  {
    type: 'object',
    properties: { city, days: { type: ['integer', 'null'], default: 1 } },
    required: ['city'],
  },
  {
    type: 'object',
    properties: {
      kind: { enum: ['a', 'b'] },
      at: { type: 'string', format: 'date-time' },
      tags: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, maxItems: 3 },
      either: { anyOf: [{ type: 'number', minimum: 0 }, { type: 'null' }] },
      fixed: { const: 'x' },
    },
    required: ['kind', 'tags'],
  },
  {
    type: 'object',
    properties: { node: { $ref: '#/$defs/node' }, next: { allOf: [{ $ref: '#/$defs/node' }] } },
    $defs: { node: { type: 'object', properties: { name: { type: 'string', pattern: '(?=x)[(?=]' } } } },
  },
  { type: 'object', propertyNames: { pattern: '^a' }, additionalProperties: { type: 'string' } },
  {
    type: 'object',
    allOf: [{ $ref: '#/definitions/a' }],
    definitions: { a: { type: 'object', title: 'A' } },
  },
  { type: 'object', properties: { '': { type: 'string' } }, minProperties: 1, dependencies: { a: ['b'] } },
];
const parameters = fc.constantFrom({}, { type: 'object' }, { description: 'nothing' }, ...objects);
const responseSchema = fc.constantFrom(
  ...objects,
  { type: 'object' },
  { type: 'array', items: { type: 'string' } },
  { type: 'object', propertyNames: { type: 'integer' } },
);

const tools = fc.uniqueArray(
  fc.record(
    {
      name: fc.constantFrom('f', 'get_weather', 'json', 'response'),
      description: fc.constantFrom('Does f.', ''),
      parameters,
    },
    { requiredKeys: ['name', 'parameters'] },
  ),
  { selector: ({ name }) => name, maxLength: 3 },
);

/** A third of the time, undefined. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
/** Most of the time, undefined. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const effort = fc.constantFrom('default', 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max');

/** Calls of all kinds, in random conversations. Some of them a vendor has to refuse. */
export function plannedCalls(models: readonly string[]): fc.Arbitrary<ProviderCall> {
  return fc
    .record({
      model: fc.constantFrom(...models),
      messages: fc.array(message, { minLength: 1, maxLength: 6 }),
      temperature: rarely(fc.constantFrom(0, 0.5, 1, 1.5)),
      topP: rarely(fc.constantFrom(0.1, 0.9)),
      maxOutputTokens: rarely(fc.constantFrom(10, 1500, 5000, 200_000)),
      stop: rarely(fc.constantFrom([], ['end'], ['a', ' \n'])),
      seed: rarely(fc.constantFrom(0, 7)),
      tools: maybe(tools),
      toolChoice: rarely(fc.constantFrom('auto', 'none', 'required', 'f')),
      responseSchema: rarely(responseSchema),
      reasoningEffort: rarely(effort),
    })
    .map((call) => {
      const defined = Object.entries(call).filter(([, value]) => value !== undefined);
      return Object.fromEntries(defined) as unknown as ProviderCall;
    });
}
