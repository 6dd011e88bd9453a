// Generated from the SDL by `npm run schema:compose`: do not edit.

export const AccessState = {
  OPEN: 'OPEN',
  APPROVED: 'APPROVED',
  PENDING: 'PENDING',
  REQUIRED: 'REQUIRED'
} as const;

export type AccessState = typeof AccessState[keyof typeof AccessState];
export const AccessStatus = {
  PENDING: 'PENDING',
  APPROVED: 'APPROVED',
  DENIED: 'DENIED',
  REVOKED: 'REVOKED',
  ENDED: 'ENDED'
} as const;

export type AccessStatus = typeof AccessStatus[keyof typeof AccessStatus];
export const AlertAction = {
  NOTIFY: 'NOTIFY',
  LOWER_LIMIT: 'LOWER_LIMIT',
  SUSPEND_KEY: 'SUSPEND_KEY',
  OPEN_CIRCUIT: 'OPEN_CIRCUIT',
  MOVE_ROUTE: 'MOVE_ROUTE'
} as const;

export type AlertAction = typeof AlertAction[keyof typeof AlertAction];
export const AlertActionState = {
  PENDING: 'PENDING',
  ACTIVE: 'ACTIVE',
  REFUSED: 'REFUSED',
  UNDONE: 'UNDONE'
} as const;

export type AlertActionState = typeof AlertActionState[keyof typeof AlertActionState];
export const AlertCondition = {
  ABOVE: 'ABOVE',
  BELOW: 'BELOW',
  BUDGET_SHARE: 'BUDGET_SHARE',
  BURN_RATE: 'BURN_RATE',
  FORECAST: 'FORECAST',
  ANOMALY: 'ANOMALY',
  SECURITY: 'SECURITY'
} as const;

export type AlertCondition = typeof AlertCondition[keyof typeof AlertCondition];
export const AlertEndReason = {
  RECOVERED: 'RECOVERED',
  ALERT_CHANGED: 'ALERT_CHANGED',
  ALERT_DELETED: 'ALERT_DELETED'
} as const;

export type AlertEndReason = typeof AlertEndReason[keyof typeof AlertEndReason];
export const AlertMetric = {
  COST: 'COST',
  TOKENS: 'TOKENS',
  REQUESTS: 'REQUESTS',
  FAILURES: 'FAILURES',
  REFUSALS: 'REFUSALS',
  LATENCY_P95: 'LATENCY_P95',
  CACHE_HITS: 'CACHE_HITS'
} as const;

export type AlertMetric = typeof AlertMetric[keyof typeof AlertMetric];
export const AlertOrder = {
  ID_ASC: 'ID_ASC',
  ID_DESC: 'ID_DESC'
} as const;

export type AlertOrder = typeof AlertOrder[keyof typeof AlertOrder];
export const AlertSide = {
  HIGH: 'HIGH',
  LOW: 'LOW',
  BOTH: 'BOTH'
} as const;

export type AlertSide = typeof AlertSide[keyof typeof AlertSide];
export const ApiKeyOwnerKind = {
  APP: 'APP',
  MEMBER: 'MEMBER',
  SERVICE: 'SERVICE'
} as const;

export type ApiKeyOwnerKind = typeof ApiKeyOwnerKind[keyof typeof ApiKeyOwnerKind];
export const AuditOutcome = {
  STARTED: 'STARTED',
  INTERRUPTED: 'INTERRUPTED',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  REFUSED: 'REFUSED'
} as const;

export type AuditOutcome = typeof AuditOutcome[keyof typeof AuditOutcome];
export const CacheMatch = {
  EXACT: 'EXACT',
  SEMANTIC: 'SEMANTIC'
} as const;

export type CacheMatch = typeof CacheMatch[keyof typeof CacheMatch];
export const CacheScope = {
  CALLER: 'CALLER',
  APP: 'APP',
  TENANT: 'TENANT',
  PUBLIC: 'PUBLIC'
} as const;

