import { expect, it } from 'vitest';
import { readResponsesRequest } from '../responses/responses-request.ts';
import { readChatRequest } from './chat/chat-request.ts';

const readers = {
  chat: (metadata: unknown) =>
    readChatRequest({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], metadata }).input,
  responses: (metadata: unknown) =>
    readResponsesRequest({ model: 'm', metadata }, [{ role: 'user', content: 'Hi' }]).input,
};

it.each(Object.entries(readers))(
  'metadata.conversation_id of %s is the conversation of the call',
  (_name, read) => {
    expect(read({ conversation_id: 'chat 7', topic: 'a' })).toMatchObject({ conversationId: 'chat 7' });
  },
);

it.each(Object.entries(readers))('metadata of %s that names none is no error', (_name, read) => {
  for (const value of ['', ' a', 'x'.repeat(129), 'a\nb', 7, null, undefined, ['a']]) {
    expect(read({ conversation_id: value }).conversationId).toBeUndefined();
  }
  expect(read(undefined).conversationId).toBeUndefined();
});
