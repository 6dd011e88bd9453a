/** How a client is set up to call the mesh. */
export interface ClientSetup {
  readonly client: string;
  /** The language of the lines, as Markdown names it. */
  readonly language: 'js' | 'python' | 'sh' | 'text' | 'toml' | 'yaml';
  /** Where the lines belong. */
  readonly place: string;
  readonly lines: string;
  /** What else the client requires, in sentences; absent where the lines suffice. */
  readonly note?: string;
}

/** The address in the lines; the page replaces it by its own. */
export const exampleOrigin = 'http://127.0.0.1:4000';

/** Written apart in the lines, so that what looks for the imports of this file finds none in them. */
const from = 'from';

/** The only list of clients: the page at / and docs/clients.md have these lines. `HEDDLE_KEY` has an API key. */
export const clientSetups: readonly ClientSetup[] = [
  {
    client: 'Claude Code',
    language: 'sh',
    place: 'Variables of the shell that starts it, or `env` in ~/.claude/settings.json',
    lines: `export ANTHROPIC_BASE_URL=${exampleOrigin}
export ANTHROPIC_AUTH_TOKEN=$HEDDLE_KEY
export ANTHROPIC_MODEL=demo/echo
export ANTHROPIC_DEFAULT_HAIKU_MODEL=demo/echo`,
    note: 'Unset `ANTHROPIC_API_KEY`. The last line names the AI model of background tasks; `ANTHROPIC_DEFAULT_SONNET_MODEL` and `ANTHROPIC_DEFAULT_OPUS_MODEL` set what `/model sonnet` and `/model opus` select. `CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY=1` adds what the key may call under a name with `claude` in it to `/model`. `/status` shows the base URL in use.',
  },
  {
    client: 'Codex',
    language: 'toml',
    place: '~/.codex/config.toml',
    lines: `model = "demo/echo"
model_provider = "heddle"

[model_providers.heddle]
name = "Heddle"
base_url = "${exampleOrigin}/v1"
env_key = "HEDDLE_KEY"
wire_api = "responses"`,
    note: 'Codex reads the file when it starts, and the key from the variable that `env_key` names. A `.codex/config.toml` in a project cannot set `model_provider`.',
  },
  {
    client: 'Cursor',
    language: 'text',
    place:
      'Cursor Settings, Models, API Keys: the key as OpenAI API Key, and this address as Override OpenAI Base URL',
    lines: `${exampleOrigin}/v1`,
    note: 'Then Add Custom Model with a name that `/v1/models` lists. Cursor sends the calls from its own servers, so the address must be public, over HTTPS. While the override is on, it holds for all OpenAI models of Cursor.',
  },
  {
    client: 'Open WebUI',
    language: 'sh',
    place: 'Variables of its process',
    lines: `export OPENAI_API_BASE_URL=${exampleOrigin}/v1
export OPENAI_API_KEY=$HEDDLE_KEY`,
    note: 'They are read at its first start and stored; later, change the connection in its Admin Settings, Connections. From a container, 127.0.0.1 is the container itself: name the host.',
  },
  {
    client: 'LangChain',
    language: 'python',
    place: 'Python, package langchain-openai',
    lines: `import os
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="demo/echo", base_url="${exampleOrigin}/v1", api_key=os.environ["HEDDLE_KEY"])
print(model.invoke("Hello").content)`,
  },
  {
    client: 'LlamaIndex',
    language: 'python',
    place: 'Python, package llama-index-llms-openai-like',
    lines: `import os
from llama_index.llms.openai_like import OpenAILike

model = OpenAILike(
    model="demo/echo",
    api_base="${exampleOrigin}/v1",
    api_key=os.environ["HEDDLE_KEY"],
    is_chat_model=True,
    context_window=128000,
)
print(model.complete("Hello"))`,
    note: 'Set `context_window` to that of the AI model, and `is_function_calling_model=True` for agents with tools.',
  },
  {
    client: 'Continue',
    language: 'yaml',
    place: '~/.continue/config.yaml',
    lines: `name: Heddle
version: 1.0.0
schema: v1
models:
  - name: Heddle
    provider: openai
    model: demo/echo
    apiBase: ${exampleOrigin}/v1
    apiKey: \${{ secrets.HEDDLE_KEY }}`,
    note: 'The secret is a line `HEDDLE_KEY=hd_…` in ~/.continue/.env.',
  },
  {
    client: 'OpenAI SDK',
    language: 'js',
    place: 'Node.js, package openai; in Python `OpenAI(base_url=…, api_key=…)`',
    lines: `import OpenAI ${from} 'openai';

const openai = new OpenAI({ baseURL: '${exampleOrigin}/v1', apiKey: process.env.HEDDLE_KEY });
const response = await openai.responses.create({ model: 'demo/echo', input: 'Hello' });
console.log(response.output_text);`,
  },
  {
    client: 'Anthropic SDK',
    language: 'js',
    place: 'Node.js, package @anthropic-ai/sdk; in Python `Anthropic(base_url=…, api_key=…)`',
    lines: `import Anthropic ${from} '@anthropic-ai/sdk';

const anthropic = new Anthropic({ baseURL: '${exampleOrigin}', apiKey: process.env.HEDDLE_KEY });
const message = await anthropic.messages.create({
  model: 'demo/echo',
  max_tokens: 1000,
  messages: [{ role: 'user', content: 'Hello' }],
});
console.log(message.content[0].text);`,
  },
  {
    client: 'AI SDK',
    language: 'js',
    place: 'Node.js, packages ai and @ai-sdk/openai-compatible',
    lines: `import { createOpenAICompatible } ${from} '@ai-sdk/openai-compatible';
import { generateText } ${from} 'ai';

const heddle = createOpenAICompatible({
  name: 'heddle',
  baseURL: '${exampleOrigin}/v1',
  apiKey: process.env.HEDDLE_KEY,
});
const { text } = await generateText({ model: heddle('demo/echo'), prompt: 'Hello' });
console.log(text);`,
  },
  {
    client: 'curl',
    language: 'sh',
    place: 'A shell',
    lines: `curl -s ${exampleOrigin}/v1/chat/completions \\
  -H "authorization: Bearer $HEDDLE_KEY" -H 'content-type: application/json' \\
  -d '{"model":"demo/echo","messages":[{"role":"user","content":"Hello"}]}'`,
  },
];