export type CacheScope = typeof CacheScope[keyof typeof CacheScope];
export const CacheStatus = {
  MISS: 'MISS',
  HIT: 'HIT',
  SEMANTIC_HIT: 'SEMANTIC_HIT',
  BYPASS: 'BYPASS',
  COALESCED: 'COALESCED'
} as const;

export type CacheStatus = typeof CacheStatus[keyof typeof CacheStatus];
export const CacheUse = {
  DEFAULT: 'DEFAULT',
  USE: 'USE',
  BYPASS: 'BYPASS',
  REFRESH: 'REFRESH'
} as const;

export type CacheUse = typeof CacheUse[keyof typeof CacheUse];
export const Capability = {
  CHAT: 'CHAT',
  STREAMING: 'STREAMING',
  TOOLS: 'TOOLS',
  STRUCTURED_OUTPUT: 'STRUCTURED_OUTPUT',
  REASONING: 'REASONING',
  VISION: 'VISION',
  EMBEDDINGS: 'EMBEDDINGS',
  IMAGE_GENERATION: 'IMAGE_GENERATION',
  SPEECH: 'SPEECH',
  TRANSCRIPTION: 'TRANSCRIPTION',
  RERANK: 'RERANK',
  MODERATION: 'MODERATION'
} as const;

export type Capability = typeof Capability[keyof typeof Capability];
export const CircuitState = {
  CLOSED: 'CLOSED',
  OPEN: 'OPEN',
  HALF_OPEN: 'HALF_OPEN'
} as const;

export type CircuitState = typeof CircuitState[keyof typeof CircuitState];
export const CompletionStatus = {
  RUNNING: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED'
} as const;

export type CompletionStatus = typeof CompletionStatus[keyof typeof CompletionStatus];
export const CredentialState = {
  READY: 'READY',
  DISABLED: 'DISABLED',
  ORIGIN_CHANGED: 'ORIGIN_CHANGED',
  UNREADABLE: 'UNREADABLE'
} as const;

export type CredentialState = typeof CredentialState[keyof typeof CredentialState];
export const ErasureKind = {
  TENANT: 'TENANT',
  END_USER: 'END_USER'
} as const;

export type ErasureKind = typeof ErasureKind[keyof typeof ErasureKind];
export const ErasureStatus = {
  RUNNING: 'RUNNING',
  FINISHED: 'FINISHED'
} as const;

export type ErasureStatus = typeof ErasureStatus[keyof typeof ErasureStatus];
export const FinishReason = {
  STOP: 'STOP',
  LENGTH: 'LENGTH',
  TOOL_CALLS: 'TOOL_CALLS',
  CONTENT_FILTER: 'CONTENT_FILTER',
  ERROR: 'ERROR',
  CANCELLED: 'CANCELLED',
  OTHER: 'OTHER'
} as const;

export type FinishReason = typeof FinishReason[keyof typeof FinishReason];
export const GuardrailAction = {
  BLOCK: 'BLOCK',
  MASK: 'MASK',
  REDACT: 'REDACT',
  RETRY: 'RETRY',
  REROUTE: 'REROUTE',
  WARN: 'WARN',
  LOG: 'LOG'
} as const;

export type GuardrailAction = typeof GuardrailAction[keyof typeof GuardrailAction];
export const GuardrailMode = {
  ENFORCE: 'ENFORCE',
  SHADOW: 'SHADOW',
  OFF: 'OFF'
} as const;

export type GuardrailMode = typeof GuardrailMode[keyof typeof GuardrailMode];
export const GuardrailStage = {
  INPUT: 'INPUT',
  RETRIEVED: 'RETRIEVED',
  TOOL_OUTPUT: 'TOOL_OUTPUT',
  OUTPUT: 'OUTPUT',
  TOOL_INPUT: 'TOOL_INPUT'
} as const;

export type GuardrailStage = typeof GuardrailStage[keyof typeof GuardrailStage];
export const InvitationMail = {
  NONE: 'NONE',
  PENDING: 'PENDING',
  SENT: 'SENT',
  FAILED: 'FAILED'
} as const;

