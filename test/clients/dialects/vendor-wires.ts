import { frame as toAwsFrame, frames as toAwsFrames } from '#providers/testing/answer-wires/aws-frames.ts';
import {
  counts,
  isStreamedByField,
  toEvents,
  toNamedEvents,
  type UpstreamAnswer,
  type UpstreamWire,
} from './upstream-wire.ts';

const parse = (pieces: readonly string[]): unknown => JSON.parse(pieces.join('') || '{}');

const uncached = counts.input - counts.cached - counts.cacheWrite;
const messagesUsage = {
  input_tokens: uncached,
  cache_read_input_tokens: counts.cached,
  cache_creation_input_tokens: counts.cacheWrite,
  output_tokens: counts.output,
  service_tier: 'priority',
};
const toClaudeCitation = (url: string) => ({
  type: 'web_search_result_location',
  url,
  title: 'Source',
  cited_text: 'x',
  encrypted_index: 'e',
});
const findMessagesEnd = ({ calls, isCutByLength, refusal }: UpstreamAnswer) =>
  refusal ? 'refusal' : isCutByLength ? 'max_tokens' : calls ? 'tool_use' : 'end_turn';

function toBlocks({ reasoning, signature = '', texts, citation, calls }: UpstreamAnswer) {
  return [
    ...(reasoning ? [{ type: 'thinking' as const, thinking: reasoning, signature }] : []),
    ...(texts
      ? [
          {
            type: 'text' as const,
            text: texts.join(''),
            ...(citation ? { citations: [toClaudeCitation(citation)] } : {}),
          },
        ]
      : []),
    ...(calls ?? []).map(({ id, name, arguments: given }) => ({
      type: 'tool_use' as const,
      id,
      name,
      input: parse(given),
    })),
  ];
}

function toBlockEvents(block: ReturnType<typeof toBlocks>[number], index: number, answer: UpstreamAnswer) {
  const start = (content_block: object) => ({ type: 'content_block_start', index, content_block });
  const delta = (received: object) => ({ type: 'content_block_delta', index, delta: received });
  const stop = { type: 'content_block_stop', index };
  switch (block.type) {
    case 'thinking':
      return [
        start({ type: 'thinking', thinking: '', signature: '' }),
        delta({ type: 'thinking_delta', thinking: block.thinking }),
        ...(block.signature ? [delta({ type: 'signature_delta', signature: block.signature })] : []),
        stop,
      ];
    case 'text':
      return [
        start({ type: 'text', text: '' }),
        ...(answer.texts ?? []).map((text) => delta({ type: 'text_delta', text })),
        ...(block.citations ?? []).map((citation) => delta({ type: 'citations_delta', citation })),
        stop,
      ];
    case 'tool_use': {
      const call = (answer.calls ?? []).find(({ id }) => id === block.id);
      return [
        start({ ...block, input: {} }),
        ...(call?.arguments ?? []).map((partial_json) => delta({ type: 'input_json_delta', partial_json })),
        stop,
      ];
    }
  }
}

const messages: UpstreamWire = {
  name: 'messages',
  kind: 'ANTHROPIC',
  model: 'claude-sonnet-4-5',
  path: '/v1',
  aspects: new Set(['reasoning', 'signature', 'calls', 'citations', 'cached', 'cacheWrite']),
  made: Object.fromEntries(
    ['chat completions', 'responses', 'messages'].map((name) => [name, ['"service_tier":"priority"']]),
  ),
  contentType: 'text/event-stream',
  isStreamed: isStreamedByField,
  whole: (answer) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: toBlocks(answer),
    stop_reason: findMessagesEnd(answer),
    usage: messagesUsage,
  }),
  frames: (answer) =>
    toNamedEvents(
      {
        type: 'message_start',
        ...{
          message: {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            content: [],
            usage: { ...messagesUsage, output_tokens: 1 },
          },
        },
      },
      ...toBlocks(answer).flatMap((block, at) => toBlockEvents(block, at, answer)),
      {
        type: 'message_delta',
        ...{ delta: { stop_reason: findMessagesEnd(answer) }, usage: { output_tokens: counts.output } },
      },
      { type: 'message_stop' },
    ),
  brokenFrame: `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })}\n\n`,
};

const geminiUsage = {
  promptTokenCount: counts.input,
  candidatesTokenCount: counts.output - counts.reasoning,
  thoughtsTokenCount: counts.reasoning,
  cachedContentTokenCount: counts.cached,
  totalTokenCount: counts.input + counts.output,
};

