import type { ChatFormatName, ModerationOptions } from './options.ts';

/** What an AI model states of texts. */
export interface Classification {
  readonly isUnsafe: boolean;
  /** Codes of what it found; empty: it names none. */
  readonly categories: readonly string[];
}

/** How an AI model for moderation is called in a chat, and how its answer is read. */
interface ChatFormat {
  write(text: string, options: ModerationOptions): { readonly system: string; readonly user: string };
  /** Throws where the answer is of another form. */
  read(answer: string): Classification;
}

/** `safe`, or `unsafe` and a line of codes. The template of the AI model has the categories itself, and no system message. */
const llamaGuard: ChatFormat = {
  write: (text) => ({ system: '', user: text }),
  read(answer) {
    const stated = answer.trim();
    if (stated === 'safe') return { isUnsafe: false, categories: [] };
    const codes = /^unsafe(?:\s*\n\s*(S\d{1,2}(?:\s*,\s*S\d{1,2})*))?$/.exec(stated);
    if (codes === null) throw createUnreadable();
    const categories = new Set(codes[1]?.split(',').map((code) => code.trim()));
    return { isUnsafe: true, categories: [...categories] };
  },
};

/** `Yes` or `No`, with a confidence (3.1 and 3.2), or as a score after thoughts (3.3). The system message names the risk. */
const graniteGuardian: ChatFormat = {
  write: (text, { risk }) => ({ system: risk, user: text }),
  read: (answer) =>
    readYesNo(
      answer,
      /^(?:<think>[\s\S]*?<\/think>)?\s*(?:<score>\s*(yes|no)\s*<\/score>|(yes|no)(?:\s*<confidence>\s*\w+\s*<\/confidence>)?)$/i,
    ),
};

/** `Yes` or `No`, and reasons. The question is the one that the AI model was trained with. */
const shieldGemma: ChatFormat = {
  write: (text, { policy = '' }) => ({
    system: '',
    user:
      'You are a policy expert trying to help determine whether a user prompt is in violation of the defined safety policies.\n\n' +
      `<start_of_turn>\nHuman Question: ${text}\n<end_of_turn>\n\n` +
      `Our safety principles are defined in the below:\n\n${policy}\n\n` +
      "Does the human question violate the above principles? Your answer must start with 'Yes' or 'No'. " +
      'And then walk through step by step to be sure we answer correctly.',
  }),
  read: (answer) => readYesNo(answer, /^(yes|no)\b[\s\S]*$/i),
};

export const chatFormats: Readonly<Record<ChatFormatName, ChatFormat>> = {
  LLAMA_GUARD: llamaGuard,
  GRANITE_GUARDIAN: graniteGuardian,
  SHIELDGEMMA: shieldGemma,
};

function readYesNo(answer: string, form: RegExp): Classification {
  const match = form.exec(answer.trim());
  if (match === null) throw createUnreadable();
  return { isUnsafe: (match[1] ?? match[2])?.toLowerCase() === 'yes', categories: [] };
}

function createUnreadable(): Error {
  return new Error('The AI model for moderation has answered in another form.');
}

/** Tokens of chat templates: in a text, an AI model could take them for the end of it. */
const templateToken = /<(?=[|｜]|\/?[\w -]{1,60}>)|\[(?=\/?INST\])/g;

/** A text that cannot end its turn in a chat template. */
export function breakTemplates(text: string): string {
  return text.replace(templateToken, (sign) => `${sign} `);
}
