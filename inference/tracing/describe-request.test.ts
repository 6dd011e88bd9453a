import { expect, it } from 'vitest';
import type { CallLabels } from '../call-labels.ts';
import { describeRequest } from './describe-request.ts';

const labels: CallLabels = {
  ...{ requestId: 'r', clientRequestId: null, endUserId: 'ada', conversationId: 'chat 7', tags: ['web'] },
};
const ofClient = {
  'gen_ai.conversation.id': 'chat 7',
  'user.id': 'ada',
  'langfuse.trace.tags': ['web'],
};

it.each(['METADATA', 'FULL'] as const)(
  'names conversation, end user and tags of a call whose tenant keeps %s',
  (payloadLogging) => {
    expect(describeRequest({ labels: { ...labels, payloadLogging } })).toMatchObject(ofClient);
  },
);

it('names nothing of a client whose tenant keeps nothing, but the prompt', () => {
  const prompt = { name: 'greet', number: 3 };
  for (const own of [labels, { ...labels, retention: 'NONE' as const }, undefined]) {
    const described = describeRequest({ ...(own === undefined ? {} : { labels: own }), prompt });
    const { 'gen_ai.prompt.name': name, 'gen_ai.prompt.version': version, ...others } = described;
    expect([name, version]).toEqual(['greet', '3']);
    expect(Object.values(others).filter((value) => value != null)).toEqual([]);
  }
});