export type InvitationMail = typeof InvitationMail[keyof typeof InvitationMail];
export const InvitationStatus = {
  PENDING: 'PENDING',
  ACCEPTED: 'ACCEPTED',
  REVOKED: 'REVOKED',
  EXPIRED: 'EXPIRED'
} as const;

export type InvitationStatus = typeof InvitationStatus[keyof typeof InvitationStatus];
export const LegalHoldStatus = {
  ACTIVE: 'ACTIVE',
  RELEASING: 'RELEASING',
  RELEASED: 'RELEASED'
} as const;

export type LegalHoldStatus = typeof LegalHoldStatus[keyof typeof LegalHoldStatus];
export const Lifecycle = {
  ACTIVE: 'ACTIVE',
  DEPRECATED: 'DEPRECATED',
  RETIRED: 'RETIRED'
} as const;

export type Lifecycle = typeof Lifecycle[keyof typeof Lifecycle];
export const LimitSetter = {
  OPERATOR: 'OPERATOR',
  TENANT: 'TENANT'
} as const;

export type LimitSetter = typeof LimitSetter[keyof typeof LimitSetter];
export const LimitWindow = {
  SECOND: 'SECOND',
  MINUTE: 'MINUTE',
  HOUR: 'HOUR',
  DAY: 'DAY',
  MONTH: 'MONTH',
  INFLIGHT: 'INFLIGHT'
} as const;

export type LimitWindow = typeof LimitWindow[keyof typeof LimitWindow];
export const ListOrder = {
  CREATED_AT_ASC: 'CREATED_AT_ASC',
  CREATED_AT_DESC: 'CREATED_AT_DESC',
  NAME_ASC: 'NAME_ASC',
  NAME_DESC: 'NAME_DESC'
} as const;

export type ListOrder = typeof ListOrder[keyof typeof ListOrder];
export const LogLevel = {
  ERROR: 'ERROR',
  WARN: 'WARN',
  INFO: 'INFO',
  DEBUG: 'DEBUG',
  TRACE: 'TRACE'
} as const;

export type LogLevel = typeof LogLevel[keyof typeof LogLevel];
export const MemberRole = {
  OWNER: 'OWNER',
  ADMIN: 'ADMIN',
  DEVELOPER: 'DEVELOPER',
  VIEWER: 'VIEWER',
  BILLING: 'BILLING',
  AUDITOR: 'AUDITOR',
  CUSTOM: 'CUSTOM'
} as const;

export type MemberRole = typeof MemberRole[keyof typeof MemberRole];
export const MessageRole = {
  SYSTEM: 'SYSTEM',
  USER: 'USER',
  ASSISTANT: 'ASSISTANT',
  TOOL: 'TOOL'
} as const;

export type MessageRole = typeof MessageRole[keyof typeof MessageRole];
export const Meter = {
  REQUESTS: 'REQUESTS',
  TOKENS: 'TOKENS',
  COST: 'COST',
  CONCURRENCY: 'CONCURRENCY',
  READS: 'READS'
} as const;

export type Meter = typeof Meter[keyof typeof Meter];
export const Modality = {
  TEXT: 'TEXT',
  IMAGE: 'IMAGE',
  AUDIO: 'AUDIO',
  VIDEO: 'VIDEO',
  EMBEDDING: 'EMBEDDING'
} as const;

export type Modality = typeof Modality[keyof typeof Modality];
export const OnDisconnect = {
  CANCEL: 'CANCEL',
  DRAIN: 'DRAIN',
  KEEP: 'KEEP'
} as const;

export type OnDisconnect = typeof OnDisconnect[keyof typeof OnDisconnect];
export const OnRevoke = {
  END: 'END',
  FINISH: 'FINISH'
} as const;