function toParts({ reasoning, texts, calls, signature }: UpstreamAnswer): readonly object[] {
  return [
    ...(reasoning ? [{ text: reasoning, thought: true }] : []),
    ...(texts ?? []).map((text, at) => ({
      text,
      ...(signature && !calls && at === 0 ? { thoughtSignature: signature } : {}),
    })),
    ...(calls ?? []).map(({ id, name, arguments: given }, at) => ({
      functionCall: { id, name, args: parse(given) },
      ...(signature && at === 0 ? { thoughtSignature: signature } : {}),
    })),
  ];
}

const toCandidate = (parts: readonly object[], more: object = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
  usageMetadata: geminiUsage,
});
const endCandidate = ({ isCutByLength, refusal, citation, logprob }: UpstreamAnswer) => ({
  finishReason: refusal ? 'SAFETY' : isCutByLength ? 'MAX_TOKENS' : 'STOP',
  ...(citation
    ? { groundingMetadata: { groundingChunks: [{ web: { uri: citation, title: 'Source' } }] } }
    : {}),
  ...(logprob
    ? { logprobsResult: { chosenCandidates: [{ token: logprob, logProbability: -0.5 }], topCandidates: [] } }
    : {}),
});

const gemini: UpstreamWire = {
  name: 'Gemini',
  kind: 'GOOGLE',
  model: 'gemini-3-pro-preview',
  path: '/v1beta',
  aspects: new Set(['reasoning', 'signature', 'calls', 'citations', 'logprobs', 'cached', 'reasoningTokens']),
  contentType: 'text/event-stream',
  isStreamed: ({ path }) => path.includes(':streamGenerateContent'),
  whole: (answer) => toCandidate(toParts(answer), endCandidate(answer)),
  frames: (answer) =>
    toEvents(...toParts(answer).map((part) => toCandidate([part])), toCandidate([], endCandidate(answer))),
  brokenFrame: `data: ${JSON.stringify({ error: { code: 503, message: 'Overloaded.', status: 'UNAVAILABLE' } })}\n\n`,
};

const cohereUsage = {
  billed_units: { input_tokens: counts.input, output_tokens: counts.output },
  tokens: { input_tokens: counts.input, output_tokens: counts.output },
};
const toCohereCitation = (url: string) => ({
  start: 0,
  end: 1,
  text: 'x',
  sources: [{ type: 'document', id: url, document: { url } }],
});
const findCohereEnd = ({ calls, isCutByLength }: UpstreamAnswer) =>
  isCutByLength ? 'MAX_TOKENS' : calls ? 'TOOL_CALL' : 'COMPLETE';

const cohere: UpstreamWire = {
  name: 'Cohere',
  kind: 'COHERE',
  model: 'command-a-vision-07-2025',
  path: '/v2',
  aspects: new Set(['reasoning', 'calls', 'citations', 'logprobs']),
  contentType: 'text/event-stream',
  isStreamed: isStreamedByField,
  whole: ({ texts, reasoning, calls, citation, logprob, ...answer }) => ({
    id: 'c1',
    message: {
      role: 'assistant',
      content: [
        ...(reasoning ? [{ type: 'thinking', thinking: reasoning }] : []),
        ...(texts ? [{ type: 'text', text: texts.join('') }] : []),
      ],
      ...(citation ? { citations: [toCohereCitation(citation)] } : {}),
      ...(calls
        ? {
            tool_calls: calls.map(({ id, name, arguments: given }) => ({
              id,
              type: 'function',
              function: { name, arguments: given.join('') },
            })),
          }
        : {}),
    },
    ...(logprob ? { logprobs: [{ text: logprob, token_ids: [1], logprobs: [-0.5] }] } : {}),
    finish_reason: findCohereEnd({ ...answer, ...(calls ? { calls } : {}) }),
    usage: cohereUsage,
  }),
  frames: (answer) => {
    const toDelta = (type: string, index: number, message: object, more: object = {}) => ({
      type,
      index,
      delta: { message },
      ...more,
    });
    const { reasoning, texts = [], calls = [], citation, logprob } = answer;
    const logprobs = logprob ? { logprobs: { text: logprob, token_ids: [1], logprobs: [-0.5] } } : {};
    return toNamedEvents(
      { type: 'message-start', ...{ delta: { message: { role: 'assistant', content: [] } } } },
      ...(reasoning ? [toDelta('content-delta', 0, { content: { thinking: reasoning } })] : []),
      ...texts.map((text) => toDelta('content-delta', 1, { content: { text } }, logprobs)),
      ...(citation ? [toDelta('citation-start', 0, { citations: toCohereCitation(citation) })] : []),
      ...calls.flatMap(({ id, name, arguments: given }, index) => [
        toDelta('tool-call-start', index, {
          tool_calls: { id, type: 'function', function: { name, arguments: '' } },
        }),
        ...given.map((piece) =>
          toDelta('tool-call-delta', index, { tool_calls: { function: { arguments: piece } } }),
        ),
        { type: 'tool-call-end', index },
      ]),
      {
        type: 'message-end',
        ...{ delta: { finish_reason: findCohereEnd(answer), usage: cohereUsage } },
      },
    );
  },
  brokenFrame: toNamedEvents({
    type: 'message-end',
    ...{ delta: { finish_reason: 'ERROR', error: 'Broken.' } },
  }).join(''),
};

