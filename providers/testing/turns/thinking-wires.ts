import type { ProviderKind } from '../../provider.ts';
import type { Fields } from '../../wires/shared/fields.ts';

/** A wire whose vendor signs or encrypts its reasoning, or demands it back. */
export interface ThinkingWire {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  /** An answer that thinks, and calls the tool `f`. */
  readonly called: object;
  /** What the answer is as events; null: whole answers stand for them. */
  readonly events: readonly object[] | null;
  /** The proof of the reasoning, as it stands in the answer. */
  readonly proof: string;
  /** The messages of a request, in which the proof goes back. */
  readonly sent: (body: Fields) => unknown;
}

export const thinkingWires: readonly ThinkingWire[] = [
  {
    name: 'Anthropic, signed',
    kind: 'ANTHROPIC',
    model: 'claude-sonnet-4-5',
    called: {
      content: [
        { type: 'thinking', thinking: 'Let me see.', signature: 'sig-claude' },
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 2 },
    },
    events: [
      { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Let me ' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'see.' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig-claude' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
      },
      {
        type: 'content_block_delta',
        index: 1,
        delta: { type: 'input_json_delta', partial_json: '{"a":1}' },
      },
      { type: 'content_block_stop', index: 1 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ],
    proof: 'sig-claude',
    sent: ({ messages }) => messages,
  },
  {
    name: 'Anthropic, redacted',
    kind: 'ANTHROPIC',
    model: 'claude-sonnet-4-5',
    called: {
      content: [
        { type: 'redacted_thinking', data: 'sealed-claude' },
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 2 },
    },
    events: null,
    proof: 'sealed-claude',
    sent: ({ messages }) => messages,
  },
  {
    name: 'OpenAI, encrypted',
    kind: 'OPENAI',
    model: 'gpt-5-mini',
    called: {
      status: 'completed',
      output: [
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'Let me see.' }],
          encrypted_content: 'sealed-openai',
        },
        { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"a":1}' },
      ],
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    },
    events: null,
    proof: 'sealed-openai',
    sent: ({ input }) => input,
  },
  {
    name: 'Gemini, signed calls',
    kind: 'GOOGLE',
    model: 'gemini-3-pro-preview',
    called: {
      candidates: [
        {
          content: {
            parts: [
              { text: 'Let me see.', thought: true },
              { functionCall: { id: 'g1', name: 'f', args: { a: 1 } }, thoughtSignature: 'sig-gemini' },
            ],
          },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
    },
    events: null,
    proof: 'sig-gemini',
    sent: ({ contents }) => contents,
  },
  {
    name: 'Vertex, signed calls without ids',
    kind: 'VERTEX',
    model: 'gemini-3-pro-preview',
    called: {
      candidates: [
        {
          content: {
            parts: [{ functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'sig-vertex' }],
          },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
    },
    events: null,
    proof: 'sig-vertex',
    sent: ({ contents }) => contents,
  },
  {
    name: 'Bedrock, signed',
    kind: 'BEDROCK',
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    called: {
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Let me see.', signature: 'sig-bedrock' } } },
            { toolUse: { toolUseId: 'tooluse_1', name: 'f', input: { a: 1 } } },
          ],
        },
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
    },
    events: null,
    proof: 'sig-bedrock',
    sent: ({ messages }) => messages,
  },
  {
    name: 'DeepSeek, in the open',
    kind: 'DEEPSEEK',
    model: 'deepseek-reasoner',
    called: {
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            reasoning_content: 'The open reasoning.',
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
          },
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    },
    events: null,
    proof: 'The open reasoning.',
    sent: ({ messages }) => messages,
  },
];