export type OnRevoke = typeof OnRevoke[keyof typeof OnRevoke];
export const OutlineKind = {
  TEXT: 'TEXT',
  REASONING: 'REASONING',
  PROVIDER_BLOCK: 'PROVIDER_BLOCK',
  TOOL_CALL: 'TOOL_CALL'
} as const;

export type OutlineKind = typeof OutlineKind[keyof typeof OutlineKind];
export const PayloadLogging = {
  DEFAULT: 'DEFAULT',
  NONE: 'NONE',
  METADATA: 'METADATA',
  FULL: 'FULL'
} as const;

export type PayloadLogging = typeof PayloadLogging[keyof typeof PayloadLogging];
export const PayloadState = {
  KEPT: 'KEPT',
  RUNNING: 'RUNNING',
  NOT_LOGGED: 'NOT_LOGGED',
  DROPPED: 'DROPPED',
  EXPIRED: 'EXPIRED',
  DELETED: 'DELETED',
  UNREADABLE: 'UNREADABLE',
  FOREIGN: 'FOREIGN'
} as const;

export type PayloadState = typeof PayloadState[keyof typeof PayloadState];
export const PlanOrder = {
  ID_ASC: 'ID_ASC',
  ID_DESC: 'ID_DESC',
  NAME_ASC: 'NAME_ASC',
  NAME_DESC: 'NAME_DESC'
} as const;

export type PlanOrder = typeof PlanOrder[keyof typeof PlanOrder];
export const ProviderKind = {
  AI21: 'AI21',
  ANTHROPIC: 'ANTHROPIC',
  AZURE_CONTENT_SAFETY: 'AZURE_CONTENT_SAFETY',
  AZURE_OPENAI: 'AZURE_OPENAI',
  BASETEN: 'BASETEN',
  BEDROCK: 'BEDROCK',
  CEREBRAS: 'CEREBRAS',
  CLOUDFLARE: 'CLOUDFLARE',
  COHERE: 'COHERE',
  DATABRICKS: 'DATABRICKS',
  DEEPINFRA: 'DEEPINFRA',
  DEEPSEEK: 'DEEPSEEK',
  DEMO: 'DEMO',
  FIREWORKS: 'FIREWORKS',
  GITHUB_MODELS: 'GITHUB_MODELS',
  GOOGLE: 'GOOGLE',
  GROQ: 'GROQ',
  HUGGING_FACE: 'HUGGING_FACE',
  HYPERBOLIC: 'HYPERBOLIC',
  INFERENCE_NET: 'INFERENCE_NET',
  JINA: 'JINA',
  LITELLM: 'LITELLM',
  LLAMA_CPP: 'LLAMA_CPP',
  LM_STUDIO: 'LM_STUDIO',
  MINIMAX: 'MINIMAX',
  MISTRAL: 'MISTRAL',
  MOONSHOT: 'MOONSHOT',
  NEBIUS: 'NEBIUS',
  NOVITA: 'NOVITA',
  NVIDIA: 'NVIDIA',
  OLLAMA: 'OLLAMA',
  OPENAI: 'OPENAI',
  OPENAI_COMPATIBLE: 'OPENAI_COMPATIBLE',
  OPENROUTER: 'OPENROUTER',
  OVHCLOUD: 'OVHCLOUD',
  PERPLEXITY: 'PERPLEXITY',
  QWEN: 'QWEN',
  SAMBANOVA: 'SAMBANOVA',
  SCALEWAY: 'SCALEWAY',
  SGLANG: 'SGLANG',
  SILICONFLOW: 'SILICONFLOW',
  SNOWFLAKE: 'SNOWFLAKE',
  TOGETHER: 'TOGETHER',
  UPSTAGE: 'UPSTAGE',
  VERCEL_AI_GATEWAY: 'VERCEL_AI_GATEWAY',
  VERTEX: 'VERTEX',
  VLLM: 'VLLM',
  VOYAGE: 'VOYAGE',
  XAI: 'XAI',
  ZAI: 'ZAI',
  ZHIPU: 'ZHIPU'
} as const;

