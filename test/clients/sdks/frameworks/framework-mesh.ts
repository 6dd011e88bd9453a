import { admin, newTenant, unique } from '#test/e2e/scenarios/setup.ts';
import { type AnswerChat, type ChatUpstream, openChatUpstream } from '#test/support/chat-upstream.ts';
import type { TestClient } from '#test/support/client.ts';
import { startOneProcess, type TestMesh } from '#test/support/mesh.ts';
import {
  type AnswerMessages,
  type MessagesUpstream,
  openMessagesUpstream,
} from '#test/support/messages-upstream.ts';
import { answerChatAsScripted, answerMessagesAsScripted } from './model-script.ts';

export const demoModel = 'demo/echo';
export const chatModel = 'openai-compatible/any';
export const claudeModel = 'anthropic/claude-haiku-4-5-test';

/** Names that clients take for reasoning models of OpenAI, and the models that they stand for. */
export const reasoningAliases: Readonly<Record<string, string>> = {
  [chatModel]: 'gpt-5-any',
  [claudeModel]: 'gpt-5-claude',
};

/** How the upstreams answer; a test may replace it. */
export interface UpstreamScript {
  chat: AnswerChat;
  messages: AnswerMessages;
}

/** A mesh with a chat completions model and a Claude, and a tenant that calls them. */
export interface FrameworkMesh extends AsyncDisposable {
  readonly mesh: TestMesh;
  readonly client: TestClient;
  readonly chat: ChatUpstream;
  readonly claude: MessagesUpstream;
  readonly script: UpstreamScript;
  /** A model like the given one, at a provider of its own: failures of others do not open its circuit. */
  addModelLike(model: string): Promise<string>;
  /** Lets the upstreams answer as the scripted model again. */
  reset(): void;
}

const price = { input: '1000', output: '1000' };

export async function startFrameworkMesh(): Promise<FrameworkMesh> {
  const stack = new AsyncDisposableStack();
  const script: UpstreamScript = { chat: answerChatAsScripted, messages: answerMessagesAsScripted };
  const claude = stack.use(await openMessagesUpstream((...call) => script.messages(...call)));
  const chat = stack.use(await openChatUpstream((...call) => script.chat(...call)));
  const mesh = stack.use(
    await startOneProcess({
      ANTHROPIC_BASE_URL: claude.url,
      ANTHROPIC_API_KEY: 'claude-key-0123456789',
      OPENAI_COMPATIBLE_BASE_URL: chat.url,
      OPENAI_COMPATIBLE_API_KEY: 'upstream-key-0123456789',
    }),
  );
  for (const model of [chatModel, claudeModel]) {
    const [providerId, name] = model.split('/');
    await admin(() => mesh).data(
      'mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }',
      { input: { providerId, name, price } },
    );
  }
  const { client } = await newTenant(() => mesh);
  for (const [target, name] of Object.entries(reasoningAliases)) {
    await client.data('mutation ($input: ModelAliasInput!) { saveModelAlias(input: $input) { name } }', {
      input: { name, target },
    });
  }
  return {
    mesh,
    client,
    chat,
    claude,
    script,
    async addModelLike(model) {
      const own = { id: unique('own'), apiKey: 'own-key-0123456789' };
      const provider =
        model === chatModel
          ? { ...own, kind: 'OPENAI_COMPATIBLE', baseUrl: chat.url }
          : { ...own, kind: 'ANTHROPIC', baseUrl: claude.url };
      const root = admin(() => mesh);
      await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
        input: provider,
      });
      const { createModel } = await root.data<{ createModel: { id: string } }>(
        'mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }',
        { input: { providerId: own.id, name: 'any', price } },
      );
      return createModel.id;
    },
    reset() {
      script.chat = answerChatAsScripted;
      script.messages = answerMessagesAsScripted;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
