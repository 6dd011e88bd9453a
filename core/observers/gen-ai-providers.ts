import type { ProviderKind } from '#core/graph-enums.generated.ts';

/** The names of OpenTelemetry's `gen_ai.provider.name` that differ from the kind in lower case. */
const wellKnown: Readonly<Partial<Record<ProviderKind, string>>> = {
  AZURE_OPENAI: 'azure.ai.openai',
  BEDROCK: 'aws.bedrock',
  GOOGLE: 'gcp.gemini',
  MISTRAL: 'mistral_ai',
  MOONSHOT: 'moonshot_ai',
  VERTEX: 'gcp.vertex_ai',
  XAI: 'x_ai',
};

/** The value of `gen_ai.provider.name` for a kind of provider. */
export function toGenAiProviderName(kind: string): string {
  return wellKnown[kind as ProviderKind] ?? kind.toLowerCase();
}