export type ProviderKind = typeof ProviderKind[keyof typeof ProviderKind];
export const Retention = {
  DEFAULT: 'DEFAULT',
  NONE: 'NONE'
} as const;

export type Retention = typeof Retention[keyof typeof Retention];
export const RouteStrategy = {
  PRIORITY: 'PRIORITY',
  WEIGHTED: 'WEIGHTED',
  CHEAPEST: 'CHEAPEST',
  FASTEST: 'FASTEST',
  LEAST_BUSY: 'LEAST_BUSY'
} as const;

export type RouteStrategy = typeof RouteStrategy[keyof typeof RouteStrategy];
export const SecurityPattern = {
  NEW_NETWORK: 'NEW_NETWORK',
  NEW_MODEL: 'NEW_MODEL',
  MANY_REFUSALS: 'MANY_REFUSALS',
  MANY_NETWORKS: 'MANY_NETWORKS',
  VOLUME_BURST: 'VOLUME_BURST',
  INJECTION: 'INJECTION'
} as const;

export type SecurityPattern = typeof SecurityPattern[keyof typeof SecurityPattern];
export const TimeOrder = {
  NEWEST_FIRST: 'NEWEST_FIRST',
  OLDEST_FIRST: 'OLDEST_FIRST'
} as const;

export type TimeOrder = typeof TimeOrder[keyof typeof TimeOrder];
export const TrustedDocumentsMode = {
  OFF: 'OFF',
  LOG: 'LOG',
  ENFORCE: 'ENFORCE'
} as const;

export type TrustedDocumentsMode = typeof TrustedDocumentsMode[keyof typeof TrustedDocumentsMode];
export const UsageDimension = {
  TENANT: 'TENANT',
  TEAM: 'TEAM',
  APP: 'APP',
  KEY: 'KEY',
  MODEL: 'MODEL',
  PROVIDER: 'PROVIDER',
  PROMPT: 'PROMPT',
  END_USER: 'END_USER',
  CONVERSATION: 'CONVERSATION',
  TAG: 'TAG',
  EXPERIMENT: 'EXPERIMENT',
  CACHE: 'CACHE',
  STATUS: 'STATUS',
  KIND: 'KIND',
  GUARDRAIL: 'GUARDRAIL',
  RATING: 'RATING'
} as const;

export type UsageDimension = typeof UsageDimension[keyof typeof UsageDimension];
export const UsageExportFormat = {
  CSV: 'CSV',
  FOCUS: 'FOCUS'
} as const;

export type UsageExportFormat = typeof UsageExportFormat[keyof typeof UsageExportFormat];
export const UsageExportStatus = {
  RUNNING: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED'
} as const;

export type UsageExportStatus = typeof UsageExportStatus[keyof typeof UsageExportStatus];
export const UsageInterval = {
  HOUR: 'HOUR',
  DAY: 'DAY',
  MONTH: 'MONTH',
  ALL: 'ALL'
} as const;

export type UsageInterval = typeof UsageInterval[keyof typeof UsageInterval];
export const UsageOrder = {
  KEYS: 'KEYS',
  REQUESTS: 'REQUESTS',
  FAILURES: 'FAILURES',
  TOKENS: 'TOKENS',
  COST: 'COST'
} as const;

export type UsageOrder = typeof UsageOrder[keyof typeof UsageOrder];
export const WebhookDeliveryState = {
  PENDING: 'PENDING',
  DELIVERED: 'DELIVERED',
  DEAD: 'DEAD'
} as const;

export type WebhookDeliveryState = typeof WebhookDeliveryState[keyof typeof WebhookDeliveryState];
export const WebhookFormat = {
  STANDARD: 'STANDARD',
  SLACK: 'SLACK',
  PAGERDUTY: 'PAGERDUTY',
  OCSF: 'OCSF',
  CEF: 'CEF',
  EMAIL: 'EMAIL'
} as const;

export type WebhookFormat = typeof WebhookFormat[keyof typeof WebhookFormat];
