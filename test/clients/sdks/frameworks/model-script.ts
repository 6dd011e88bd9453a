import type { ServerResponse } from 'node:http';
import {
  type AnswerChat,
  type ChatUpstreamBody,
  sendChatCall,
  sendChatText,
  sendChoices,
} from '#test/support/chat-upstream.ts';
import {
  type AnswerMessages,
  type MessagesUpstreamRequest,
  sendBlocks,
} from '#test/support/messages-upstream.ts';

/**
 * One model behind two wires. It calls the tool `weather` for each of its cities, one a turn, and then states what it learned;
 * it calls any other tool once, with a city; it returns JSON where JSON is demanded, and a greeting otherwise.
 */
const cities = ['Bern', 'Basel'];
const object = { city: 'Bern' };
const greeting = 'Hello you';
const thought = 'They greet me.';
/**
 * A prompt that fails that often before it is answered. The answer to a prompt with `breaks off` is cut, and that with
 * `never ends` has no end.
 */
const failing = /fails (\d) times for [^"]*/;
const failed = new Map<string, number>();
const summarize = (results: readonly string[]) => `Weather: ${results.join(' ')}`;

type Step =
  | { readonly call: string; readonly id: string; readonly input: object }
  | { readonly text: string };

function decide(tools: readonly string[], results: readonly string[], wantsJson: boolean): Step {
  const [tool] = tools;
  if (tool === 'weather') {
    const city = cities[results.length];
    return city === undefined
      ? { text: summarize(results) }
      : { call: tool, id: `call_${results.length}`, input: { city } };
  }
  if (tool !== undefined && results.length === 0) return { call: tool, id: 'call_0', input: object };
  return { text: wantsJson ? JSON.stringify(object) : greeting };
}

export const answerChatAsScripted: AnswerChat = (body: ChatUpstreamBody, response: ServerResponse) => {
  const messages = JSON.stringify(body.messages);
  if (mustFail(messages)) return response.writeHead(503).end();
  if (messages.includes('breaks off') || messages.includes('never ends')) return begin(messages, response);
  const tools = (body.tools ?? []) as readonly { readonly function: { readonly name: string } }[];
  const results = body.messages.filter(({ role }) => role === 'tool').map(({ content }) => String(content));
  const step = decide(
    tools.map((tool) => tool.function.name),
    results,
    body.response_format !== undefined,
  );
  if ('call' in step) {
    return sendChatCall(body, response, step.id, step.call, JSON.stringify(step.input));
  }
  if (body.reasoning_effort === undefined) return sendChatText(body, response, step.text);
  return sendChoices(body, response, [{ message: { reasoning_content: thought, content: step.text } }]);
};

/** Begins an answer that is never whole. */
function begin(messages: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = { choices: [{ index: 0, delta: { content: 'Hel' } }] };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`, () => {
    if (messages.includes('breaks off')) response.destroy();
  });
}

function mustFail(messages: string): boolean {
  const [prompt, times] = failing.exec(messages) ?? [];
  if (prompt === undefined) return false;
  const count = (failed.get(prompt) ?? 0) + 1;
  failed.set(prompt, count);
  return count <= Number(times);
}

export const answerMessagesAsScripted: AnswerMessages = (
  request: MessagesUpstreamRequest,
  response: ServerResponse,
) => {
  const { body } = request;
  const tools = (body.tools ?? []) as readonly { readonly name: string }[];
  const blocks = body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  const results = blocks.filter(({ type }) => type === 'tool_result').map(readResult);
  const step = decide(
    tools.map(({ name }) => name),
    results,
    body.output_config !== undefined,
  );
  const thinking = { type: 'thinking', thinking: thought, signature: 'EqQB+/==' };
  const isThinking = (body.thinking as { readonly type?: string } | undefined)?.type === 'enabled';
  const before = isThinking ? [thinking] : [];
  if ('call' in step) {
    const call = { type: 'tool_use', id: step.id, name: step.call, input: step.input };
    return sendBlocks(request, response, [...before, call], 'tool_use');
  }
  return sendBlocks(request, response, [...before, { type: 'text', text: step.text }]);
};

/** The text of a tool result, which is a text or blocks. */
function readResult({ content }: { readonly content: unknown }): string {
  if (!Array.isArray(content)) return String(content);
  return content.map(({ text }: { readonly text?: string }) => text ?? '').join('');
}
