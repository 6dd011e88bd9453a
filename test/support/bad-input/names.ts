type NameCase = readonly [
  what: string,
  dialect: 'chat' | 'responses',
  body: Readonly<Record<string, unknown>>,
  param: string,
  message: RegExp,
];

/** What OpenAI's dialects state of a schema, longer than it may be. */
const tooLongOfSchemas: readonly NameCase[] = (
  [
    ['name', 129, /printable/],
    ['description', 16_385, /16384/],
  ] as const
).flatMap(([field, length, message]) => {
  const what = `a ${field} of a schema that is too long`;
  const stated = { schema: { type: 'object' }, [field]: 'a'.repeat(length) };
  const format = { type: 'json_schema', json_schema: stated };
  const at = `json_schema.${field}`;
  return [
    [what, 'chat', { response_format: format }, `response_format.${at}`, message],
    [
      what,
      'responses',
      { text: { format: { type: 'json_schema', ...stated } } },
      `text.format.${field}`,
      message,
    ],
  ] satisfies NameCase[];
});

/** Wrong names of participants and of schemas. */
export const wrongNames: readonly NameCase[] = [
  [
    'a name with a line break',
    'chat',
    { messages: [{ role: 'user', content: 'x', name: 'a\nb' }] },
    'messages[0].name',
    /printable/,
  ],
  ...tooLongOfSchemas,
];
