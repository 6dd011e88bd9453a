import { admin } from '#test/e2e/scenarios/setup.ts';
import { type AnswerChat, type ChatUpstream, openChatUpstream, sendChatText } from './chat-upstream.ts';
import { startOneProcess, type TestMesh } from './mesh.ts';
import {
  type AnswerMessages,
  type MessagesUpstream,
  openMessagesUpstream,
  sendBlocks,
} from './messages-upstream.ts';

export const claudeModel = 'anthropic/claude-haiku-4-5-test';
export const chatModel = 'openai-compatible/any';

/** A mesh with a Claude and an AI model of chat completions; a test sets what they answer. */
export interface MessagesMesh extends AsyncDisposable {
  readonly mesh: TestMesh;
  readonly claude: MessagesUpstream;
  readonly chat: ChatUpstream;
  answerMessages: AnswerMessages;
  answerChat: AnswerChat;
  /** Both answer with a text again. */
  reset(): void;
}

export async function openMessagesMesh(): Promise<MessagesMesh> {
  await using opened = new AsyncDisposableStack();
  const answers: { messages: AnswerMessages; chat: AnswerChat } = {
    messages: answerText,
    chat: answerChatText,
  };
  const claude = opened.use(await openMessagesUpstream((...asked) => answers.messages(...asked)));
  const chat = opened.use(await openChatUpstream((...asked) => answers.chat(...asked)));
  const mesh = opened.use(
    await startOneProcess({
      ANTHROPIC_BASE_URL: claude.url,
      ANTHROPIC_API_KEY: 'claude-key-0123456789',
      OPENAI_COMPATIBLE_BASE_URL: chat.url,
      OPENAI_COMPATIBLE_API_KEY: 'upstream-key-0123456789',
    }),
  );
  for (const [providerId, name] of [
    ['openai-compatible', 'any'],
    ['anthropic', 'claude-haiku-4-5-test'],
  ]) {
    await admin(() => mesh).data(
      'mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }',
      { input: { providerId, name } },
    );
  }
  const parts = opened.move();
  return {
    mesh,
    claude,
    chat,
    set answerMessages(answer: AnswerMessages) {
      answers.messages = answer;
    },
    get answerMessages() {
      return answers.messages;
    },
    set answerChat(answer: AnswerChat) {
      answers.chat = answer;
    },
    get answerChat() {
      return answers.chat;
    },
    reset() {
      answers.messages = answerText;
      answers.chat = answerChatText;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const answerText: AnswerMessages = (request, response) =>
  sendBlocks(request, response, [{ type: 'text', text: 'Hello you' }]);
const answerChatText: AnswerChat = (body, response) => sendChatText(body, response, 'Hello you');
