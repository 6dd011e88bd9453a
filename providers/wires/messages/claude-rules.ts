import type { ProviderCall } from '../../provider.ts';
import type { ConversationRules } from '../../translate/conversation.ts';

/** What the messages API and Bedrock's Converse API demand alike. */
export const claudeRules: ConversationRules = {
  toolCallIds: /^[a-zA-Z0-9_-]{1,64}$/,
  objectArguments: true,
  noBlankTexts: true,
  filesInResults: true,
};

/** From Opus 4.8 and the fifth generation on, a Claude takes system messages between the turns. */
const takesSystemBetween =
  /claude-(?:opus-4-(?:[89]|[1-9]\d)(?!\d)|(?:opus|sonnet|haiku|fable)-(?:[5-9]|[1-9]\d)(?!\d))/;

/** Where a conversation begins without instructions, later ones are text of the user, as they are for older Claudes. */
export function rulesOfClaude({ model, messages }: ProviderCall): ConversationRules {
  const systemFirst = !takesSystemBetween.test(model) || messages[0]?.role !== 'system';
  return { ...claudeRules, systemFirst };
}