const converseUsage = {
  inputTokens: uncached,
  outputTokens: counts.output,
  totalTokens: counts.input + counts.output,
  cacheReadInputTokens: counts.cached,
  cacheWriteInputTokens: counts.cacheWrite,
};
const findConverseEnd = ({ calls, isCutByLength, refusal }: UpstreamAnswer) =>
  refusal ? 'content_filtered' : isCutByLength ? 'max_tokens' : calls ? 'tool_use' : 'end_turn';

const bedrock: UpstreamWire = {
  name: 'Bedrock',
  kind: 'BEDROCK',
  model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  path: '',
  aspects: new Set(['reasoning', 'signature', 'calls', 'citations', 'cached', 'cacheWrite']),
  contentType: 'application/vnd.amazon.eventstream',
  isStreamed: ({ path }) => path.endsWith('/converse-stream'),
  whole: (answer) => ({
    output: {
      message: {
        role: 'assistant',
        content: [
          ...(answer.reasoning
            ? [
                {
                  reasoningContent: {
                    reasoningText: { text: answer.reasoning, signature: answer.signature },
                  },
                },
              ]
            : []),
          ...(answer.texts
            ? [
                answer.citation
                  ? {
                      citationsContent: {
                        content: [{ text: answer.texts.join('') }],
                        citations: [{ title: 'Source', location: { web: { url: answer.citation } } }],
                      },
                    }
                  : { text: answer.texts.join('') },
              ]
            : []),
          ...(answer.calls ?? []).map(({ id, name, arguments: given }) => ({
            toolUse: { toolUseId: id, name, input: parse(given) },
          })),
        ],
      },
    },
    stopReason: findConverseEnd(answer),
    usage: converseUsage,
    metrics: { latencyMs: 1 },
  }),
  frames: (answer) => {
    const { reasoning, signature, texts, citation, calls = [] } = answer;
    const delta = (contentBlockIndex: number, received: object) => ({
      contentBlockDelta: { contentBlockIndex, delta: received },
    });
    const stop = (contentBlockIndex: number) => ({ contentBlockStop: { contentBlockIndex } });
    const events: readonly Readonly<Record<string, object>>[] = [
      { messageStart: { role: 'assistant' } },
      ...(reasoning
        ? [
            delta(0, { reasoningContent: { text: reasoning } }),
            ...(signature ? [delta(0, { reasoningContent: { signature } })] : []),
            stop(0),
          ]
        : []),
      ...(texts
        ? [
            ...texts.map((text) => delta(1, { text })),
            ...(citation
              ? [delta(1, { citation: { title: 'Source', location: { web: { url: citation } } } })]
              : []),
            stop(1),
          ]
        : []),
      ...calls.flatMap(({ id, name, arguments: given }, at) => [
        {
          contentBlockStart: { contentBlockIndex: at + 2, start: { toolUse: { toolUseId: id, name } } },
        },
        ...given.map((input) => delta(at + 2, { toolUse: { input } })),
        stop(at + 2),
      ]),
      { messageStop: { stopReason: findConverseEnd(answer) } },
      { metadata: { usage: converseUsage, metrics: { latencyMs: 1 } } },
    ];
    return events.map((event) => toAwsFrames(event));
  },
  brokenFrame: toAwsFrame(
    { ':message-type': 'exception', ':exception-type': 'internalServerException' },
    JSON.stringify({ message: 'Broken.' }),
  ),
};

/** The wire formats that are no vendor's but their own. */
export const vendorWires: readonly UpstreamWire[] = [messages, gemini, cohere, bedrock];
