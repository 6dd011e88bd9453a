import type { ServerResponse } from 'node:http';
import {
  type ChatUpstream,
  type ChatUpstreamBody,
  openChatUpstream,
  sendChatCall,
} from '#test/support/chat-upstream.ts';

/** What the AI model answers. */
export interface ModelAnswer {
  readonly text?: string;
  readonly toolCall?: { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> };
}

/** A provider whose AI model does what attacks want of it. */
export interface ObeyingProvider extends AsyncDisposable {
  /** The base URL of its chat completions. */
  readonly url: string;
  /** What its next answers are. */
  answer: ModelAnswer;
  /** The requests since the last call of this. */
  takeReceived(): readonly ChatUpstreamBody[];
}

/** Characters of a text in one event of a stream: what is looked for begins and ends anywhere. */
const pieceChars = 7;
const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };

/** Listens on a free port of the loopback interface. */
export async function openObeyingProvider(): Promise<ObeyingProvider> {
  let answer: ModelAnswer = { text: '' };
  let taken = 0;
  const upstream: ChatUpstream = await openChatUpstream((body, response) => send(answer, body, response));
  return {
    url: upstream.url,
    get answer() {
      return answer;
    },
    set answer(next) {
      answer = next;
    },
    takeReceived() {
      const received = upstream.bodies.slice(taken);
      taken = upstream.bodies.length;
      return received;
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}

function send({ text = '', toolCall }: ModelAnswer, body: ChatUpstreamBody, response: ServerResponse): void {
  if ('input' in body) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data: [{ index: 0, embedding: [1, 0] }], usage }));
  } else if (toolCall !== undefined) {
    sendChatCall(body, response, 'call_1', toolCall.name, JSON.stringify(toolCall.arguments));
  } else if (body.stream === true) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let from = 0; from < text.length; from += pieceChars) {
      const delta = { content: text.slice(from, from + pieceChars) };
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`);
    }
    response.write(
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`,
    );
    response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
  } else {
    const message = { role: 'assistant', content: text };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage }));
  }
}
