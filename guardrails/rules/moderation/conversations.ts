import type { ModeratedMessage } from '#core/moderation-categories.ts';
import type { GuardedText, RuleContext } from '../../guardrail.ts';

const charactersMax = 8_000;

type Conversation = readonly ModeratedMessage[];

/**
 * The conversations whose last message is to be classified: of a call that of its messages up to the last one of the user, of an answer one for each
 * alternative. As many messages are before the last as have room with it. Throws where the last one has too many characters itself.
 */
export function readConversations(
  texts: readonly GuardedText[],
  { sentTexts }: Pick<RuleContext, 'sentTexts'>,
): readonly Conversation[] {
  const answers = texts.filter(({ stages }) => stages.includes('OUTPUT'));
  if (answers.length > 0) {
    const before = toMessages(sentTexts?.() ?? []);
    return toMessages(answers, false).map((answer) => cutToRoom([...before, answer]));
  }
  const messages = toMessages(texts);
  const end = messages.findLastIndex(({ role }) => role === 'user') + 1;
  return end === 0 ? [] : [cutToRoom(messages.slice(0, end))];
}

/** @param joins parts of one message are one text */
function toMessages(texts: readonly GuardedText[], joins = true): Conversation {
  const messages: ModeratedMessage[] = [];
  for (const { text, kind, role } of texts) {
    if (kind !== 'message' || role === null || role === 'tool' || text.trim() === '') continue;
    const last = messages.at(-1);
    if (joins && last?.role === role)
      messages[messages.length - 1] = { role, text: `${last.text}\n\n${text}` };
    else messages.push({ role, text });
  }
  return messages;
}

function cutToRoom(messages: Conversation): Conversation {
  let room = charactersMax;
  const start = messages.findLastIndex(({ text }) => {
    room -= text.length;
    return room < 0;
  });
  if (start === messages.length - 1) throw new Error('The last message of a conversation is too long.');
  return messages.slice(start + 1);
}
