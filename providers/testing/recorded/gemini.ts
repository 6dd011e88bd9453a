import { sse } from '../wire-server.ts';
import { type Recorded, record, structured } from './recording.ts';

const gemini = (parts: readonly object[], more: object = {}, usageMetadata: object = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
  usageMetadata: {
    promptTokenCount: 11,
    candidatesTokenCount: 5,
    totalTokenCount: 16,
    ...usageMetadata,
  },
  modelVersion: 'gemini',
  responseId: 'r1',
});
const call = (name: string, args?: object) => ({
  functionCall: { name, ...(args ? { args } : {}) },
  thoughtSignature: 'CiQB',
});

const streams: Readonly<Record<string, string>> = {
  'a text': sse(
    gemini([{ text: 'Grüße, ' }]),
    gemini([{ text: '世界 🙂' }]),
    gemini([{ text: '' }], { finishReason: 'STOP' }),
  ),
  'thoughts, a signature and cached input': sse(
    gemini([{ text: 'Let me see.', thought: true }], {}, { thoughtsTokenCount: 20 }),
    gemini([{ text: 'Yes.', thoughtSignature: 'CiQB' }]),
    gemini(
      [{ text: '', thoughtSignature: 'CiQC' }],
      { finishReason: 'STOP' },
      { thoughtsTokenCount: 30, cachedContentTokenCount: 8, toolUsePromptTokenCount: 4 },
    ),
  ),
  calls: sse(
    gemini([{ text: 'Okay.' }, call('get_weather', { city: 'Köln' })]),
    gemini([call('get_weather')], { finishReason: 'STOP' }),
  ),
  ...Object.fromEntries(
    ['MAX_TOKENS', 'SAFETY', 'RECITATION', 'PROHIBITED_CONTENT', 'SPII', 'BLOCKLIST', 'OTHER', 'NOVEL'].map(
      (reason) => [
        `the finish reason ${reason}`,
        sse(gemini([{ text: 'Hi' }]), gemini([], { finishReason: reason })),
      ],
    ),
  ),
  'a broken call': sse(gemini([{ text: 'Hi' }]), gemini([], { finishReason: 'MALFORMED_FUNCTION_CALL' })),
  'safety before the first word': sse({
    candidates: [{ index: 0, finishReason: 'SAFETY' }],
    usageMetadata: { promptTokenCount: 11, totalTokenCount: 11 },
  }),
  'a prompt that is blocked': sse({
    promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
    usageMetadata: { promptTokenCount: 11, totalTokenCount: 11 },
  }),
  'an error in the middle': sse(gemini([{ text: 'Hi' }]), {
    error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' },
  }),
  'an exhausted quota in the middle': sse(gemini([{ text: 'Hi' }]), {
    error: { code: 429, message: 'Resource has been exhausted.', status: 'RESOURCE_EXHAUSTED' },
  }),
  'counts after the finish reason': sse(gemini([{ text: 'Hi' }], { finishReason: 'STOP' }), {
    usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 6, totalTokenCount: 18 },
  }),
  'code that Google ran': sse(
    gemini([
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      { text: 'One.' },
    ]),
    gemini([], { finishReason: 'STOP' }),
  ),
};

/** Streamed answers of Gemini. */
export const geminiStreams: readonly Recorded[] = [
  ...record('GOOGLE', 'gemini-2.5-flash', streams),
  {
    name: 'an answer through a tool of the SDK',
    kind: 'GOOGLE',
    model: 'gemini-2.5-flash',
    call: structured,
    body: sse(
      gemini([{ text: 'Here you are.' }]),
      gemini([call('json', { city: 'Köln' })], { finishReason: 'STOP' }),
    ),
  },
  {
    name: 'a tool of the caller where an answer was requested',
    kind: 'GOOGLE',
    model: 'gemini-2.5-flash',
    call: structured,
    body: sse(gemini([call('get_weather', { city: 'Köln' })], { finishReason: 'STOP' })),
  },
];

/** Whole answers of Gemini. */
export const geminiAnswers: readonly Recorded[] = [
  ...record('GOOGLE', 'gemini-2.5-flash', {
    'a text': JSON.stringify(gemini([{ text: 'Grüße, ' }, { text: '世界 🙂' }], { finishReason: 'STOP' })),
    'thoughts and calls': JSON.stringify(
      gemini(
        [
          { text: 'Hm.', thought: true },
          { text: 'Okay.' },
          call('get_weather', { city: 'Köln' }),
          call('get_weather'),
        ],
        { finishReason: 'STOP' },
        { thoughtsTokenCount: 30, cachedContentTokenCount: 8, toolUsePromptTokenCount: 4 },
      ),
    ),
    'safety before the first word': JSON.stringify({
      candidates: [{ index: 0, finishReason: 'SAFETY' }],
      usageMetadata: { promptTokenCount: 11 },
    }),
    'a prompt that is blocked': JSON.stringify({
      promptFeedback: { blockReason: 'SAFETY' },
      usageMetadata: { promptTokenCount: 11 },
    }),
    'a broken call': JSON.stringify(gemini([], { finishReason: 'MALFORMED_FUNCTION_CALL' })),
  }),
  {
    name: 'an answer through a tool of the SDK',
    kind: 'GOOGLE',
    model: 'gemini-2.5-flash',
    call: structured,
    body: JSON.stringify(
      gemini([{ text: 'Here you are.' }, call('json', { city: 'Köln' })], { finishReason: 'STOP' }),
    ),
  },
];
