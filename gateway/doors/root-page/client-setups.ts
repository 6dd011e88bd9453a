/** How a client is set up to call the mesh. */
interface ClientSetup {
  readonly client: string;
  /** Where the lines belong. */
  readonly place: string;
  readonly lines: string;
}

/** The address in the lines; the page replaces it by its own. */
export const exampleOrigin = 'http://127.0.0.1:4000';

/** The lines that docs/clients.md shows as well; `HEDDLE_KEY` has an API key. */
export const clientSetups: readonly ClientSetup[] = [
  {
    client: 'Claude Code',
    place: 'Variables of the shell that starts it',
    lines: `export ANTHROPIC_BASE_URL=${exampleOrigin}
export ANTHROPIC_AUTH_TOKEN=$HEDDLE_KEY
export ANTHROPIC_MODEL=demo/echo`,
  },
  {
    client: 'Codex',
    place: '~/.codex/config.toml',
    lines: `model = "demo/echo"
model_provider = "heddle"

[model_providers.heddle]
name = "Heddle"
base_url = "${exampleOrigin}/v1"
env_key = "HEDDLE_KEY"
wire_api = "responses"`,
  },
  {
    client: 'Cursor',
    place:
      'Settings, Models: the OpenAI API key, and Override OpenAI Base URL; the address must be public, over HTTPS',
    lines: `${exampleOrigin}/v1`,
  },
  {
    client: 'Open WebUI',
    place: 'Variables of its process',
    lines: `export OPENAI_API_BASE_URL=${exampleOrigin}/v1
export OPENAI_API_KEY=$HEDDLE_KEY`,
  },
  {
    client: 'LangChain',
    place: 'Python, package langchain-openai',
    lines: `import os
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="demo/echo", base_url="${exampleOrigin}/v1", api_key=os.environ["HEDDLE_KEY"])
print(model.invoke("Hello").content)`,
  },
  {
    client: 'LlamaIndex',
    place: 'Python, package llama-index-llms-openai-like',
    lines: `import os
from llama_index.llms.openai_like import OpenAILike

model = OpenAILike(model="demo/echo", api_base="${exampleOrigin}/v1", api_key=os.environ["HEDDLE_KEY"], is_chat_model=True)
print(model.complete("Hello"))`,
  },
  {
    client: 'Continue',
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
  },
];
