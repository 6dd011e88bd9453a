/** The tones that a policy can allow or deny, as the AI model that judges them reads them. */
export const tones = {
  FRIENDLY: 'warm and kind',
  PROFESSIONAL: 'objective and courteous, as in business',
  FORMAL: 'in formal language, without colloquial words',
  CASUAL: 'relaxed, in everyday language',
  NEUTRAL: 'factual, without emotion or judgement',
  EMPATHETIC: 'acknowledging what the reader feels',
  ENTHUSIASTIC: 'excited, with strong positive words',
  PROMOTIONAL: 'selling or advertising',
  HUMOROUS: 'joking or playful',
  SARCASTIC: 'sarcastic or mocking',
  CONDESCENDING: 'patronizing, as to a person of less worth or wit',
  RUDE: 'impolite, insulting or disrespectful',
  AGGRESSIVE: 'hostile, threatening or angry',
  ALARMIST: 'exaggerating dangers, or causing fear',
  FLIRTATIOUS: 'flirting, or with sexual allusions',
} as const;

export type Tone = keyof typeof tones;
export const toneNames = Object.keys(tones) as [Tone, ...Tone[]];
