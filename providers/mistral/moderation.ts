import type { CategoryNames } from '../wires/moderation/scores.ts';

/** The categories of mistral-moderation-2603, and of 2411 before it (https://docs.mistral.ai/studio/safety-moderation). */
export const mistralCategories: CategoryNames = {
  hate_and_discrimination: 'HATE',
  violence_and_threats: 'VIOLENCE',
  selfharm: 'SELF_HARM',
  sexual: 'SEXUAL',
  dangerous: 'ILLICIT',
  criminal: 'ILLICIT',
  dangerous_and_criminal_content: 'ILLICIT',
  jailbreaking: 'PROMPT_ATTACK',
  health: 'HEALTH_ADVICE',
  financial: 'FINANCIAL_ADVICE',
  law: 'LEGAL_ADVICE',
  pii: 'PERSONAL_DATA',
};
