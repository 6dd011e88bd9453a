import { addProvider, unique } from '#test/e2e/scenarios/setup.ts';
import { type AnswerChat, type ChatUpstream, openChatUpstream, sendChatText } from './chat-upstream.ts';
import type { MeshAddress } from './mesh.ts';
import {
  type AnswerMessages,
  type MessagesUpstream,
  openMessagesUpstream,
  sendBlocks,
} from './messages-upstream.ts';
import { findSharedMesh } from './shared-mesh.ts';

const claudeName = 'claude-haiku-4-5-test';
const chatName = 'any';

/** The ids of the AI models of a file. */
export interface MessagesModels {
  readonly claudeProvider: string;
  readonly claudeModel: string;
  readonly chatProvider: string;
  readonly chatModel: string;
}

/** Ids that no other file uses. */
export function nameMessagesModels(): MessagesModels {
  const [claudeProvider, chatProvider] = [unique('claude'), unique('chat')];
  return {
    claudeProvider,
    claudeModel: `${claudeProvider}/${claudeName}`,
    chatProvider,
    chatModel: `${chatProvider}/${chatName}`,
  };
}

/** The shared mesh with a Claude and an AI model of chat completions; a test sets what they answer. */
export interface MessagesMesh extends AsyncDisposable {
  readonly mesh: MeshAddress;
  readonly claude: MessagesUpstream;
  readonly chat: ChatUpstream;
  answerMessages: AnswerMessages;
  answerChat: AnswerChat;
  /** Both answer with a text again. */
  reset(): void;
}

export async function openMessagesMesh({
  claudeProvider,
  chatProvider,
}: MessagesModels): Promise<MessagesMesh> {
  await using opened = new AsyncDisposableStack();
  const answers: { messages: AnswerMessages; chat: AnswerChat } = {
    messages: answerText,
    chat: answerChatText,
  };
  const claude = opened.use(await openMessagesUpstream((...asked) => answers.messages(...asked)));
  const chat = opened.use(await openChatUpstream((...asked) => answers.chat(...asked)));
  const mesh = findSharedMesh();
  const toClaude = { id: claudeProvider, kind: 'ANTHROPIC', baseUrl: claude.url };
  await addProvider(() => mesh, toClaude, { name: claudeName });
  const toChat = { id: chatProvider, kind: 'OPENAI_COMPATIBLE', baseUrl: chat.url };
  await addProvider(() => mesh, toChat, { name: chatName });
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
