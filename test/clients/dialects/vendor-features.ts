import { type Feature, has } from './feature.ts';
import type { Asks } from './feature-asks.ts';

const tool = { type: 'mcp', server_label: 'TOOL-1', server_url: 'https://mcp.example.com/mcp' };
const ran: Asks = { responses: { tools: [tool] }, GraphQL: { providerTools: { responses: [tool] } } };
const toItemAsks = (...items: readonly object[]): Asks => ({
  responses: { input: [{ role: 'user', content: 'Look.' }, ...items, { role: 'user', content: 'Go on.' }] },
  GraphQL: {
    messages: [
      { role: 'USER', content: 'Look.' },
      {
        role: 'ASSISTANT',
        parts: items.map((item) => ({ text: '', providerOptions: { responses: item } })),
      },
      { role: 'USER', content: 'Go on.' },
    ],
  },
});
const choice = { type: 'mcp', server_label: 'CHOICE-1' };

/** What tools are given and answer that OpenAI runs itself, or that its clients run for it. */
export const vendorFeatures: readonly Feature[] = [
  { name: 'tools of OpenAI', asks: ran, sent: ['TOOL-1'] },
  {
    name: 'the choice of such a tool',
    asks: {
      responses: { ...ran.responses, tool_choice: choice },
      GraphQL: { ...ran.GraphQL, providerToolChoice: { responses: choice } },
    },
    sent: ['CHOICE-1'],
  },
  {
    name: 'what an answer includes of such tools',
    asks: {
      responses: { include: ['file_search_call.results'] },
      GraphQL: { providerOptions: { responses: { include: ['file_search_call.results'] } } },
    },
    sent: ['file_search_call.results'],
  },
  {
    name: 'calls of such tools sent back',
    asks: toItemAsks({ type: 'mcp_call', id: 'mcp_1', name: 'search', arguments: '{}', output: 'OUTPUT-1' }),
    sent: ['OUTPUT-1'],
  },
  {
    name: 'approvals, and results of such tools',
    asks: toItemAsks(
      { type: 'mcp_approval_request', id: 'APPROVAL-1', name: 'search', arguments: '{}' },
      { type: 'mcp_approval_response', approval_request_id: 'APPROVAL-1', approve: true },
      { type: 'shell_call_output', call_id: 'call_1', output: [{ stdout: 'RESULT-1' }] },
    ),
    sent: ['APPROVAL-1', 'RESULT-1'],
  },
  {
    name: 'calls of such tools in the answer',
    asks: { responses: {}, GraphQL: {} },
    answer: { vendorItem: 'ANSWER-1', texts: ['Hello'] },
    needs: 'vendorItems',
    received: has('ANSWER-1', 'mcp_call', 'Hello'),
  },
  {
    name: 'IDs and statuses of earlier messages',
    asks: toItemAsks({
      ...{ type: 'message', id: 'msg_ID-1', status: 'incomplete', role: 'assistant' },
      content: [{ type: 'output_text', text: 'I look.', annotations: [] }],
    }),
    sent: ['msg_ID-1', 'incomplete'],
  },
  {
    name: 'phases of messages',
    asks: {
      responses: {
        input: [
          { role: 'user', content: 'Look.' },
          { role: 'assistant', phase: 'commentary', content: 'I look.' },
          { role: 'user', content: 'Go on.' },
        ],
      },
      GraphQL: {
        messages: [
          { role: 'USER', content: 'Look.' },
          {
            role: 'ASSISTANT',
            parts: [{ text: 'I look.', providerOptions: { responses: { phase: 'commentary' } } }],
          },
          { role: 'USER', content: 'Go on.' },
        ],
      },
    },
    sent: ['commentary'],
  },
];
