/** An operation that the Explorer opens with, in a tab of its own. */
export interface ExampleOperation {
  /** The operation's name, and the tab's. */
  readonly name: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const year = new Date().getUTCFullYear();

/** The operations that the Explorer opens with. With the admin's key they work one after the other on a new mesh. */
export const exampleOperations: readonly ExampleOperation[] = [
  {
    name: 'Complete',
    query: `# Invokes an AI model. Sign in first,
# with your API key: the link is at
# the bottom right.
# Ctrl-Enter runs the operation.
mutation Complete($input: CompletionInput!) {
  complete(input: $input) {
    text
    finishReason
    usage { inputTokens outputTokens }
    cost
    model { id }
  }
}`,
    variables: { input: { model: 'demo/echo', messages: [{ role: 'USER', content: 'Hello, Heddle!' }] } },
  },
  {
    name: 'CompletionStream',
    query: `# The same, token by token; the
# last event has the whole text.
subscription CompletionStream($input: CompletionInput!) {
  completionStream(input: $input) {
    __typename
    sequence
    ... on TextDelta { text }
    ... on CompletionFinished { completion { id text finishReason cost } }
    ... on CompletionFailed { code message }
  }
}`,
    variables: {
      input: { model: 'demo/slow', messages: [{ role: 'USER', content: 'One two three four.' }] },
    },
  },
  {
    name: 'CreatePrompt',
    query: `# A prompt: a template with variables
# that clients run by its name.
mutation CreatePrompt($input: CreatePromptInput!) {
  createPrompt(input: $input) {
    id
    name
    version { number variables { name required } }
  }
}`,
    variables: {
      input: {
        name: 'greeting',
        version: { model: 'demo/echo', template: 'Greet {{name}} in one line.', label: 'production' },
      },
    },
  },
  {
    name: 'RunPrompt',
    query: `# Run the prompt with its variables.
mutation RunPrompt($input: RunPromptInput!) {
  runPrompt(input: $input) {
    text
    promptVersion { number prompt { name } }
    usage { totalTokens }
  }
}`,
    variables: { input: { name: 'greeting', variables: { name: 'Ada' } } },
  },
  {
    name: 'CreateApiKey',
    query: `# A key for an app. The secret is
# shown this once. Without limits a
# key has the default limits.
mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    secret
    key { id hint scopes limits { meter window amount } }
  }
}`,
    variables: { input: { appId: 'default-app', label: 'my first key', scopes: ['inference:invoke'] } },
  },
  {
    name: 'CreateTenant',
    query: `# For admins: a tenant with an app.
# The app's id goes into CreateApiKey.
mutation CreateTenant {
  tenant: createTenant(input: { name: "acme" }) {
    id
    plan { id limits { meter window amount } }
  }
}`,
    variables: {},
  },
  {
    name: 'SaveBudget',
    query: `# At most 50 dollars a month for your
# own tenant. From 80 percent on the
# log has a line.
mutation SaveBudget($input: BudgetInput!) {
  saveBudget(input: $input) {
    id
    amount
    window
    spent
    alertAt
  }
}`,
    variables: { input: { amount: '50', window: 'MONTH', alertAt: [0.8, 1] } },
  },
  {
    name: 'SaveRoute',
    query: `# A name of your own for models: the
# next one is called when one fails.
mutation SaveRoute($input: RouteInput!) {
  saveRoute(input: $input) {
    alias
    strategy
    targets { model { id } }
  }
}`,
    variables: {
      input: {
        alias: 'chat',
        strategy: 'PRIORITY',
        targets: [{ model: 'demo/flaky' }, { model: 'demo/echo' }],
      },
    },
  },
  {
    name: 'Invocations',
    query: `# The ledger: the last calls, and why
# one failed.
query Invocations {
  invocations(first: 10) {
    edges {
      node { id status model { id } cost latencyMs errorCode error startedAt }
    }
  }
}`,
    variables: {},
  },
  {
    name: 'AuditLog',
    query: `# Who changed what.
query AuditLog {
  auditLog(first: 10) {
    edges { node { at action outcome actor { keyId } targetType targetId } }
  }
}`,
    variables: {},
  },
  {
    name: 'Usage',
    query: `# What was used, by model and day.
query Usage($from: DateTime!, $to: DateTime!) {
  usage(from: $from, to: $to, interval: DAY, by: [MODEL]) {
    start
    keys
    requests
    inputTokens
    outputTokens
    cost
  }
}`,
    variables: { from: `${year}-01-01T00:00:00Z`, to: `${year + 1}-01-01T00:00:00Z` },
  },
];
